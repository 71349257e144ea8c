"""One long video by several workers: what both sides of it need.

The worker that holds the task coordinates: its renderer says which parts there are, and it gives them out. Idle
workers assist (see `assistant`). Parts travel through the file storage; their rows say who makes which.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StoreUnavailable
from services.files.beneath import create_beneath, open_beneath
from services.files.store import FileStore
from services.store import parts
from services.store.database import Database
from services.store.parts import Part, PartStatus
from services.telemetry.traces import NO_TRACES, Traces
from services.worker.publish import size_and_sha256
from services.worker.registry import WorkerRegistry

POLL_SECONDS = 1.0
"""How often the rows of parts are looked at."""
DISCARD_SECONDS = 5.0
MIN_TAKEOVER_SECONDS = 60.0
TAKEOVER_FACTOR = 3.0
FOLDER = "parts"
"""Where parts lie in the storage, in a folder for each task."""
Found = TypeVar("Found")


def next_for_coordinator(rows: Iterable[Part]) -> Part | None:
    """The part that the leader makes next: the first that nobody makes, else one that is only promised."""
    waiting = [part for part in rows if part.status in (PartStatus.OPEN, PartStatus.RESERVED)]
    return min(waiting, key=lambda part: (part.status is PartStatus.RESERVED, part.number), default=None)


def next_for_assistant(rows: Iterable[Part]) -> Part | None:
    """The part that a helper makes next: the last that is open, since the leader comes from the beginning."""
    waiting = [part for part in rows if part.status is PartStatus.OPEN and part.losses < parts.MAX_LOSSES]
    return max(waiting, key=lambda part: part.number, default=None)


def is_overdue(seconds: float, slowest_seconds: float) -> bool:
    """Whether a helper has been at a part for longer than an idle leader waits, whose own slowest part took so long."""
    return seconds > max(MIN_TAKEOVER_SECONDS, TAKEOVER_FACTOR * slowest_seconds)


def key_of(part: Part) -> str:
    """Where a claim's file is stored. No two claims share a key."""
    return f"{FOLDER}/{part.task_id}/{part.attempt}-{part.number}-{part.fencing_token}.mp4"


class PartStore:
    """Rows and files of parts. A database that is away is waited for as long as the crew counts on this worker."""

    def __init__(
        self, database: Database, files: FileStore, registry: WorkerRegistry, traces: Traces = NO_TRACES
    ) -> None:
        self.database = database
        self.files = files
        self.traces = traces
        self.worker = registry.me.id
        self.registry = registry

    async def _note(self, change: Callable[[AsyncConnection], Awaitable[Found]]) -> Found:
        async def write() -> Found:
            async with self.database.write(serialized=False) as connection:
                return await change(connection)

        return await self.registry.patiently(write)

    async def of_task(self, task_id: str) -> list[Part]:
        """The task's parts."""

        async def read() -> list[Part]:
            async with self.database.read() as connection:
                return await parts.of_task(connection, task_id)

        return await self.registry.patiently(read)

    async def claim(self, part: Part, status: PartStatus) -> Part | None:
        """The part, ours now; None when somebody was faster."""
        return await self._note(lambda connection: parts.claim(connection, part, self.worker, status))

    async def begin(self, part: Part) -> Part | None:
        """What was promised is being made. None when it was given to another."""
        return await self._note(lambda connection: parts.begin(connection, part))

    async def advance(self, part: Part, frames_done: int) -> bool:
        """So many of its frames are out. False when it was given to another. Raises `StoreUnavailable` at once."""
        async with self.database.write(serialized=False) as connection:
            return await parts.advance(connection, part, frames_done) is not None

    async def release(self, part: Part, *, lost: bool = False) -> None:
        """Somebody else may make it."""
        await self._note(lambda connection: parts.release(connection, part, lost=lost))

    async def made(self, part: Part) -> Part | None:
        """The part is made, and lies with us. None when it was given to another."""
        return await self._note(lambda connection: parts.finish(connection, part, None))

    async def upload(self, part: Part, path: Path, within: Path | None = None) -> bool:
        """Store the file, which must lie `within` the attempt's folder, and say so. False, and nothing stored, when
        the part was given to another meanwhile. Raises `OSError`.
        """
        key = key_of(part)
        with await asyncio.to_thread(open_beneath, within or path.parent, str(path)) as file:
            size_bytes, sha256 = await asyncio.to_thread(size_and_sha256, file)
            await self.files.put(key, file)
        stored = key, size_bytes, sha256
        if await self._note(lambda connection: parts.finish(connection, part, stored)) is None:
            await self.discard(part)
            return False
        return True

    async def discard(self, part: Part) -> None:
        """The file of this claim, if there is one, is of no use."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                await self.files.remove(key_of(part))

    async def fetch(self, part: Part, target: Path) -> None:
        """Write a part that is made and stored to a new file. Raises `OSError`, also when it is not what was stored."""
        with await asyncio.to_thread(create_beneath, target.parent, target.name) as file:
            await self.files.get(part.key or "", file)
            if await asyncio.to_thread(size_and_sha256, file) != (part.size_bytes, part.sha256):
                raise OSError(f"{part.key} is not the file that was stored")

    async def forget(self, task_id: str) -> None:
        """Nobody needs the task's parts any more: they are removed, now or when the keeper sweeps."""
        with suppress(StoreUnavailable, OSError):
            await forget(self.database, self.files, task_id)


async def forget(database: Database, files: FileStore, task_id: str) -> None:
    """Remove the parts of a task that has ended. Raises `StoreUnavailable` and `OSError`, with the rows still there.

    The claims end first, so that whoever stores a part later removes it again.
    """
    async with database.write(serialized=False) as connection:
        await parts.end(connection, task_id)
    await files.delete(f"{FOLDER}/{task_id}")
    async with database.write(serialized=False) as connection:
        await parts.remove(connection, task_id)
