"""A long draft on two workers: each renders some of its parts, and one that is lost costs no more than its own."""

import json
import math
import os
import re
import signal
import sqlite3
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import numpy as np
import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.collector import Collector, collecting, telling
from tests.support.drafts import DraftBuilder
from tests.support.media import counting_video
from tests.support.process import Served, Working, served
from tests.support.programs import S3, S3_KEYS, Postgres
from tests.support.render import render
from tests.support.servers import DraftServer
from tests.support.site import CANCEL, Site, site, wait_until
from tests.support.subscriber import subscriber
from tests.support.video import Frame, Video

SUBMIT = """
mutation($url: URL!, $priority: Int) {
  submitVideoTask(input: {draftUrl: $url, priority: $priority}) { task { id } errors { message } }
}
"""
STREAM = "query($id: ID!) { videoTask(id: $id) { streamUrl } }"
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
  PERFORM pg_notify('changed', NEW.task_id);
  RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER remember AFTER INSERT OR UPDATE ON draftcast_parts FOR EACH ROW EXECUTE FUNCTION remember();
"""
CLIP_SECONDS, CLIPS = 2, 21
FRAMES = 30 * CLIP_SECONDS * CLIPS
PICTURES = 3
PARTS = 1 + PICTURES
"""The first is the sound."""
SHARE_SECONDS = "40"
BORDERS = (12 * 30, 28 * 30)
"""Parts begin where fragments of four seconds do."""
SEAMS = [border + beside for border in BORDERS for beside in range(-2, 3)]
LEAST_DECIBELS = 40
"""Keyframes lie elsewhere, so the frames are not the same to the bit."""
STORED = "shared"
WAIT_SECONDS = 30
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

    def submit(self, name: str, draft: DraftBuilder | None = None, priority: int = 0) -> str:
        url = self.drafts.add_draft(name, (draft or self.draft).json(), self.media)
        answer = self.site.server.data(SUBMIT, url=url, priority=priority)["submitVideoTask"]
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

    def renders(self, task_id: str, number: int) -> Working:
        """The worker that renders this part."""
        query = (
            "SELECT w.pid FROM draftcast_workers w JOIN draftcast_parts p ON p.worker = w.id"
            " WHERE p.task_id = %s AND p.number = %s"
        )
        (row,) = self.rows(query, task_id, number)
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
def only_the_other_renders(shared: Shared, task_id: str, number: int = 1) -> Generator[Working]:
    """The renderer of a part, by default the first of the picture, stands still once it has begun. Gives its worker."""
    with psycopg.connect(shared.database_url, autocommit=True) as connection:
        connection.execute("LISTEN changed")
        while number not in running(shared, task_id):
            changes = list(connection.notifies(timeout=WAIT_SECONDS, stop_after=1))
            assert changes, f"part {number} was not begun: {shared.parts(task_id)}"
    first = shared.renders(task_id, number)
    send(first, task_id, signal.SIGSTOP)
    try:
        yield first
    finally:
        send(first, task_id, signal.SIGCONT)


def made(shared: Shared, task_id: str) -> int:
    """How many parts are made and stored."""
    return sum(part["status"] == "MADE" and part["key"] is not None for part in shared.parts(task_id))


def running(shared: Shared, task_id: str) -> list[int]:
    """The parts that are being rendered."""
    return [part["number"] for part in shared.parts(task_id) if part["status"] == "RUNNING"]


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


def fragments(shared: Shared, task_id: str) -> list[str]:
    """The addresses of the fragments of the task's stream that can be watched."""
    url = shared.site.server.data(STREAM, id=task_id)["videoTask"]["streamUrl"]
    names = shared.site.server.get(url).body.decode().splitlines() if url else []
    return [urljoin(url, name) for name in names if ".m4s" in name]


