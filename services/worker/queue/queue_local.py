"""The work queue on SQLite: a table of jobs, and one loop in the process that works.

Only the data folder's one worker hands out jobs (see `services.compose`), so that which of them run is known from its
memory alone, and a restart finds the others where they were.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import background, patiently
from services.errors import DraftcastError, StoreUnavailable
from services.store.database import Changes, Database
from services.worker.queue.queue import FencedOff, Handle, Job, JobKind, WorkQueue

log = logging.getLogger(__name__)
jobs = sa.table(
    "draftcast_jobs",
    sa.column("id", sa.Integer),
    sa.column("task_id", sa.String),
    sa.column("run", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("part", sa.Integer),
    sa.column("priority", sa.Integer),
    sa.column("turn", sa.Integer),
    sa.column("handed", sa.Integer),  # how often it was handed out
)

_INSERT = sa.insert(jobs)
_ORDER = (jobs.c.priority.desc(), sa.text("(handed = 0)"), jobs.c.turn, jobs.c.id)

RETRY_SECONDS = 1.0
"""Time after which a job that failed is handed out again."""
OTHERS_SECONDS = 0.2
"""Interval at which changes of other processes are looked for."""
MAX_HANDED = 1_000_000
"""A job is handed out less often."""


class LocalQueue(WorkQueue):
    """The queue in an SQLite file. Changes of other processes are noticed within `others_seconds`."""

    def __init__(self, database: Database, others_seconds: float = OTHERS_SECONDS) -> None:
        self._database = database
        self._others_seconds = others_seconds
        self._woken = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._paused: set[int] = set()
        """Jobs that failed less than `RETRY_SECONDS` ago."""
        self._stopping = False
        self._fenced_off = False
        self._ended = asyncio.Event()
        self._ended.set()

    async def enqueue(self, connection: AsyncConnection, added: Sequence[Job]) -> None:
        """See `WorkQueue`."""
        rows = [
            {
                "task_id": job.task,
                "run": job.run,
                "kind": job.kind,
                "part": job.part,
                "priority": job.priority,
                "turn": job.turn,
                "handed": 0,
            }
            for job in added
        ]
        await connection.execute(_INSERT, rows)

    async def cancel(self, connection: AsyncConnection, task: str, run: int) -> None:
        """See `WorkQueue`."""
        await connection.execute(sa.delete(jobs).where(jobs.c.task_id == task, jobs.c.run == run))

    def queued(self) -> sa.Select[str, int]:
        """See `WorkQueue`."""
        return sa.select(jobs.c.task_id, jobs.c.run)

    def wake(self) -> None:
        """See `WorkQueue`."""
        self._woken.set()

    async def run(self, slots: int, handle: Handle) -> None:
        """See `WorkQueue`."""
        self._ended.clear()
        try:
            async with background("look for changes of other processes", self._look()):
                while not self._stopping:
                    self._woken.clear()
                    await self._round(slots, handle)
                    await self._woken.wait()
        finally:
            self._cancel(self._running)
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            self._ended.set()
        if self._fenced_off:
            raise FencedOff("another process has the work of this one")

    async def stop(self) -> None:
        """See `WorkQueue`."""
        self._stopping = True
        self.wake()
        await self._ended.wait()

    async def _round(self, slots: int, handle: Handle) -> None:
        """Cancel the handles whose jobs are gone, and hand out jobs to the free slots."""
        try:
            gone, free = await self._read(slots)
            self._cancel(gone)
            handed = await self._hand_out(free) if free else []
        except StoreUnavailable as error:
            log.warning("the queue waits: the database is unavailable: %s", error)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.wake)
            return
        for key, job in handed:
            self._running[key] = asyncio.create_task(self._do(key, job, handle), name=f"{job.kind} of {job.task}")

    async def _read(self, slots: int) -> tuple[list[int], list[int]]:
        """Which of the running jobs are gone, and which jobs come next."""
        gone, wanted = set[int](), list[int]()
        async with self._database.read() as connection:
            if self._running:
                there = await connection.scalars(sa.select(jobs.c.id).where(jobs.c.id.in_(self._running)))
                gone = self._running.keys() - set(there)
            free = slots - len(self._running) + len(gone)
            if free > 0:
                others = sa.select(jobs.c.id).where(jobs.c.id.not_in([*self._running, *self._paused]))
                wanted = list(await connection.scalars(others.order_by(*_ORDER).limit(free)))
        return list(gone), wanted

    async def _hand_out(self, keys: list[int]) -> list[tuple[int, Job]]:
        """The jobs with these ids, in their order; without those that were cancelled meanwhile."""
        raised = sa.update(jobs).where(jobs.c.id.in_(keys)).values(handed=jobs.c.handed + 1).returning(jobs)
        async with self._database.write() as connection:
            rows = {row.id: row for row in await connection.execute(raised)}
        return [(key, _job(rows[key])) for key in keys if key in rows]

    async def _do(self, key: int, job: Job, handle: Handle) -> None:
        """Run the handle; a job that is over is removed."""
        try:
            await handle(job)
            await patiently(lambda: self._remove(key))
        except FencedOff:
            self._fenced_off = self._stopping = True
        except Exception as error:
            level, bug = (logging.INFO, None) if isinstance(error, DraftcastError) else (logging.ERROR, error)
            log.log(level, "the job is handed out again: %s", error, exc_info=bug)
            self._paused.add(key)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._resume, key)
        finally:
            del self._running[key]
            self.wake()

    async def _remove(self, key: int) -> None:
        async with self._database.write() as connection:
            await connection.execute(sa.delete(jobs).where(jobs.c.id == key))

    def _resume(self, key: int) -> None:
        self._paused.discard(key)
        self.wake()

    def _cancel(self, keys: Iterable[int]) -> None:
        """Cancel the handles of these jobs, each once: a second time would interrupt the end of its child. One may have
        ended by itself meanwhile.
        """
        for key in keys:
            if key in self._running and not self._running[key].cancelling():
                self._running[key].cancel()

    async def _look(self) -> None:
        """Wake `run` when the database has changed."""
        changes = Changes(self._database)
        while True:
            with changes.look() as changed:
                if changed:
                    self.wake()
            await asyncio.sleep(self._others_seconds)


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    return Job(
        task=row.task_id,
        run=row.run,
        kind=JobKind(row.kind),
        part=row.part,
        priority=row.priority,
        turn=row.turn,
        token=row.id * MAX_HANDED + row.handed,
    )
