"""A disk that is full takes nothing new, loses nothing, and is forgotten once there is room."""

from pathlib import Path

from tests.support.process import Served, gated_exporter, served
from tests.support.server import Answer
from tests.support.site import SUBMIT, WATCH, until
from tests.support.small_disk import small_disk
from tests.support.subscriber import Subscriber, subscriber

MEGABYTES = 32
MOST_SUBMITS = 300
"""The database has some room of its own, which it fills first."""
TASK = "query($id: ID!) { videoTask(id: $id) { status } queue { pending } }"


def submit(running: Served, act: str) -> str:
    """A new task's id."""
    return str(running.server.data(SUBMIT, url=running.server.draft_url(act))["submitVideoTask"]["task"]["id"])


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
            until(socket, stage="STARTED")
            disk.fill()
            taken, refused = submit_until_refused(running)
            assert (refused.status, refused.json["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
            seen = running.server.data(TASK, id=first)
            assert (seen["videoTask"]["status"], seen["queue"]["pending"]) == ("PROCESSING", taken)
            disk.free()
            running.server.open_gate(10)
            assert ended(socket) == ("COMPLETED", 1)
            socket.subscribe(WATCH, id=submit(running, "render"))
            assert ended(socket) == ("COMPLETED", 1)
        assert running.server.data(TASK, id=first)["queue"]["pending"] == 0