def assert_watched(shared: Shared, task_id: str, folder: Path) -> None:
    """The stream is the whole video, picture and sound, of whichever workers."""
    paths = fragments(shared, task_id)
    path = folder / "watched.mp4"
    content: list[bytes] = []
    for url in (re.sub(r"/\d+(-\w+)\.m4s", r"/init\1.mp4", paths[0]), *paths):
        with urllib.request.urlopen(url) as answer:
            content.append(answer.read())
    path.write_bytes(b"".join(content))
    video = Video(path)
    assert [video.count_at(frame, y=0.05) for frame in range(len(video))] == [frame % 60 for frame in range(FRAMES)]
    ours, alone = (sound[48_000 : 41 * 48_000] for sound in (video.sound, shared.alone.sound))
    assert np.abs(ours - alone).max() < 1e-3, "the sound is in its place"


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
    with only_the_other_renders(shared, task_id, 2):
        wait_until(lambda: made(shared, task_id) == PARTS - 1)
        wait_until(lambda: len(fragments(shared, task_id)) == 5)  # 1, 2, 4, 8 and 12 seconds: part 1
    last = shared.last_event(task_id)
    assert (last["status"], last["attempt"], last["progress"]) == ("COMPLETED", 1, 100)
    assert_watched(shared, task_id, tmp_path)
    history = shared.history(task_id)
    assert len(set(makers(history).values())) == 2
    assert len({(row["number"], row["fence"]) for row in history if row["status"] == "RUNNING"}) == PARTS
    exporting = next(stage for stage in last["task"]["stages"] if stage["stage"] == "EXPORTING")
    assert exporting["done"] == exporting["total"] == FRAMES
    assert_same(shared, last["task"]["videoUrl"], tmp_path)
    assert_traced(shared, task_id, history)
    wait_until(lambda: nothing_left(shared, task_id))


@pytest.mark.long
def test_a_worker_that_is_killed_costs_its_part_only(shared: Shared, tmp_path: Path) -> None:
    task_id = shared.submit("killed")
    with only_the_other_renders(shared, task_id) as lost:
        wait_until(lambda: made(shared, task_id) == PARTS - 1)
        lost.kill()
        last = shared.last_event(task_id)
    lost.begin()
    assert (last["status"], last["attempt"]) == ("COMPLETED", 1)
    history = shared.history(task_id)
    assert {row["number"] for row in history if row["losses"]} == {1}
    again = {row["number"]: {each["fence"] for each in history if each["number"] == row["number"]} for row in history}
    assert {number: len(fences - {0}) for number, fences in again.items()} == {0: 1, 1: 2, 2: 1, 3: 1}
    assert_same(shared, last["task"]["videoUrl"], tmp_path)
    wait_until(lambda: nothing_left(shared, task_id))


@pytest.mark.long
def test_a_task_goes_before_the_parts_that_wait_and_a_short_one_has_none(shared: Shared, tmp_path: Path) -> None:
    long_id = shared.submit("behind")
    with only_the_other_renders(shared, long_id):
        wait_until(lambda: len(running(shared, long_id)) == 2)
        short = DraftBuilder(160, 90).video("count.mp4", 0, 2_000_000).text("短", 0, 1_000_000)
        short_id = shared.submit("first", short, priority=1)
        assert shared.last_event(short_id)["status"] == "COMPLETED"
        assert shared.history(short_id) == []
        assert made(shared, long_id) < PARTS - 1
    last = shared.last_event(long_id)
    assert (last["status"], last["attempt"]) == ("COMPLETED", 1)
    assert {row["losses"] for row in shared.history(long_id)} == {0}
    assert_same(shared, last["task"]["videoUrl"], tmp_path)


@pytest.mark.long
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
    with only_the_other_renders(shared, task_id) as first:
        wait_until(lambda: len(running(shared, task_id)) + made(shared, task_id) == PARTS)
        send(shared.other(first), task_id, signal.SIGSTOP)
        shared.site.server.data(CANCEL, id=task_id)
        assert shared.last_event(task_id)["status"] == "CANCELED"
        wait_until(lambda: nothing_left(shared, task_id), seconds=10)
    for worker in shared.site.workers:
        assert not renderers(worker)


def renderers(worker: Working) -> list[psutil.Process]:
    return [child for child in psutil.Process(worker.pid).children() if "services.render" in child.cmdline()]
