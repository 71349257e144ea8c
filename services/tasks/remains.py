"""What attempts leave in the file storage when they come to nothing: a video that no row names, a preview."""

import asyncio
import logging
from collections.abc import Iterable

from services.files.store import FileStore
from services.tasks.concern import about
from services.tasks.publish import folder_of, preview_key
from services.tasks.records import Status, Task
from services.tasks.store import queries
from services.tasks.store.database import Database

log = logging.getLogger(__name__)

DISCARD_SECONDS = 5.0
MOST_LEFT = 1000
"""Attempts whose files wait for a storage that is away; what is more stays."""


class Remains:
    """Removes files of attempts that are over. What cannot be removed now is left for `again`, and the log says so."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files
        self._left: set[tuple[str, int]] = set()

    async def after(self, task_id: str, attempt: int, now: Task | None) -> None:
        """An attempt is over, and its task now stands so: only the video of one that completed it is kept."""
        completed = now is not None and now.status is Status.COMPLETED and now.attempt == attempt
        with about(task_id, attempt):
            try:
                async with asyncio.timeout(DISCARD_SECONDS):
                    if completed:
                        await self._files.remove(preview_key(task_id, attempt))
                    else:
                        await self._files.delete(folder_of(task_id, attempt))
                self._left.discard((task_id, attempt))
            except (OSError, TimeoutError) as error:
                self._leave(task_id, attempt, error)

    def _leave(self, task_id: str, attempt: int, error: Exception) -> None:
        if (task_id, attempt) not in self._left:
            log.warning("the attempt's files stay for now: %s", error)
            if len(self._left) < MOST_LEFT:
                self._left.add((task_id, attempt))

    async def again(self) -> None:
        """Try once more what could not be removed. Raises `StoreUnavailable`."""
        await self.of_dead(sorted(self._left))

    async def before(self, task: Task) -> None:
        """An attempt begins, so those before it are over, wherever they ran."""
        for number in range(1, task.attempt):
            await self.after(task.id, number, task)

    async def of_lost(self, task: Task) -> None:
        """No attempt will follow those whose workers were lost."""
        for number in range(1, task.attempt + 1):
            await self.after(task.id, number, task)

    async def of_dead(self, attempts: Iterable[tuple[str, int]]) -> None:
        """Attempts of an earlier process: task ids and numbers. Raises `StoreUnavailable`.

        One that its task is still at is left to the attempt that follows it, or to the worker whom ours was helping.
        """
        for task_id, attempt in attempts:
            async with self._database.read() as connection:
                now = await queries.any_task(connection, task_id)
            if now is None or now.status.final or now.attempt > attempt:
                await self.after(task_id, attempt, now)
