"""A disk that is full takes nothing new, loses nothing, and is forgotten once there is room."""

from pathlib import Path

import pytest

from services.drafts.sample import SAMPLE_DRAFT_ID
from tests.support.matrix import but_long
from tests.support.process import Served, gated_exporter, served
from tests.support.server import Answer
from tests.support.site import SUBMIT, WATCH, until
from tests.support.small_disk import small_disk
from tests.support.subscriber import Subscriber, subscriber

MEGABYTES = 32
MOST_SUBMITS = 300
"""The database has some room of its own, which it fills first."""
RETRY = "mutation($id: ID!) { retryVideoTask(id: $id) { errors { message } } }"
ERROR = "query($id: ID!) { videoTask(id: $id) { error { code retryable } } }"
REPORT = "query($url: URL!) { draftReport(draftUrl: $url) { error { code retryable } } }"
TASK = "query($id: ID!) { videoTask(id: $id) { status } queue { pending } }"


def submit(running: Served, act: str) -> str:
    """A new task's id."""
    return str(running.server.data(SUBMIT, url=running.server.draft_url(act))["submitVideoTask"]["task"]["id"])


def watched(running: Served, task_id: str) -> tuple[str, int]:
    """Watch a task to its end: its status, and the attempt."""
    with subscriber(running.server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        return ended(socket)


def ended(socket: Subscriber) -> tuple[str, int]:
    """The status and the attempt with which the task that is watched ended."""
    last = list(socket.rest())[-1]["videoTaskProgress"]
    return last["status"], last["attempt"]


def submit_until_refused(running: Served) -> tuple[int, Answer]:
    """How many submits were taken, and the answer to the first that was not."""
    for taken in range(MOST_SUBMITS):
        answer = running.server.post("/v1/gen_video", {"draft_url": running.server.draft_url()})
        if answer.status != 200:
            return taken, answer
    raise AssertionError("a full disk took everything")


def test_a_full_disk_refuses_submits_clearly_and_heals_by_itself(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "data", MEGABYTES) as disk,
        served(tmp_path, exporter=gated_exporter(tmp_path)) as running,
    ):
        running.prefix = disk.prefix
        running.start()
        first = submit(running, "gated")
        with subscriber(running.server.socket_url) as socket:
            socket.subscribe(WATCH, id=first)
            running.server.open_gate()
            until(socket, stage="PARSING_DRAFT")  # its exporter runs, and waits for more
            disk.fill()
            taken, refused = submit_until_refused(running)
            assert (refused.status, refused.json["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
            seen = running.server.data(TASK, id=first)
            assert (seen["videoTask"]["status"], seen["queue"]["pending"]) == ("PROCESSING", taken)
            disk.free()
            running.server.open_gate(10)
            assert ended(socket) == ("COMPLETED", 1)
        assert watched(running, submit(running, "render")) == ("COMPLETED", 1)
        assert running.server.data(TASK, id=first)["queue"]["pending"] == 0


@pytest.mark.parametrize("full", but_long(["work", "files"], "files"))
def test_an_attempt_that_finds_a_full_disk_ends_with_out_of_disk_and_can_be_retried(tmp_path: Path, full: str) -> None:
    small = tmp_path / ("data" if full == "work" else "small")
    settings = {
        "work": {"database_url": f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"},
        "files": {"files_url": (small / "files").as_uri()},
    }
    with (
        small_disk(small, MEGABYTES) as disk,
        served(tmp_path, exporter=gated_exporter(tmp_path), **settings[full]) as running,
    ):
        running.prefix = disk.prefix
        server = running.start()
        disk.fill()
        task_id = submit(running, "render")
        assert watched(running, task_id) == ("FAILED", 1)
        assert server.data(ERROR, id=task_id)["videoTask"]["error"] == {"code": "OUT_OF_DISK", "retryable": True}
        if full == "work":  # reports are made there, too
            sample = f"{server.url}/sample/get_draft?draft_id={SAMPLE_DRAFT_ID}"
            found = server.data(REPORT, url=sample)["draftReport"]
            assert found == {"error": {"code": "OUT_OF_DISK", "retryable": True}}
        disk.free()
        assert server.data(RETRY, id=task_id)["retryVideoTask"]["errors"] == []
        assert watched(running, task_id) == ("COMPLETED", 2)
        assert "Traceback" not in running.log
