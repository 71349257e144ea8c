"""Prints what the work queue costs and how fast it is: `make bench-queue`, shorter with QUICK=1, on an otherwise idle
machine.

Real servers and workers, on SQLite and on a PostgreSQL that syncs to its disk.
"""

import argparse
import asyncio
import itertools
import shlex
import sys
import tempfile
import time
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TypeVar

import psutil

from bench.measure import open_database
from bench.scale import UNLIMITED, claimed, fill, row, submitted
from services.migrate import migrate
from tests.support.process import Process, Served, Working
from tests.support.programs import Postgres, postgres_server
from tests.support.server import Server

Begun = TypeVar("Begun", bound=Process)
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }"
TIMES = "query($id: ID!) { videoTask(id: $id) { createdAt startedAt } }"
TOLD = Path(__file__).parent / "told.py"
FEW, MANY, MOST = 10, 20_000, 100_000
SUBMIT_SECONDS = 5
NOTE_SECONDS = 60
POLL_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    idle_seconds: float
    starts: int
    waiting: tuple[int, ...]


WHOLE = Size(idle_seconds=60, starts=100, waiting=(FEW, MANY, MOST))
QUICK = Size(idle_seconds=10, starts=20, waiting=(FEW, MANY))


@dataclass(frozen=True, slots=True)
class Site:
    """A running service: how it is reached, the process that works, and where its exporters write."""

    server: Server
    worker: Process
    notes: Path


class Bench:
    """Measures one thing after the other."""

    def __init__(self, size: Size, folder: Path, postgres: Postgres) -> None:
        self._size = size
        self._folder = folder
        self._postgres = postgres
        self._numbers = itertools.count()

    def all(self) -> None:
        """Everything, on both."""
        for name, site in (("SQLite", self._sqlite), ("Postgres", self._two)):
            with site() as running:
                self.idle(name, running)
                self.starts_and_cancels(name, running)
                self.submits(name, running)
        for name, url in (("SQLite", self._sqlite_url()), ("Postgres", self._postgres.empty_database())):
            asyncio.run(self.gaps(name, url))

    def idle(self, name: str, site: Site) -> None:
        """What a process that works costs while there is no work."""
        process = psutil.Process(site.worker.pid)
        before = sum(process.cpu_times()[:2])
        time.sleep(self._size.idle_seconds)
        used = 100 * (sum(process.cpu_times()[:2]) - before) / self._size.idle_seconds
        bound = 0.5 if name == "SQLite" else 1.5
        row(f"{name}: idle, processor", f"{used:.2f} %", f"<= {bound} %", used <= bound)
        row(f"{name}: idle, memory and threads", f"{process.memory_info().rss / 1e6:.0f} MB, {process.num_threads()}")

    def starts_and_cancels(self, name: str, site: Site) -> None:
        """From a submit to the start of its render, and from a cancel until the exporter is told to end."""
        starts: list[float] = []
        cancels: list[float] = []
        for _ in range(self._size.starts):
            url = f"https://drafts.example/get_draft?draft_id={uuid.uuid4().hex}"
            task = site.server.data(SUBMIT, url=url)["submitVideoTask"]["task"]["id"]
            written(site.notes / f"{task}.began")
            times = site.server.data(TIMES, id=task)["videoTask"]
            began, started = (datetime.fromisoformat(times[key]) for key in ("createdAt", "startedAt"))
            starts.append(1000 * (started - began).total_seconds())
            asked = time.time()
            site.server.data(CANCEL, id=task)
            cancels.append(1000 * (written(site.notes / f"{task}.told") - asked))
        half, most = median(starts), quantiles(starts, n=20)[-1]
        row(
            f"{name}: submit to start, p50, p95", f"{half:.0f}, {most:.0f} ms", "<= 50, 100", half <= 50 and most <= 100
        )
        half, most = median(cancels), quantiles(cancels, n=20)[-1]
        row(f"{name}: cancel to child told, p50, p95", f"{half:.0f}, {most:.0f} ms", "<= 100 ms", most <= 100)

    def submits(self, name: str, site: Site) -> None:
        """Submits per second of 16 clients, each on disk before its response."""
        count = asyncio.run(submitted(site.server, SUBMIT_SECONDS, clients=16)) / SUBMIT_SECONDS
        row(f"{name}: submits acknowledged, 16 clients", f"{count:,.0f} /s", ">= 100 /s", count >= 100)

    async def gaps(self, name: str, url: str) -> None:
        """The time from the end of a job to the claim of the next."""
        migrate(url)
        took: list[float] = []
        async with open_database(url) as database:
            for waiting in self._size.waiting:
                await fill(database, waiting)
                took.append(await claimed(database))
                row(f"{name}: from an end to the next claim, {waiting:,} wait", f"{took[-1]:.1f} ms")
        ratio = max(took) / took[0]
        row(f"{name}: the longest queue", f"{ratio:.2f} x", "<= 2 x", ratio <= 2)

    @contextmanager
    def _sqlite(self) -> Generator[Site]:
        folder = self._new_folder()
        with running(Served(folder, **self._settings(folder))) as api:
            yield Site(api.server, api, folder)

    @contextmanager
    def _two(self) -> Generator[Site]:
        """An API process and a worker on Postgres."""
        shared = {"database_url": self._postgres.database(), "files_url": self._new_folder().as_uri()}
        folder = self._new_folder()
        with (
            running(Served(self._new_folder(), "--no-worker", **UNLIMITED, **shared)) as api,
            running(Working(folder, **self._settings(folder), **shared)) as worker,
        ):
            yield Site(api.server, worker, folder)

    def _settings(self, folder: Path) -> dict[str, str]:
        return {**UNLIMITED, "exporter": shlex.join([sys.executable, str(TOLD), str(folder)])}

    def _new_folder(self) -> Path:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    def _sqlite_url(self) -> str:
        return f"sqlite:///{self._new_folder() / 'draftcast.sqlite'}"


@contextmanager
def running(process: Begun) -> Generator[Begun]:
    """The process, stopped at the end."""
    with ExitStack() as stack:
        stack.callback(process.stop)
        process.begin()
        yield process


def written(note: Path) -> float:
    """The time that is written there, once it is. Raises `TimeoutError`."""
    until = time.monotonic() + NOTE_SECONDS
    while not note.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{note.name} was not written within {NOTE_SECONDS} s")
        time.sleep(POLL_SECONDS)
    return float(note.read_text())


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    size = QUICK if parser.parse_args().quick else WHOLE
    with tempfile.TemporaryDirectory() as folder, postgres_server(durable=True) as postgres:
        Bench(size, Path(folder), postgres).all()


if __name__ == "__main__":
    main()
