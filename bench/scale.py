"""Prints how the service scales: `make bench-scale`, shorter with QUICK=1, on an otherwise idle machine.

Real servers, real workers, and a PostgreSQL that syncs to its disk.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
import sqlalchemy as sa

from bench import scenes
from bench.live.__main__ import Process as Ordered
from bench.measure import cores, open_database
from services.clock import now_ms
from services.migrate import migrate
from services.render.process.ffmpeg import find_ffmpeg
from services.store import reads, writes
from services.store.database import Database
from services.store.records import TaskRequest
from services.store.tables import tasks
from services.worker.queue.choice import queue_of
from services.worker.queue.queue import Job
from tests.support.process import Served, Working
from tests.support.programs import Postgres, Redis, postgres_server, redis_server
from tests.support.server import Server
from tests.support.servers import DraftServer

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
ENDED = "{ videoTasks(filter: {status: [COMPLETED]}) { totalCount } }"
UNLIMITED = {"max_queued": "1000000", "queued_per_key": "0", "submits_per_minute": "0", "queries_per_minute": "0"}
CONNECTIONS = 32
FEW, MANY = 10, 100_000
OWNERS = 20
CLAIMS = 100
DEAD_AFTER_SECONDS = 20.0
API_PROCESSES = 4
LONG_WIDTH = 360
SUBSCRIBERS = 1000
"""On each API process."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    submit_seconds: float
    idle_seconds: float
    renders: int
    video_seconds: float
    long_minutes: float
    changes: int


WHOLE = Size(submit_seconds=10, idle_seconds=60, renders=10, video_seconds=4, long_minutes=2, changes=10)
QUICK = Size(submit_seconds=2, idle_seconds=10, renders=4, video_seconds=1, long_minutes=1, changes=3)


def row(what: str, figure: str, target: str = "", met: bool | None = None) -> None:
    """A line as soon as its figure is known."""
    verdict = "" if met is None else "met" if met else "NOT MET"
    print(f"{what:<60} {figure:>16}  {target:<12} {verdict}", flush=True)


