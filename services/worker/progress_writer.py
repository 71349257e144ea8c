"""The progress writer: stores the progress of all running attempts together, and their ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import patiently
from services.errors import StoreUnavailable
from services.live.task_cache import TaskCache
from services.store import writes
from services.store.database import Database
from services.store.records import EventType, ProgressUpdate, Task, TaskChange
from services.worker.progress import AttemptProgress

FLUSH_SECONDS = 0.25
"""Interval of flushes: the effective rate of percentages, four a second."""


@dataclass(eq=False, slots=True)
class Attempt:
    """A running attempt: its task as last stored by this worker, and its progress."""

    task: Task
    folder: Path
    progress: AttemptProgress
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the attempt no longer owns the task."""
    shared: bool = False
    """Whether it was left to the jobs of its parts."""
    ended: Task | None = None
    """The task at the end of the attempt; None while it runs, and when it was abandoned."""
    previews: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


class ProgressWriter:
    """Stores the progress of the attempts in `running`; set `flush_now` to flush without delay."""

    def __init__(self, database: Database, task_cache: TaskCache) -> None:
        self.running: set[Attempt] = set()
        self.flush_now = asyncio.Event()
        self._database = database
        self._task_cache = task_cache
        self._flushing = asyncio.Lock()

    async def run(self) -> None:
        """Flush at intervals, until cancelled. An attempt begins with a change of stage, which flushes at once."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS if self.running else None):
                    await self.flush_now.wait()
            self.flush_now.clear()
            with suppress(StoreUnavailable):
                await self.flush(list(self.running))

    async def end(
        self, attempt: Attempt, change: Callable[[AsyncConnection], Awaitable[TaskChange | None]]
    ) -> TaskChange | None:
        """Flush the attempt and store its end. None when it no longer owned the task."""

        async def write() -> TaskChange | None:
            await self.flush([attempt])
            async with self._database.write() as connection:
                return await change(connection)

        ended = await patiently(write)
        if ended is not None:
            self._task_cache.publish(ended)
        return ended

    async def flush(self, attempts: list[Attempt]) -> None:
        """Store the progress of the attempts in one transaction and publish it. Raises `StoreUnavailable`; the progress
        is then part of the next flush.
        """
        async with self._flushing:
            waiting = [(attempt, updates) for attempt in attempts if (updates := attempt.progress.take())]
            if not waiting:
                return
            stages = any(update.type is EventType.STAGE_CHANGED for _, updates in waiting for update in updates)
            written: list[TaskChange] = []
            try:
                async with self._database.write(durable=stages) as connection:
                    for attempt, updates in waiting:
                        written += await _advanced(connection, attempt, updates)
            except StoreUnavailable:
                for attempt, updates in waiting:
                    attempt.progress.put_back(updates)
                raise
            self._task_cache.publish(*written)


async def _advanced(connection: AsyncConnection, attempt: Attempt, updates: list[ProgressUpdate]) -> list[TaskChange]:
    """Store the updates of an attempt while it owns the task."""
    written: list[TaskChange] = []
    for update in updates:
        advanced = await writes.advance(connection, attempt.task, update)
        if advanced is None:
            attempt.lost.set()
            break
        attempt.task = advanced.task
        written.append(advanced)
    return written
