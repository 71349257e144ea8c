"""The files of parts: they travel through the file storage."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from services.errors import StoreUnavailable, out_of_disk
from services.files.beneath import create_beneath, open_beneath
from services.files.store import FileStore
from services.store import parts
from services.store.database import Database
from services.store.parts import Part, StoredFile
from services.worker.publish import put_patiently, size_and_sha256

log = logging.getLogger(__name__)

DISCARD_SECONDS = 5.0
DOWNLOADS = 4
FOLDER = "parts"
"""Folder of parts in the file storage, with a folder for each task."""


def key_of(part: Part) -> str:
    """The key of the upload of a job; no two jobs share one."""
    return f"{FOLDER}/{part.task_id}/{part.attempt}-{part.number}-{part.fence}.mp4"


async def upload(files: FileStore, part: Part, path: Path, within: Path) -> StoredFile:
    """Upload the file, which must lie `within` the folder of the attempt. Raises `OSError`."""
    with await asyncio.to_thread(open_beneath, within, str(path)) as file:
        size_bytes, sha256 = await asyncio.to_thread(size_and_sha256, file)
        await put_patiently(files, key_of(part), file)
    return StoredFile(key_of(part), size_bytes, sha256)


async def discard(files: FileStore, part: Part) -> None:
    """Remove the upload of this job, if there is one."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            await files.remove(key_of(part))


async def fetch(files: FileStore, part: Part, target: Path) -> None:
    """Download a finished part to a new file. Raises `OSError`, also when size or SHA-256 differ."""
    with await asyncio.to_thread(create_beneath, target.parent, target.name) as file:
        await files.get(part.key or "", file)
        if await asyncio.to_thread(size_and_sha256, file) != (part.size_bytes, part.sha256):
            raise OSError(f"{part.key} is not the file that was stored")


async def fetch_all(files: FileStore, wanted: Sequence[Part], folder: Path) -> tuple[dict[int, str], list[Part]]:
    """The files of parts, downloaded to `folder`, by their numbers, and the parts whose files cannot be read. Raises
    `OSError` for a full disk.
    """
    slots = asyncio.Semaphore(DOWNLOADS)
    found: dict[int, str] = {}
    unread: list[Part] = []

    async def one(part: Part) -> None:
        target = folder / f"part-{part.number}-{part.fence}.mp4"
        try:
            async with slots:
                await fetch(files, part, target)
            found[part.number] = str(target)
        except OSError as error:
            if out_of_disk(error):
                raise
            log.warning("part %d could not be downloaded: %s", part.number, error)
            unread.append(part)

    try:
        async with asyncio.TaskGroup() as group:
            for part in wanted:
                group.create_task(one(part))
    except* OSError as errors:
        raise errors.exceptions[0] from None
    return found, unread


async def forget(database: Database, files: FileStore, task_id: str) -> None:
    """Remove the parts of an ended task. Raises `StoreUnavailable` and `OSError`, with the rows still there.

    The fencing tokens are invalidated first, so that a later upload is removed by its worker.
    """
    async with database.write(serialized=False) as connection:
        await parts.end(connection, task_id)
    await files.delete(f"{FOLDER}/{task_id}")
    async with database.write(serialized=False) as connection:
        await parts.remove(connection, task_id)


async def try_to_forget(database: Database, files: FileStore, task_id: str) -> None:
    """Remove the parts of an ended task, now or in the next sweep of the maintenance."""
    with suppress(StoreUnavailable, OSError):
        await forget(database, files, task_id)