class Bench:
    """Measures one thing after the other, each on a database of its own."""

    def __init__(self, size: Size, folder: Path, postgres: Postgres, redis: Redis) -> None:
        self._size = size
        self._folder = folder
        self._postgres = postgres
        self._redis = redis
        self._numbers = itertools.count()

    def all(self) -> None:
        """Everything."""
        for name, url in (("SQLite", ""), ("Postgres", self._postgres.database())):
            self.submits(name, url)
        for name, url in (("SQLite", self._sqlite()), ("Postgres", self._postgres.empty_database())):
            asyncio.run(self.claims(name, url))
        self.idle_worker()
        self.two_workers()
        self.long_video()
        self.doorbell()

    def submits(self, name: str, url: str) -> None:
        """Submits per second, each on disk before its response."""
        with self._api({"database_url": url} if url else {}) as api:
            server = psutil.Process(api.pid)
            before = server.cpu_times()
            count = asyncio.run(submitted(api.server, self._size.submit_seconds))
            used = sum(server.cpu_times()[:2]) - sum(before[:2])
        row(f"{name}: submits acknowledged", f"{count / self._size.submit_seconds:,.0f} /s")
        row(f"{name}: the API's processor time for one", f"{1000 * used / count:.1f} ms")

    async def claims(self, name: str, url: str) -> None:
        """The time from the end of a job to the claim of the next, with many waiting tasks."""
        migrate(url)
        took: list[float] = []
        async with open_database(url) as database:
            for queued in (FEW, MANY):
                await fill(database, queued)
                took.append(await claimed(database))
                row(f"{name}: from an end to the next claim, {queued:,} wait", f"{took[-1]:.2f} ms")
        row(f"{name}: the longer queue", f"{took[1] / took[0]:.2f} x", "<= 2 x", took[1] <= 2 * took[0])

    def idle_worker(self) -> None:
        """The cost of an idle worker."""
        with self._site(1) as (_, workers):
            process = psutil.Process(workers[0].pid)
            before = sum(process.cpu_times()[:2])
            time.sleep(self._size.idle_seconds)
            used = sum(process.cpu_times()[:2]) - before
            memory = process.memory_full_info()
        row("idle worker: processor", f"{100 * used / self._size.idle_seconds:.1f} %")
        row("idle worker: memory (resident, own)", f"{memory.rss / 1e6:.0f}, {memory.uss / 1e6:.0f} MB")

    def two_workers(self) -> None:
        """The same drafts on one worker with a core, and on two with a core each."""
        if cores() < 2:
            return row("2 workers instead of 1", "one core only")
        draft = scenes.mixed(self._new_folder(), find_ffmpeg("").path, self._size.video_seconds)
        seconds = [self._rendered(count, draft.folder) for count in (1, 2)]
        faster = seconds[0] / seconds[1]
        for count, took in enumerate(seconds, 1):
            row(f"{self._size.renders} videos on {count} worker(s) with a core each", f"{took:.1f} s")
        return row("2 workers instead of 1", f"{faster:.2f} x", ">= 1.8 x", faster >= 1.8)

    def _rendered(self, workers: int, draft: Path) -> float:
        with DraftServer() as drafts, self._site(workers, allow_hosts=drafts.host, share_seconds="0") as (api, _):
            files = _files(draft)
            began = time.monotonic()
            for _ in range(self._size.renders):
                drafts.add_draft(name := uuid.uuid4().hex, (draft / "draft_content.json").read_bytes(), files)
                api.data(SUBMIT, url=drafts.draft_url(name))
            while api.data(ENDED)["videoTasks"]["totalCount"] < self._size.renders:
                time.sleep(0.5)  # a question costs what a tenth of a frame does
            return time.monotonic() - began

    def long_video(self) -> None:
        """One long video in parts, by two workers with a core each."""
        media, minutes = self._new_folder(), self._size.long_minutes
        scenes.long_media(media, find_ffmpeg("").path, minutes=minutes, width=LONG_WIDTH)
        draft = scenes.long(self._new_folder(), media, minutes=minutes, width=LONG_WIDTH).folder
        with DraftServer() as drafts, self._site(2, allow_hosts=drafts.host, share_seconds="40") as (api, workers):
            processes = [psutil.Process(worker.pid) for worker in workers]
            drafts.add_draft("long", (draft / "draft_content.json").read_bytes(), _files(draft))
            before, began = sum(map(_used, processes)), time.monotonic()
            api.data(SUBMIT, url=drafts.draft_url("long"))
            while not api.data(ENDED)["videoTasks"]["totalCount"]:
                time.sleep(0.5)
            took = time.monotonic() - began
            while any(worker.family() for worker in workers):
                time.sleep(0.1)
            used = sum(map(_used, processes)) - before
        row(f"2 workers, one video of {minutes:g} minutes in parts", f"{took:.1f} s")
        row("  processor time of both", f"{used:.1f} s")

    def doorbell(self) -> None:
        """Events written by one process, delivered by four others through Redis."""
        settings = {"DATABASE_URL": self._postgres.database(), "BROADCAST_URL": self._redis.url, **UNLIMITED}
        environment = {**os.environ, **{f"DRAFTCAST_{name.upper()}": value for name, value in settings.items()}}
        with ExitStack() as stack:
            servers: list[Ordered] = []
            for _ in range(API_PROCESSES):
                command = [sys.executable, "-m", "bench.live.ours", str(self._new_folder())]
                servers.append(Ordered(command, environment))
                stack.callback(servers[-1].end)
            load = Ordered([sys.executable, "-m", "bench.live.load"])
            stack.callback(load.end)
            ports = [server.read()["port"] for server in servers]
            ids: list[str] = servers[0]("tasks", count=SUBSCRIBERS)["ids"]
            for port in ports:
                load("open", port=port, ids=ids, count=SUBSCRIBERS)
            self._told(servers, load)

    def _told(self, servers: list[Ordered], load: Ordered) -> None:
        messages, waits, seconds = SUBSCRIBERS * API_PROCESSES, list[float](), 0.0
        cpu = 0.0
        for number in range(self._size.changes + 1):
            before = sum(server.cpu_seconds for server in servers)
            sent = servers[0]("advance", times=1)["sent"]
            came = load("collect", messages=messages, sent=sent)["waits"]
            if number:  # the first one warms up
                waits += came
                seconds += max(came) / 1000
                cpu += sum(server.cpu_seconds for server in servers) - before
        waits.sort()
        changed = self._size.changes * SUBSCRIBERS
        row("Redis, 4 API processes, 4000 subscribers of 1000 tasks: changes", f"{changed / seconds:,.0f} /s")
        row("  messages", f"{changed * API_PROCESSES / seconds:,.0f} /s")
        row("  processor time of all four for one message", f"{1e6 * cpu / changed / API_PROCESSES:.0f} us")
        row("  half of them, 99 % of them after", f"{median(waits):.0f}, {waits[int(0.99 * len(waits))]:.0f} ms")

    @contextmanager
    def _api(self, settings: dict[str, str]) -> Generator[Served]:
        api = Served(self._new_folder(), "--no-worker", **UNLIMITED, **settings)
        try:
            api.start()
            yield api
        finally:
            api.stop()

    @contextmanager
    def _site(self, workers: int, **settings: str) -> Generator[tuple[Server, list[Working]]]:
        """An API process, and workers with a core each."""
        shared = {
            "database_url": self._postgres.database(),
            "broadcast_url": self._redis.url,
            "files_url": self._new_folder().as_uri(),
            **settings,
        }
        with self._api(shared) as api, ExitStack() as stack:
            running: list[Working] = []
            for number in range(workers):
                worker = Working(self._new_folder(), **shared)
                worker.prefix = ("taskset", "--cpu-list", str(sorted(os.sched_getaffinity(0))[number % cores()]))
                stack.callback(worker.stop)
                worker.begin()
                running.append(worker)
            yield api.server, running

    def _new_folder(self) -> Path:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    def _sqlite(self) -> str:
        return f"sqlite:///{self._new_folder() / 'draftcast.sqlite'}"


