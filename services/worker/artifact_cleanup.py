"""Cleanup of stored artifacts: videos and previews of attempts that ended without completing their task.

The local folder of an attempt is removed last: while it exists, a later process knows that artifacts may remain.
"""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from services.files.store import FileStore
from services.store import reads
from services.store.database import Database
from services.store.records import Status, Task
from services.stream import Stream, stream_folder
from services.telemetry.log_context import bind_task
from services.worker import attempt_cleanup
from services.worker.publish import artifact_folder, preview_key

log = logging.getLogger(__name__)

DISCARD_SECONDS = 5.0
MAX_SCHEDULED = 1000
"""Maximum number of scheduled attempts; further ones wait for the next start of a worker."""


class ArtifactCleanup:
    """Removes the artifacts of ended attempts. What cannot be removed now is logged and left to `retry`."""

    def __init__(self, database: Database, files: FileStore, work_dir: Path) -> None:
        self._database = database
        self._files = files
        self._work_dir = work_dir
        self._scheduled: set[tuple[str, int]] = set()

    def schedule(self, task_id: str, attempt: int) -> None:
        """Leave the artifacts of an attempt to `retry` until `clean_attempt` has removed them."""
        if len(self._scheduled) < MAX_SCHEDULED:
            self._scheduled.add((task_id, attempt))

    async def clean_attempt(self, task_id: str, attempt: int, now: Task | None) -> bool:
        """Remove the artifacts of an ended attempt; the video that completed the task `now` is kept. False when the
        storage is unavailable.
        """
        completed = now is not None and now.status is Status.COMPLETED and now.attempt == attempt
        with bind_task(task_id, attempt):
            try:
                async with asyncio.timeout(DISCARD_SECONDS):
                    if completed:
                        await self._files.remove(preview_key(task_id, attempt))
                    else:
                        await self._files.delete(artifact_folder(task_id, attempt))
                    for run in _gone_streams(now):
                        await self._files.delete(stream_folder(task_id, run))
                    if now is not None and (stream := _kept_stream(now)) is not None:
                        await self._files.keep_only(stream_folder(task_id, now.run), stream.files)
            except (OSError, TimeoutError) as error:
                log.warning("the attempt's files stay for now: %s", error)
                self.schedule(task_id, attempt)
                return False
        await self._clear(task_id, attempt)
        return True

    async def _clear(self, task_id: str, attempt: int) -> None:
        self._scheduled.discard((task_id, attempt))
        await asyncio.to_thread(attempt_cleanup.clear_attempt, self._work_dir / task_id / str(attempt))

    async def retry(self) -> None:
        """Remove scheduled artifacts, up to the first failure. Raises `StoreUnavailable`."""
        for task_id, attempt in sorted(self._scheduled):
            now = await self._now(task_id)
            if _over(now, attempt) and not await self.clean_attempt(task_id, attempt, now):
                return

    async def clean_earlier(self, task: Task) -> None:
        """Remove the artifacts of all attempts before the current one of the task, wherever they ran."""
        for number in range(1, task.attempt):
            await self.clean_attempt(task.id, number, task)

    async def clean_all(self, task: Task) -> None:
        """Remove the artifacts of all attempts of a task without another attempt to follow."""
        for number in range(1, task.attempt + 1):
            await self.clean_attempt(task.id, number, task)

    async def clean_dead(self, attempts: Iterable[tuple[str, int]]) -> None:
        """Remove the artifacts of an earlier process's attempts, given as task ids and numbers. Raises
        `StoreUnavailable`.

        The artifacts of a current attempt are left to its successor, or to the worker that it assisted.
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


def _gone_streams(now: Task | None) -> range:
    """The runs of a task whose streams are to be removed: the one before, and one that ended without a whole stream.
    The removal of a task removes its whole folder.
    """
    if now is None:
        return range(0)
    return range(max(1, now.run - 1), now.run + (now.status.final and _kept_stream(now) is None))


def _kept_stream(now: Task) -> Stream | None:
    """The stream of a completed task. Fragments that lost workers stored and never announced do not belong to it."""
    return Stream.stored(now.stream, now.run) if now.status is Status.COMPLETED else None


def _over(now: Task | None, attempt: int) -> bool:
    """Whether the attempt is no longer the current one of the task."""
    return now is None or now.status.final or now.attempt > attempt
