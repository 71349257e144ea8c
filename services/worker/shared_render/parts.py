"""Parts of a shared video: rules and storage for coordinator and assistants.

The worker that owns the task coordinates: its renderer announces the parts, and it assigns them. Idle workers assist
(see `assistant`). Parts travel through the file storage; their rows hold the assignment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import patiently
from services.errors import StoreUnavailable
from services.files.beneath import create_beneath, open_beneath
from services.files.store import FileStore
from services.store import parts
from services.store.database import Database
from services.store.parts import Part, PartStatus
from services.store.records import MAX_LOSSES
from services.telemetry.traces import NO_TRACES, Traces
from services.worker.publish import size_and_sha256
from services.worker.registry import WorkerRegistry

POLL_SECONDS = 1.0
"""Interval at which the rows of parts are read."""
DISCARD_SECONDS = 5.0
MIN_TAKEOVER_SECONDS = 60.0
TAKEOVER_FACTOR = 3.0
FOLDER = "parts"
"""Folder of parts in the file storage, with a folder for each task."""
Found = TypeVar("Found")


def next_for_coordinator(rows: Iterable[Part]) -> Part | None:
    """The next part for the coordinator: the first open one, else the first that is only reserved."""
    waiting = [part for part in rows if part.status in (PartStatus.OPEN, PartStatus.RESERVED)]
    return min(waiting, key=lambda part: (part.status is PartStatus.RESERVED, part.number), default=None)


def next_for_assistant(rows: Iterable[Part]) -> Part | None:
    """The next part for an assistant: the last open one, since the coordinator begins at the front."""
    waiting = [part for part in rows if part.status is PartStatus.OPEN and part.losses < MAX_LOSSES]
    return max(waiting, key=lambda part: part.number, default=None)


def is_overdue(seconds: float, slowest_seconds: float) -> bool:
    """Whether an idle coordinator takes a part over after `seconds`, given the slowest of its own parts."""
    return seconds > max(MIN_TAKEOVER_SECONDS, TAKEOVER_FACTOR * slowest_seconds)


def key_of(part: Part) -> str:
    """The key of the upload of a claim; no two claims share one."""
    return f"{FOLDER}/{part.task_id}/{part.attempt}-{part.number}-{part.fencing_token}.mp4"


class PartStore:
    """Rows and files of parts. An unavailable database is waited for."""

    def __init__(
        self, database: Database, files: FileStore, registry: WorkerRegistry, traces: Traces = NO_TRACES
    ) -> None:
        self.database = database
        self.files = files
        self.traces = traces
        self.worker = registry.me.id

    async def _write(self, change: Callable[[AsyncConnection], Awaitable[Found]]) -> Found:
        async def write() -> Found:
            async with self.database.write(serialized=False) as connection:
                return await change(connection)

        return await patiently(write)

    async def of_task(self, task_id: str) -> list[Part]:
        """The parts of the task, ordered by number."""

        async def read() -> list[Part]:
            async with self.database.read() as connection:
                return await parts.of_task(connection, task_id)

        return await patiently(read)

    async def claim(self, part: Part, status: PartStatus) -> Part | None:
        """Claim the part for this worker; None when another was faster."""
        return await self._write(lambda connection: parts.claim(connection, part, self.worker, status))

    async def begin(self, part: Part) -> Part | None:
        """Mark a reserved part as running. None when it was assigned to another worker."""
        return await self._write(lambda connection: parts.begin(connection, part))

    async def advance(self, part: Part, frames_done: int) -> bool:
        """Store the number of rendered frames. False when the part was assigned to another worker. Raises
        `StoreUnavailable` without retries.
        """
        async with self.database.write(serialized=False) as connection:
            return await parts.advance(connection, part, frames_done) is not None

    async def release(self, part: Part, *, lost: bool = False) -> None:
        """Reopen the part."""
        await self._write(lambda connection: parts.release(connection, part, lost=lost))

    async def made(self, part: Part) -> Part | None:
        """Mark the part as done, with a local file. None when it was assigned to another worker."""
        return await self._write(lambda connection: parts.finish(connection, part, None))

    async def upload(self, part: Part, path: Path, within: Path | None = None) -> bool:
        """Upload the file, which must lie `within` the folder of the attempt, and mark the part as done. False, without
        an upload, when the part was assigned to another worker meanwhile. Raises `OSError`.
        """
        key = key_of(part)
        with await asyncio.to_thread(open_beneath, within or path.parent, str(path)) as file:
            size_bytes, sha256 = await asyncio.to_thread(size_and_sha256, file)
            await self.files.put(key, file)
        stored = key, size_bytes, sha256
        if await self._write(lambda connection: parts.finish(connection, part, stored)) is None:
            await self.discard(part)
            return False
        return True

    async def discard(self, part: Part) -> None:
        """Remove the upload of this claim, if there is one."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                await self.files.remove(key_of(part))

    async def fetch(self, part: Part, target: Path) -> None:
        """Download a finished part to a new file. Raises `OSError`, also when size or SHA-256 differ."""
        with await asyncio.to_thread(create_beneath, target.parent, target.name) as file:
            await self.files.get(part.key or "", file)
            if await asyncio.to_thread(size_and_sha256, file) != (part.size_bytes, part.sha256):
                raise OSError(f"{part.key} is not the file that was stored")

    async def forget(self, task_id: str) -> None:
        """Remove the parts of the task, now or in the next sweep of the maintenance."""
        with suppress(StoreUnavailable, OSError):
            await forget(self.database, self.files, task_id)


async def forget(database: Database, files: FileStore, task_id: str) -> None:
    """Remove the parts of an ended task. Raises `StoreUnavailable` and `OSError`, with the rows still there.

    The fencing tokens are invalidated first, so that a later upload is removed by its worker.
    """
    async with database.write(serialized=False) as connection:
        await parts.end(connection, task_id)
    await files.delete(f"{FOLDER}/{task_id}")
    async with database.write(serialized=False) as connection:
        await parts.remove(connection, task_id)
