"""A long draft on two workers: each makes some of its parts, and a worker that is lost costs no more than its own."""

import json
import math
import os
import signal
import sqlite3
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.collector import Collector, collecting, telling
from tests.support.drafts import DraftBuilder
from tests.support.media import counting_video
from tests.support.process import Served, Working, children_of, served
from tests.support.programs import S3, S3_KEYS, Postgres
from tests.support.render import render
from tests.support.servers import DraftServer
from tests.support.site import CANCEL, Site, site, wait_until
from tests.support.subscriber import subscriber
from tests.support.video import Frame, Video

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } errors { message } } }"
WATCH = """
subscription($id: ID!) { videoTaskProgress(id: $id) {
  status stage progress attempt task { videoUrl error { message } stages { stage done total } }
} }
"""
REMEMBER = """
CREATE TABLE history (at SERIAL, LIKE draftcast_parts);
CREATE FUNCTION remember() RETURNS trigger AS $$
BEGIN
  INSERT INTO history SELECT nextval('history_at_seq'), NEW.*;
  RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER remember AFTER INSERT OR UPDATE ON draftcast_parts FOR EACH ROW EXECUTE FUNCTION remember();
"""
CLIP_SECONDS, CLIPS = 2, 21
FRAMES = 30 * CLIP_SECONDS * CLIPS
PARTS = 3
SHARE_SECONDS = "40"
SEAMS = [FRAMES * number // PARTS + beside for number in range(1, PARTS) for beside in range(-2, 3)]
LEAST_DECIBELS = 40
"""Keyframes lie elsewhere, so the frames are not the same to the bit."""
STORED = "shared"
Row = dict[str, Any]


def long_draft(folder: Path) -> DraftBuilder:
    """42 s in which every frame tells its place in its clip, with a caption over some of the seams."""
    counting_video(folder / "count.mp4", seconds=CLIP_SECONDS, size="160x90", hertz=440)
    draft = DraftBuilder(160, 90)
    for number in range(CLIPS):
        draft.video("count.mp4", number * CLIP_SECONDS * 1_000_000, CLIP_SECONDS * 1_000_000)
    return draft.text("你好", 10_000_000, 30_000_000, size=8)


@dataclass(frozen=True)
class Shared:
    """A site of two workers, a draft for it, and what the draft looks like when one worker makes it."""

    site: Site
    database_url: str
    s3: S3
    drafts: DraftServer
    draft: DraftBuilder
    media: dict[str, bytes | Path]
    alone: Video
    collector: Collector

    def submit(self, name: str, draft: DraftBuilder | None = None) -> str:
        url = self.drafts.add_draft(name, (draft or self.draft).json(), self.media)
        answer = self.site.server.data(SUBMIT, url=url)["submitVideoTask"]
        assert not answer["errors"], answer
        return str(answer["task"]["id"])

    def rows(self, query: str, *values: object) -> list[Row]:
        with psycopg.connect(self.database_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def parts(self, task_id: str) -> list[Row]:
        return self.rows("SELECT * FROM draftcast_parts WHERE task_id = %s ORDER BY number", task_id)

    def history(self, task_id: str) -> list[Row]:
        """All states that the rows of the task's parts have had."""
        return self.rows("SELECT * FROM history WHERE task_id = %s ORDER BY at", task_id)

    def leader(self, task_id: str) -> Working:
        """The worker whose task it is."""
        query = "SELECT w.pid FROM draftcast_workers w JOIN draftcast_tasks t ON t.worker = w.id WHERE t.id = %s"
        (row,) = self.rows(query, task_id)
        return next(worker for worker in self.site.workers if worker.pid == row["pid"])

    def other(self, worker: Working) -> Working:
        return next(each for each in self.site.workers if each is not worker)

    def last_event(self, task_id: str) -> Row:
        with subscriber(self.site.server.socket_url) as socket:
            socket.subscribe(WATCH, id=task_id)
            return dict([data["videoTaskProgress"] for data in socket.rest()][-1])


def send(worker: Working, task_id: str, number: signal.Signals) -> None:
    """A signal to the renderer that works for a task on a worker, and to its ffmpegs."""
    for file in (worker.folder / "data" / "children").glob(f"{task_id}.*"):
        with suppress(ProcessLookupError):  # it died with its worker
            os.killpg(json.loads(file.read_text())[0], number)


@contextmanager
def only_others_work(shared: Shared, task_id: str) -> Generator[Working]:
    """The leader's renderer stands still once it has its first part. Gives the leader."""
    wait_until(lambda: any(part["status"] == "RUNNING" for part in shared.history(task_id)))
    leader = shared.leader(task_id)
    send(leader, task_id, signal.SIGSTOP)
    try:
        yield leader
    finally:
        send(leader, task_id, signal.SIGCONT)


def made_elsewhere(shared: Shared, task_id: str) -> int:
    """How many parts are made and stored."""
    return sum(part["status"] == "MADE" and part["key"] is not None for part in shared.parts(task_id))


def makers(history: list[Row]) -> dict[int, str]:
    """Who made each part, at last."""
    return {row["number"]: row["worker"] for row in history if row["status"] == "MADE"}


def assert_same(shared: Shared, video_url: str, folder: Path) -> None:
    """The video has the frames and the sound of the one that was made alone, and nothing is left behind."""
    path = folder / "shared.mp4"
    with urllib.request.urlopen(video_url) as answer:
        path.write_bytes(answer.read())
    video = Video(path)
    assert len(video) == FRAMES
    assert video.times == pytest.approx([frame / 30 for frame in range(FRAMES)], abs=1e-4)
    assert [video.count_at(frame, y=0.05) for frame in range(FRAMES)] == [frame % 60 for frame in range(FRAMES)]
    for frame in {*SEAMS, *range(0, FRAMES, 50)}:
        assert decibels(video.planes(frame), shared.alone.planes(frame)) > LEAST_DECIBELS, frame
    assert (video.sound == shared.alone.sound).all()


def assert_traced(shared: Shared, task_id: str, history: list[Row]) -> None:
    """Each part stands in the attempt's trace, with who made it, whichever worker told of it."""
    spans = shared.collector.wait(task_id, lambda spans: [span.name for span in spans].count("attempt") == 1)
    (attempt,) = [span for span in spans if span.name == "attempt"]
    parts = [span for span in spans if span.name == "part"]
    assert {span.parent for span in parts} == {attempt.id}
    assert {span.facts["draftcast.part"]: span.facts["draftcast.worker"] for span in parts} == makers(history)
    assert sum(span.facts["draftcast.frames.done"] for span in parts) == FRAMES
    assert all(attempt.start_ns <= span.start_ns <= span.end_ns <= attempt.end_ns for span in parts)


def decibels(one: Frame, other: Frame) -> float:
    """The peak signal-to-noise ratio of two frames."""
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 10 * math.log10(255**2 / error) if error else math.inf


def nothing_left(shared: Shared, task_id: str) -> bool:
    """Only the materials that a killed worker has fetched wait for a day, as ever."""
    kept = [attempt for worker in shared.site.workers for attempt in shared.site.attempts(worker, task_id)]
    with urllib.request.urlopen(f"{shared.s3.endpoint}/{shared.s3.bucket}?prefix={STORED}/parts") as listed:
        stored = b"<Key>" in listed.read()
    return not shared.parts(task_id) and not stored and not kept


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, s3: S3) -> Iterator[Shared]:
    """Workers with nothing in common but the database and the storage."""
    folder = tmp_path_factory.mktemp("shared")
    database_url = postgres.database()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(REMEMBER)
    draft = long_draft(folder)
    alone = render(folder, draft).video
    with pytest.MonkeyPatch.context() as patch, DraftServer() as drafts, collecting() as collector:
        for name, value in {**S3_KEYS, **telling(collector.url)}.items():
            patch.setenv(name, value)
        kept = {"files_url": f"s3://{s3.bucket}/{STORED}", "files_endpoint": s3.endpoint, "files_region": "us-east-1"}
        with site(
            tmp_path_factory.mktemp("site"),
            database_url,
            exporter="",
            allow_hosts=drafts.host,
            share_seconds=SHARE_SECONDS,
            **kept,
        ) as found:
            media: dict[str, bytes | Path] = {"count.mp4": folder / "count.mp4"}
            yield Shared(found, database_url, s3, drafts, draft, media, alone, collector)


def test_two_workers_make_one_video_that_is_as_if_one_had_made_it(shared: Shared, tmp_path: Path) -> None:
    task_id = shared.submit("both")
    with only_others_work(shared, task_id) as leader:
        wait_until(lambda: made_elsewhere(shared, task_id) == PARTS - 1)
    last = shared.last_event(task_id)
    assert (last["status"], last["attempt"], last["progress"]) == ("COMPLETED", 1, 100)
    history = shared.history(task_id)
    assert len(set(makers(history).values())) == 2
    assert {row["claims"] for row in history if row["status"] == "MADE"} == {1}
    exporting = next(stage for stage in last["task"]["stages"] if stage["stage"] == "EXPORTING")
    assert exporting["done"] == exporting["total"] == FRAMES
    assert_same(shared, last["task"]["videoUrl"], tmp_path)
    assert leader is not None
    assert_traced(shared, task_id, history)
    wait_until(lambda: nothing_left(shared, task_id))


@pytest.mark.long
def test_a_helper_that_is_killed_costs_its_part_only(shared: Shared, tmp_path: Path) -> None:
    task_id = shared.submit("helper")
    with only_others_work(shared, task_id) as leader:
        wait_until(lambda: sum(part["status"] == "RUNNING" for part in shared.parts(task_id)) == 2)
        helper = shared.other(leader)
        send(helper, task_id, signal.SIGSTOP)
        helper.kill()
    last = shared.last_event(task_id)
    helper.begin()
    assert (last["status"], last["attempt"]) == ("COMPLETED", 1)
    lost = {row["number"] for row in shared.history(task_id) if row["losses"]}
    again = {row["number"] for row in shared.history(task_id) if row["status"] == "RUNNING" and row["claims"] > 1}
    assert len(lost) == 1
    assert again == lost
    assert_same(shared, last["task"]["videoUrl"], tmp_path)
    wait_until(lambda: nothing_left(shared, task_id))


@pytest.mark.long
def test_the_parts_that_are_made_outlive_a_killed_leader(shared: Shared, tmp_path: Path) -> None:
    task_id = shared.submit("leader")
    with only_others_work(shared, task_id) as leader:
        wait_until(lambda: made_elsewhere(shared, task_id) == PARTS - 1)
        leader.kill()
        last = shared.last_event(task_id)
    leader.begin()
    assert (last["status"], last["attempt"]) == ("COMPLETED", 2)
    second = [row for row in shared.history(task_id) if row["attempt"] == 2]
    assert {row["number"] for row in second if row["status"] == "RUNNING"} == {0}
    assert_same(shared, last["task"]["videoUrl"], tmp_path)
    wait_until(lambda: nothing_left(shared, task_id))


def test_a_task_goes_before_another_tasks_parts_and_a_short_one_has_none(shared: Shared, tmp_path: Path) -> None:
    long_id = shared.submit("behind")
    with only_others_work(shared, long_id) as leader:
        wait_until(lambda: sum(part["status"] == "RUNNING" for part in shared.parts(long_id)) == 2)
        send(shared.other(leader), long_id, signal.SIGSTOP)
        short = DraftBuilder(160, 90).video("count.mp4", 0, 2_000_000).text("短", 0, 1_000_000)
        short_id = shared.submit("first", short)
        assert shared.last_event(short_id)["status"] == "COMPLETED"
        assert shared.history(short_id) == []
    last = shared.last_event(long_id)
    assert (last["status"], last["attempt"]) == ("COMPLETED", 1)
    assert {row["losses"] for row in shared.history(long_id)} == {0}
    assert_same(shared, last["task"]["videoUrl"], tmp_path)


def test_a_worker_alone_makes_no_parts(shared: Shared, tmp_path: Path) -> None:
    with (
        served(tmp_path, allow_hosts=shared.drafts.host, share_seconds=SHARE_SECONDS) as alone,
        closing(sqlite3.connect(database_of(alone))) as rows,
    ):
        server = alone.start()
        rows.executescript(
            "CREATE TABLE seen (number);"
            "CREATE TRIGGER seen AFTER INSERT ON draftcast_parts BEGIN INSERT INTO seen VALUES (NEW.number); END"
        )
        answer = server.data(SUBMIT, url=shared.drafts.add_draft("alone", shared.draft.json(), shared.media))
        with subscriber(server.socket_url) as socket:
            socket.subscribe(WATCH, id=answer["submitVideoTask"]["task"]["id"])
            assert [data["videoTaskProgress"] for data in socket.rest()][-1]["status"] == "COMPLETED"
        assert rows.execute("SELECT count(*) FROM seen").fetchone() == (0,)


def database_of(running: Served) -> Path:
    (running.folder / "data").mkdir()
    return running.folder / "data" / "draftcast.sqlite"


def test_a_cancel_ends_the_renderers_of_all(shared: Shared) -> None:
    task_id = shared.submit("cancel")
    with only_others_work(shared, task_id) as leader:
        wait_until(lambda: sum(part["status"] == "RUNNING" for part in shared.parts(task_id)) == 2)
        send(shared.other(leader), task_id, signal.SIGSTOP)
        assert children_of(shared.site.folder)
        shared.site.server.data(CANCEL, id=task_id)
        assert shared.last_event(task_id)["status"] == "CANCELED"
        wait_until(lambda: nothing_left(shared, task_id), seconds=10)
    for worker in shared.site.workers:
        assert not renderers(worker)


def renderers(worker: Working) -> list[psutil.Process]:
    return [child for child in psutil.Process(worker.pid).children() if "services.render" in child.cmdline()]
