"""The server is killed in the middle of its work, and the work goes on."""

from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.matrix import sampled
from tests.support.process import Served, children_of, gated_exporter, served
from tests.support.receiver import receiving
from tests.support.site import wait_until
from tests.support.subscriber import subscriber

WATCH = """
subscription($id: ID!, $after: Int) {
  videoTaskProgress(id: $id, after: $after) { seq type status stage progress attempt task { seq videoUrl } }
}
"""
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { message } } }"
TELLING = """mutation($url: URL!, $hook: URL!) {
  submitVideoTask(input: {draftUrl: $url, webhookUrl: $hook}) { task { id } } }"""
TOLD = "query($id: ID!) { videoTask(id: $id) { webhookDeliveries { answer } } }"
STREAM = "query($id: ID!) { videoTask(id: $id) { streamUrl } }"
EVENTS = "query($id: ID!) { videoTask(id: $id) { status attempt events(first: 100) { nodes { seq type status } } } }"
STAGES = ["STARTED", "PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE"]


def submit(running: Served, draft_url: str) -> str:
    return str(running.server.data(SUBMIT, url=draft_url)["submitVideoTask"]["task"]["id"])


def watch_until(running: Served, task_id: str, stage: str) -> list[dict[str, Any]]:
    """The events up to the first one of that stage; the gate is opened before each stage."""
    seen: list[dict[str, Any]] = []
    with subscriber(running.server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        while not seen or seen[-1]["stage"] != stage:
            seen.append(socket.next()["videoTaskProgress"])
            if seen[-1]["type"] in ("STAGE_CHANGED", "STATUS_CHANGED") and seen[-1]["stage"] not in ("QUEUED", stage):
                running.server.open_gate()
    return seen


def watch_to_the_end(running: Served, task_id: str, after: int) -> list[dict[str, Any]]:
    """All events after that seq; the gates are opened once the second attempt has begun."""
    seen: list[dict[str, Any]] = []
    with subscriber(running.server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id, after=after)
        for data in socket.rest():
            seen.append(data["videoTaskProgress"])
            if seen[-1]["type"] == "STATUS_CHANGED" and seen[-1]["stage"] == "STARTED" and seen[-1]["attempt"] == 2:
                running.server.open_gate(times=10)
    return seen


def watch_until_attempt(running: Served, task_id: str, attempt: int) -> None:
    """Until that attempt exports."""
    with subscriber(running.server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        while True:
            event = socket.next()["videoTaskProgress"]
            if event["attempt"] == attempt and event["stage"] == "EXPORTING":
                return


@pytest.mark.parametrize("stage", sampled(STAGES, 3))
def test_a_killed_server_finishes_its_task_after_the_restart(tmp_path: Path, stage: str) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as running:
        running.start()
        task_id = submit(running, running.server.draft_url("gated"))
        before = watch_until(running, task_id, stage)
        running.kill()
        orphans = children_of(tmp_path)
        running.start()
        after = watch_to_the_end(running, task_id, before[-1]["seq"])
        seqs = [event["seq"] for event in before + after]
        assert seqs == sorted(set(seqs))
        assert (after[-1]["status"], after[-1]["progress"], after[-1]["attempt"]) == ("COMPLETED", 100, 2)
        assert running.server.get(after[-1]["task"]["videoUrl"]).status == 200
        stored = running.server.data(EVENTS, id=task_id)["videoTask"]
        numbers = [event["seq"] for event in stored["events"]["nodes"]]
        assert numbers == list(range(1, len(numbers) + 1))
        finals = [event for event in stored["events"]["nodes"] if event["status"] == "COMPLETED"]
        assert len(finals) == 1
        psutil.wait_procs(orphans, timeout=10)
        assert not [orphan for orphan in orphans if orphan.is_running()]
        wait_until(lambda: not list((tmp_path / "data" / "work").iterdir()))  # the attempt's folder goes last
        kept = (tmp_path / "data" / "files" / "videos" / task_id).rglob("*.*")
        assert sorted(f"{path.parent.name}/{path.name}" for path in kept) == ["2/thumbnail.jpg", "2/video.mp4"]


def test_what_was_announced_of_a_stream_stays_after_a_kill_and_goes_on(tmp_path: Path) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as running:
        running.start()
        task_id = submit(running, running.server.draft_url("stream"))
        seen = watch_until(running, task_id, "EXPORTING")

        def playlist() -> str:
            url = running.server.data(STREAM, id=task_id)["videoTask"]["streamUrl"]
            return running.server.get(url).body.decode() if url else ""

        wait_until(lambda: playlist().count(".m4s") == 2)
        before = playlist()
        running.kill()
        running.start()
        assert playlist() == before
        last = watch_to_the_end(running, task_id, seen[-1]["seq"])[-1]
        assert (last["status"], last["attempt"]) == ("COMPLETED", 2)
        assert playlist().startswith(before.replace("EVENT", "VOD"))
        assert playlist().count(".m4s") == 3


def test_a_submit_that_was_answered_survives_a_kill(tmp_path: Path) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as running:
        running.start()
        ids = [submit(running, running.server.draft_url("render")) for _ in range(5)]
        running.kill()
        running.start()
        for task_id in ids:
            with subscriber(running.server.socket_url) as socket:
                socket.subscribe(WATCH, id=task_id)
                last = [data["videoTaskProgress"] for data in socket.rest()][-1]
            assert last["status"] == "COMPLETED"


def test_a_draft_that_kills_its_worker_again_and_again_ends_failed(tmp_path: Path) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as running:
        running.start()
        task_id = submit(running, running.server.draft_url("hold"))
        for attempt in (1, 2, 3):
            watch_until_attempt(running, task_id, attempt)
            running.kill()
            running.start()
        with subscriber(running.server.socket_url) as socket:
            socket.subscribe(WATCH, id=task_id)
            last = [data["videoTaskProgress"] for data in socket.rest()][-1]
        assert (last["status"], last["attempt"]) == ("FAILED", 3)
        found = running.server.data("query($id: ID!) { videoTask(id: $id) { error { code } canRetry } }", id=task_id)
        assert found["videoTask"] == {"error": {"code": "WORKER_LOST"}, "canRetry": True}
        psutil.wait_procs(children_of(tmp_path), timeout=10)
        assert not children_of(tmp_path)


def test_an_orderly_stop_hands_the_task_back_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as running:
        running.start()
        task_id = submit(running, running.server.draft_url("gated"))
        before = watch_until(running, task_id, "EXPORTING")
        running.stop()
        assert not children_of(tmp_path)
        running.start()
        last = watch_to_the_end(running, task_id, before[-1]["seq"])[-1]
        assert (last["status"], last["attempt"]) == ("COMPLETED", 2)
        found = running.server.data("query($id: ID!) { videoTask(id: $id) { maxAttempts } }", id=task_id)
        assert found["videoTask"]["maxAttempts"] == 4


def noted(running: Served, task_id: str) -> bool:
    """Whether the refusal of the task's first message is on disk."""
    return bool(running.server.data(TOLD, id=task_id)["videoTask"]["webhookDeliveries"][-1]["answer"] == 503)


def test_a_webhook_that_was_not_taken_yet_comes_after_a_kill(tmp_path: Path) -> None:
    with (
        receiving(503) as receiver,
        served(tmp_path, exporter=gated_exporter(tmp_path), allow_hosts=receiver.host) as running,
    ):
        running.start()
        url = running.server.draft_url("render")
        task = running.server.data(TELLING, url=url, hook=receiver.url)["submitVideoTask"]["task"]
        first = receiver.next()
        wait_until(lambda: noted(running, task["id"]))
        running.kill()
        running.start()
        again = receiver.next()
        assert again.headers["webhook-id"] == first.headers["webhook-id"] == f"{task['id']}.1"
        statuses = [again.json["data"]["event"]["status"]]
        while statuses[-1] != "COMPLETED":
            statuses.append(receiver.next().json["data"]["event"]["status"])
        assert statuses[:2] == ["PENDING", "PROCESSING"]
