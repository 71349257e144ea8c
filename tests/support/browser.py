"""Where Chromium is, for tests that look at the page in a real browser."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.server import ROOT

NODE_MODULES = ROOT / "tests" / "web" / "node_modules"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The path of Chromium: the variable CHROMIUM, or one on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def chromium() -> str:
    """The path of Chromium; skips the test where there is none, or where Playwright has not been set up."""
    found = find_chromium()
    if found is None or not Path(found).exists():
        pytest.skip("CHROMIUM IS NOT HERE: the page is not tested; `setup/chromium.sh` installs it with apt")
    if not NODE_MODULES.is_dir():
        pytest.skip("PLAYWRIGHT IS NOT HERE: the page is not tested; `make browser` fetches it")
    return found
