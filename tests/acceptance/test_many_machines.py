"""One API process and two workers on Postgres: what one of them does is seen by all, and none of them is needed."""

import signal
import urllib.request
from collections.abc import Generator

import pytest

from tests.support.programs import S3, S3_KEYS, Postgres, Redis
from tests.support.site import CANCEL, Site, site, until, wait_until
from tests.support.subscriber import subscriber


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, redis: Redis, s3: S3) -> Generator[Site]:
    """A site that tests leave as it was; its machines have nothing in common but the three servers."""
    kept = {"files_url": f"s3://{s3.bucket}/site", "files_endpoint": s3.endpoint, "files_region": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in S3_KEYS.items():
            patch.setenv(name, value)
        with site(tmp_path_factory.mktemp("site"), postgres.database(), broadcast_url=redis.url, **kept) as found:
            yield found


def test_workers_share_the_tasks(running: Site) -> None:
    first, second = running.submit("hold"), running.submit("hold")
    with subscriber(running.server.socket_url) as one, subscriber(running.server.socket_url) as other:
        running.watch(one, first)
        running.watch(other, second)
        until(one, stage="EXPORTING")
        until(other, stage="EXPORTING")
        assert running.runner(first) is not running.runner(second)
        queue = running.server.data("{ queue { pending processing capacity } }")["queue"]
        assert queue == {"pending": 0, "processing": 2, "capacity": 2}
        for task_id in (first, second):
            running.server.data(CANCEL, id=task_id)
        assert [list(each.rest())[-1]["videoTaskProgress"]["status"] for each in (one, other)] == ["CANCELED"] * 2


def test_a_killed_workers_task_goes_on_elsewhere(running: Site) -> None:
    task_id = running.submit("hold")
    with subscriber(running.server.socket_url) as socket:
        running.watch(socket, task_id)
        until(socket, stage="EXPORTING")
        killed = running.runner(task_id)
        killed.kill()
        until(socket, attempt=2, stage="EXPORTING")
        wait_until(lambda: len(running.exporters()) == 1)  # the first one died with its worker
        # The folder of the first attempt is still there, on a machine where nobody is to remove it.
        assert sum(len(running.attempts(worker, task_id)) for worker in running.workers) == 2
        running.server.data(CANCEL, id=task_id)
        assert list(socket.rest())[-1]["videoTaskProgress"]["status"] == "CANCELED"
    killed.begin()
    assert not running.attempts(killed, task_id)
    wait_until(lambda: not running.exporters())


def test_a_worker_that_slept_is_fenced_when_it_wakes(running: Site) -> None:
    task_id = running.submit("gated")
    with subscriber(running.server.socket_url) as socket:
        running.watch(socket, task_id)
        running.server.open_gate(2)
        until(socket, stage="PREPARING")
        asleep = running.runner(task_id)
        asleep.send(signal.SIGSTOP)
        try:
            until(socket, attempt=2, stage="STARTED")
            wait_until(lambda: len(running.exporters()) == 2)
        finally:
            asleep.send(signal.SIGCONT)
        wait_until(lambda: len(running.exporters()) == 1)
        running.server.open_gate(10)
        seen = [data["videoTaskProgress"] for data in socket.rest()]
    assert (seen[-1]["status"], seen[-1]["attempt"]) == ("COMPLETED", 2)
    events = running.stored(task_id)["events"]["nodes"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["status"] for event in events].count("COMPLETED") == 1
    with urllib.request.urlopen(seen[-1]["task"]["videoUrl"]) as video:
        assert video.read() == (running.folder / "video.mp4").read_bytes()


def test_a_worker_that_is_asked_to_stop_hands_its_task_over_at_once(running: Site) -> None:
    task_id = running.submit("hold")
    with subscriber(running.server.socket_url) as socket:
        running.watch(socket, task_id)
        until(socket, stage="EXPORTING")
        stopped = running.runner(task_id)
        stopped.stop()
        assert not running.attempts(stopped, task_id)
        until(socket, attempt=2, stage="EXPORTING")
        running.server.data(CANCEL, id=task_id)
        list(socket.rest())
    assert running.stored(task_id)["maxAttempts"] == 4
    stopped.begin()


@pytest.mark.parametrize("away", ["postgres", "redis"])
def test_a_server_that_was_away_costs_no_event_and_no_subscription(
    running: Site, postgres: Postgres, redis: Redis, away: str
) -> None:
    server = postgres if away == "postgres" else redis
    task_id = running.submit("gated")
    with subscriber(running.server.socket_url) as socket:
        running.watch(socket, task_id)
        seen = [socket.next()["videoTaskProgress"]]
        running.server.open_gate()
        while seen[-1]["stage"] != "PARSING_DRAFT":
            seen.append(socket.next()["videoTaskProgress"])
        server.stop()
        running.server.open_gate(10)
        server.start()
        seen += [data["videoTaskProgress"] for data in socket.rest()]
    assert (seen[-1]["status"], seen[-1]["attempt"]) == ("COMPLETED", 1)
    seqs = [event["seq"] for event in seen]
    assert seqs == sorted(set(seqs))
    told = [event["stage"] for event in seen if event["type"] == "STAGE_CHANGED"]
    assert told == ["PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE"]
    stored = running.stored(task_id)["events"]["nodes"]
    assert [event["seq"] for event in stored] == list(range(1, len(stored) + 1))