def _files(draft: Path) -> dict[str, bytes | Path]:
    """The files of a draft's folder by name."""
    return {path.name: path for path in draft.iterdir() if path.suffix != ".json"}


def _used(process: psutil.Process) -> float:
    """The processor time of a process and its ended children, in seconds."""
    return sum(process.cpu_times()[:4])


async def submitted(server: Server, seconds: float, clients: int = CONNECTIONS) -> int:
    """The number of submits of so many clients acknowledged within some seconds."""
    until = time.monotonic() + seconds
    async with aiohttp.ClientSession() as session:

        async def submit() -> int:
            count = 0
            while time.monotonic() < until:
                variables = {"url": f"https://drafts.example/get_draft?draft_id={uuid.uuid4().hex}"}
                body = {"query": SUBMIT, "variables": variables}
                async with session.post(f"{server.url}/graphql", json=body) as answer:
                    said = await answer.json()
                assert said["data"]["submitVideoTask"]["task"], json.dumps(said)
                count += 1
            return count

        return sum(await asyncio.gather(*[submit() for _ in range(clients)]))


async def fill(database: Database, wanted: int) -> None:
    """Copy a submitted task to many waiting ones of several owners."""
    queue = queue_of(database, DEAD_AFTER_SECONDS)
    async with database.write() as connection:
        for task_id, run in (await connection.execute(queue.queued())).all():
            await queue.cancel(connection, task_id, run)
        await connection.execute(sa.delete(tasks))
        made = await writes.create(connection, "owner", uuid.uuid4().hex, TaskRequest(draft_url="https://a.example/"))
        (row_of_one,) = (await connection.execute(sa.select(tasks).where(tasks.c.id == made.task.id))).mappings()
        copies: list[dict[str, Any]] = [
            {
                **row_of_one,
                "id": uuid.uuid4().hex,
                "owner": f"owner {number % OWNERS}",
                "draft_url": f"https://a.example/{number}",
                "turn": number // OWNERS,
                "warnings": [],
                "queued_at_ms": now_ms() + number,
            }
            for number in range(wanted + CLAIMS)
        ]
        for batch in range(0, len(copies), 1000):
            await connection.execute(sa.insert(tasks), copies[batch : batch + 1000])
            queued = [Job(task=each["id"], run=1, turn=each["turn"]) for each in copies[batch : batch + 1000]]
            await queue.enqueue(connection, queued)
    async with database.write() as connection:
        await connection.execute(sa.text("ANALYZE"))


async def claimed(database: Database) -> float:
    """The median time from the end of a job to the claim of the next, in milliseconds."""
    queue = queue_of(database, DEAD_AFTER_SECONDS)
    at: list[float] = []

    async def handle(job: Job) -> None:
        async with database.write() as connection:
            task = await reads.any_task(connection, job.task)
            assert task is not None
            assert await writes.claim(connection, task, "bench", job.token) is not None
        at.append(time.perf_counter())
        if len(at) == CLAIMS:
            enough.set()

    enough = asyncio.Event()
    running = asyncio.create_task(queue.run(1, handle))
    await enough.wait()
    await queue.stop()
    await running
    return median(1000 * (later - one) for one, later in itertools.pairwise(at[:CLAIMS]))


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    size = QUICK if parser.parse_args().quick else WHOLE
    with tempfile.TemporaryDirectory() as folder, postgres_server(durable=True) as postgres, redis_server() as redis:
        Bench(size, Path(folder), postgres, redis).all()


if __name__ == "__main__":
    main()
