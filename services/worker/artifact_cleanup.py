"""What attempts leave in the file storage when they come to nothing: a video that no row names, a preview.

An attempt's folder on this machine goes last: while it is there, a later process knows that something may be left.
"""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from services.files.store import FileStore
from services.store import reads
from services.store.database import Database
from services.store.records import Status, Task
from services.telemetry.log_context import bind_task
from services.worker import attempt_cleanup
from services.worker.publish import folder_of, preview_key

log = logging.getLogger(__name__)

DISCARD_SECONDS = 5.0
MOST_LEFT = 1000
"""Attempts whose files wait for a storage or a database that is away; what is more waits for the next start."""


class ArtifactCleanup:
    """Removes files of attempts that are over. What cannot be removed now is left for `retry`, and the log says so."""

    def __init__(self, database: Database, files: FileStore, work_dir: Path) -> None:
        self._database = database
        self._files = files
        self._work_dir = work_dir
        self._left: set[tuple[str, int]] = set()

    def schedule(self, task_id: str, attempt: int) -> None:
        """An attempt is over; until `clean_attempt` is done with it, `retry` looks for it."""
        if len(self._left) < MOST_LEFT:
            self._left.add((task_id, attempt))

    async def clean_attempt(self, task_id: str, attempt: int, now: Task | None) -> bool:
        """An attempt is over, and its task now stands so: only the video of one that completed it is kept. False when
        the storage does not answer.
        """
        completed = now is not None and now.status is Status.COMPLETED and now.attempt == attempt
        with bind_task(task_id, attempt):
            try:
                async with asyncio.timeout(DISCARD_SECONDS):
                    if completed:
                        await self._files.remove(preview_key(task_id, attempt))
                    else:
                        await self._files.delete(folder_of(task_id, attempt))
            except (OSError, TimeoutError) as error:
                log.warning("the attempt's files stay for now: %s", error)
                self.schedule(task_id, attempt)
                return False
        await self._clear(task_id, attempt)
        return True

    async def _clear(self, task_id: str, attempt: int) -> None:
        self._left.discard((task_id, attempt))
        await asyncio.to_thread(attempt_cleanup.clear_attempt, self._work_dir / task_id / str(attempt))

    async def retry(self) -> None:
        """Try once more what could not be removed; the first that cannot ends it. Raises `StoreUnavailable`."""
        for task_id, attempt in sorted(self._left):
            now = await self._now(task_id)
            if _over(now, attempt) and not await self.clean_attempt(task_id, attempt, now):
                return

    async def clean_earlier(self, task: Task) -> None:
        """An attempt begins, so those before it are over, wherever they ran."""
        for number in range(1, task.attempt):
            await self.clean_attempt(task.id, number, task)

    async def clean_all(self, task: Task) -> None:
        """No attempt will follow those whose workers were lost."""
        for number in range(1, task.attempt + 1):
            await self.clean_attempt(task.id, number, task)

    async def clean_dead(self, attempts: Iterable[tuple[str, int]]) -> None:
        """Attempts of an earlier process: task ids and numbers. Raises `StoreUnavailable`.

        One that its task is still at is left to the attempt that follows it, or to the worker whom ours was helping.
        """
        for task_id, attempt in attempts:
            now = await self._now(task_id)
            if _over(now, attempt):
                await self.clean_attempt(task_id, attempt, now)
            else:
                await self._clear(task_id, attempt)

    async def _now(self, task_id: str) -> Task | None:
        async with self._database.read() as connection:
            return await reads.any_task(connection, task_id)


def _over(now: Task | None, attempt: int) -> bool:
    """Whether the task is not at that attempt any more."""
    return now is None or now.status.final or now.attempt > attempt
