"""Storing what running attempts come to: their progress, all of them together a few times a second, and their ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StoreUnavailable
from services.live.task_cache import TaskCache
from services.store import writes
from services.store.database import Database
from services.store.records import EventType, Task, TaskChange
from services.worker.progress import AttemptProgress, Write
from services.worker.registry import WorkerRegistry

FLUSH_SECONDS = 0.25
"""Percentages of all running attempts are stored together, this often."""
RETRY_SECONDS = 0.5
"""Between two tries to reach a database that is away."""


@dataclass(eq=False, slots=True)
class Attempt:
    """A running attempt: the task as this worker last wrote it, and what is to be written next."""

    task: Task
    folder: Path
    progress: AttemptProgress
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the task is not this attempt's any more."""
    shared: bool = False
    """Whether its video is made in parts, which others may make."""
    ended: Task | None = None
    """The task as this attempt has left it; None while it runs, and when it was given up."""
    previews: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


class ProgressWriter:
    """Stores what comes of the attempts in `running`; `flush_now` is set when it should not wait."""

    def __init__(self, database: Database, task_cache: TaskCache, registry: WorkerRegistry) -> None:
        self.running: set[Attempt] = set()
        self.flush_now = asyncio.Event()
        self._database = database
        self._task_cache = task_cache
        self._registry = registry
        self._flushing = asyncio.Lock()

    async def run(self) -> None:
        """Store what comes, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self.flush_now.wait()
            self.flush_now.clear()
            with suppress(StoreUnavailable):
                await self.flush(list(self.running))

    async def end(
        self, attempt: Attempt, change: Callable[[AsyncConnection], Awaitable[TaskChange | None]]
    ) -> TaskChange | None:
        """Store all that has come, and then the attempt's end, which is None when the task was not its any more.

        A database that is away is waited for, up to the dead-after time: from then on the task may be another
        worker's. Raises `StoreUnavailable`.
        """
        while True:
            try:
                await self.flush([attempt])
                async with self._database.write() as connection:
                    ended = await change(connection)
            except StoreUnavailable:
                if not self._registry.lease_valid:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if ended is not None:
                    self._task_cache.publish(ended)
                return ended

    async def flush(self, attempts: list[Attempt]) -> None:
        """Store what has come since, of all attempts in one transaction; then tell. What cannot be stored now,
        because the database is away, is kept for the next time.
        """
        async with self._flushing:
            waiting = [(attempt, steps) for attempt in attempts if (steps := attempt.progress.take())]
            if not waiting:
                return
            stages = any(event is EventType.STAGE_CHANGED for _, steps in waiting for event, _ in steps)
            written: list[TaskChange] = []
            try:
                async with self._database.write(durable=stages) as connection:
                    for attempt, steps in waiting:
                        written += await _advanced(connection, attempt, steps)
            except StoreUnavailable:
                for attempt, steps in waiting:
                    attempt.progress.put_back(steps)
                raise
            self._task_cache.publish(*written)


async def _advanced(connection: AsyncConnection, attempt: Attempt, steps: list[Write]) -> list[TaskChange]:
    """The attempt's steps, as far as the task is still its."""
    written: list[TaskChange] = []
    for event, values in steps:
        advanced = await writes.advance(connection, attempt.task, event, values)
        if advanced is None:
            attempt.lost.set()
            break
        attempt.task = advanced.task
        written.append(advanced)
    return written
