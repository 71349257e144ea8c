from pathlib import Path

import pytest

from tests.support.browser import run_in_browser
from tests.support.matrix import but_long

HERE = Path(__file__).parent
LONG = (
    "accessible.test.mjs",
    "element.test.mjs",
    "finished.test.mjs",
    "lists.test.mjs",
    "stream.test.mjs",
    "watch.test.mjs",
)


@pytest.mark.parametrize("file", but_long(sorted(path.name for path in HERE.glob("*.test.mjs")), *LONG))
def test_the_page_does_in_a_real_browser_what_its_tests_say(file: str, tmp_path: Path) -> None:
    run_in_browser(HERE / file, tmp_path)
