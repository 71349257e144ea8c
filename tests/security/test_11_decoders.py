"""Row 11: strangers' pictures, videos and fonts are decoded in a child, whose death is one failed task."""

import shlex
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server, serving

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
TASK = "query($id: ID!) { videoTask(id: $id) { status error { code } } }"
DYING = """import json, os, signal, sys
json.load(sys.stdin)
print(json.dumps({{"stage": "PROCESSING_MATERIALS", "done": 0, "total": 1, "unit": "ITEMS"}}), flush=True)
os.kill(os.getpid(), signal.{name})
"""
LOADED = """import sys, draftcast.app, services.compose, services.worker.worker, services.tasks.report
print(*sorted(name for name in sys.modules if name in {names!r}))
"""


@pytest.fixture(params=["SIGSEGV", "SIGABRT", "SIGKILL", "SIGBUS"])
def dying(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Server]:
    """A server whose exporter dies of a signal, as a decoder does that was led astray."""
    program = tmp_path / "dying.py"
    program.write_text(DYING.format(name=request.param))
    with serving(tmp_path, exporter=shlex.join([sys.executable, str(program)])) as server:
        yield server


def test_a_child_that_dies_is_one_failed_task(dying: Server) -> None:
    for _ in range(2):
        url = dying.draft_url()
        task = dying.data(SUBMIT, url=url)["submitVideoTask"]["task"]["id"]
        asked = {"draft_url": url, "wait_seconds": 25}
        while dying.post("/v1/gen_video_status", asked).json["status"] in ("pending", "processing"):
            continue
        found = dying.data(TASK, id=task)["videoTask"]
        assert found["status"] == "FAILED"
        assert found["error"]["code"] in ("RENDER_FAILED", "OUT_OF_MEMORY", "INTERNAL")


def test_the_server_does_not_even_load_what_decodes_media() -> None:
    names = (
        "av",
        "services.render.media.probe",
        "services.render.media.photos",
        "services.render.pipeline",
        "services.drafts.read.draft",
    )
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED.format(names=names)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []
