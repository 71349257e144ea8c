"""Row 21: what strangers write stays text in the page; code that came into it would not run."""

from pathlib import Path

from tests.support.browser import run_in_browser


def test_nothing_that_strangers_write_runs_in_a_real_browser(tmp_path: Path) -> None:
    run_in_browser(Path(__file__).parent / "scripts.test.mjs", tmp_path)
