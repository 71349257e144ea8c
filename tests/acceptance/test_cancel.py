"""A cancel ends all that the render has started, however it clings to life."""

import shlex
import sys
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from services.worker.child import KILL_AFTER_SECONDS
from tests.support.process import children_of
from tests.support.server import Server, serving
from tests.support.site import CANCEL, SUBMIT, WATCH, until
from tests.support.subscriber import subscriber

PROMISED_SECONDS = 2
PATIENCE_SECONDS = 20
"""What a busy machine is given; how long it takes on an idle one is said by `KILL_AFTER_SECONDS`."""
STUBBORN = """import json, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = json.load(sys.stdin)["folder"]
command = [sys.executable, "-c", "import sys, time; print(flush=True); time.sleep(600)", folder]
helpers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
for helper in helpers:
    helper.stdout.readline()
print(json.dumps({"stage": "EXPORTING", "done": 0, "total": 1, "unit": "FRAMES"}), flush=True)
time.sleep(600)
"""


@pytest.fixture
def stubborn(tmp_path: Path) -> Generator[Server]:
    """A server whose exporter has two helpers, and none of them heeds SIGTERM."""
    program = tmp_path / "stubborn.py"
    program.write_text(STUBBORN)
    with serving(tmp_path, exporter=shlex.join([sys.executable, str(program)])) as server:
        yield server


def test_a_cancel_ends_the_whole_process_group_of_a_render_that_heeds_nothing(stubborn: Server) -> None:
    task_id = stubborn.data(SUBMIT, url=stubborn.draft_url())["submitVideoTask"]["task"]["id"]
    with subscriber(stubborn.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        until(socket, stage="EXPORTING")
        group = children_of(stubborn.folder)
        assert len(group) == 3
        stubborn.data(CANCEL, id=task_id)
        until(socket, status="CANCELED")
    _, alive = psutil.wait_procs(group, timeout=PATIENCE_SECONDS)
    assert alive == []
    assert KILL_AFTER_SECONDS < PROMISED_SECONDS
