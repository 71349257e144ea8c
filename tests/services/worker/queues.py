"""A queue of each kind, and what tests do with it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager

from services.store.database import Database
from services.worker.queue.queue import Handle, Job, WorkQueue
from services.worker.queue.queue_local import LocalQueue
from services.worker.queue.queue_postgres import PostgresQueue
from tests.support.server import ROOT

DEAD_AFTER_SECONDS = 3.0
SOON_SECONDS = 2.0
"""The dead-after time of processes that a test kills."""


def queue_on(database: Database, dead_after_seconds: float = DEAD_AFTER_SECONDS) -> WorkQueue:
    """A queue in this database; several stand for several processes."""
    return LocalQueue(database) if database.embedded else PostgresQueue(database, dead_after_seconds)


async def add(database: Database, queue: WorkQueue, *jobs: Job) -> None:
    """Add the jobs."""
    async with database.write() as connection:
        await queue.enqueue(connection, jobs)
    queue.wake()


async def cancel(database: Database, queue: WorkQueue, task: str, run: int = 1) -> None:
    """Cancel the jobs of the run."""
    async with database.write() as connection:
        await queue.cancel(connection, task, run)
    queue.wake()


async def queued(database: Database, queue: WorkQueue) -> list[str]:
    """The tasks that have jobs, waiting or running, by name."""
    async with database.read() as connection:
        return sorted(task for task, _ in await connection.execute(queue.queued()))


@asynccontextmanager
async def running(queue: WorkQueue, handle: Handle, slots: int = 1) -> AsyncGenerator[asyncio.Task[None]]:
    """The queue's loop, stopped at the end of the block."""
    loop = asyncio.create_task(queue.run(slots, handle))
    try:
        yield loop
    finally:
        await queue.stop()
        await loop


class Handles:
    """Handles that note their jobs and do what a test wants, by the task: all others return at once."""

    def __init__(self, stay: Iterable[str] = (), fail: Iterable[str] = ()) -> None:
        self.stay, self.fail = set(stay), set(fail)
        self.begun: list[Job] = []
        self.cancelled: list[Job] = []
        self._changed = asyncio.Event()

    async def __call__(self, job: Job) -> None:
        """Do a job."""
        self.begun.append(job)
        self._changed.set()
        if job.task in self.fail:
            self.fail.remove(job.task)
            raise ValueError("as the test wants it")
        if job.task in self.stay:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.append(job)
                self._changed.set()

    async def until(self, begun: int = 0, cancelled: int = 0) -> None:
        """Wait until so many were begun and cancelled."""
        while len(self.begun) < begun or len(self.cancelled) < cancelled:
            self._changed.clear()
            await self._changed.wait()

    @property
    def tasks(self) -> list[str]:
        """The tasks of the jobs begun."""
        return [job.task for job in self.begun]


@contextmanager
def process(database_url: str) -> Generator[subprocess.Popen[str]]:
    """A process that runs jobs; see `queue_process`."""
    command = [sys.executable, "-m", "tests.services.worker.queue_process", database_url, f"{SOON_SECONDS}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as begun:
        try:
            assert told(begun)[0] == "starts"
            yield begun
        finally:
            begun.kill()


def told(process: subprocess.Popen[str]) -> tuple[str, int]:
    """The next line of the process, in two."""
    assert process.stdout is not None
    what, _, number = process.stdout.readline().rpartition(" ")
    return what, int(number)


async def add_job(database_url: str, task: str) -> None:
    """Add a job, as an API process does."""
    database = Database(database_url)
    await add(database, queue_on(database), Job(task=task, run=1))
    await database.close()
