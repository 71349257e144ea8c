"""Kept chunks in S3, where all workers find them: the folders on their disks hold those that they made or used.

The database lists the files with their sizes and last use, so that no bucket is listed and no missing file requested.
Nothing of this fails a render: what cannot be had is rendered again.
"""

import asyncio
import json
import logging
import os
import shutil
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NoReturn, TypeAlias

from services.background import background
from services.clock import now_ms
from services.errors import StoreUnavailable
from services.exporter_protocol.lines import KeptLine, WantedLine
from services.exporter_protocol.request import KEEP_FREE_BYTES
from services.files.beneath import create_beneath, open_beneath
from services.files.store import FileStore
from services.settings import Settings
from services.store import kept
from services.store.database import Database
from services.store.kept import KeptFile
from services.worker.kept import FOLDER, keeps, oldest_seconds, owner_digest, superfluous
from services.worker.part_protocol import CHILD_GONE
from services.worker.publish import size_and_sha256

log = logging.getLogger(__name__)

FETCH_SECONDS = 20.0
"""Maximum time of a download, for which a render waits."""
UPLOAD_SECONDS = 120.0
PAUSE_SECONDS = 60.0
"""Time without further attempts after the storage or the database has failed."""
MAX_WAITING = 10_000
"""Lines that wait; a render has some hundred chunks, and asks for as many at once as the machine has cores."""
USE_MS = 3600 * 1000
"""Precision of the last use, and the maximum time between the entry of a file in the list and the end of its upload."""
BATCH = 1000
OnLine: TypeAlias = Callable[[WantedLine | KeptLine], None]


def key_of(file: KeptFile) -> str:
    """The key of the file in the storage: one folder per owner."""
    return f"{FOLDER}/{file.owner}/{file.key}-{file.checksum}"


class KeptStore:
    """The kept files of all owners in the storage."""

    def __init__(self, database: Database, files: FileStore, settings: Settings) -> None:
        self._database = database
        self._files = files
        self._settings = settings
        self._reported: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MAX_WAITING)
        self._again_at = 0.0
        self._failing = False

    @property
    def used(self) -> bool:
        """Whether finished files go to the storage: where that is S3. A folder would hold them twice on one disk."""
        return keeps(self._settings) and self._files.remote

    def of(self, owner: str) -> "OwnersKept | None":
        """The kept files of an owner; None where none are in the storage."""
        return OwnersKept(self, owner_digest(owner)) if self.used else None

    async def run(self) -> NoReturn:
        """Upload what renders report; the renders do not wait for it."""
        while True:
            owner, name = await self._reported.get()
            await self._try(UPLOAD_SECONDS, self._report(owner, name))
            self._reported.task_done()

    async def uploaded(self) -> None:
        """Wait until nothing is left to upload."""
        await self._reported.join()

    def report(self, owner: str, name: str) -> None:
        """Take the name of a file that a render made or used."""
        with suppress(asyncio.QueueFull):
            self._reported.put_nowait((owner, name))

    async def fetch(self, owner: str, key: str) -> None:
        """Download a file to the owner's folder, if it is in the storage and can be had in time."""
        await self._try(FETCH_SECONDS, self._fetch(owner, key))

    async def evict(self) -> None:
        """Remove files as `services.worker.kept.evict` does. Raises `StoreUnavailable` and `OSError`."""
        if not self._files.remote:
            return
        async with self._database.read() as connection:
            total_bytes = await kept.total_bytes(connection)
            files = await kept.least_used(connection, BATCH)
        uses = [(file.used_at_ms / 1000, file.size_bytes, file) for file in files]
        most_bytes = self._settings.keep_parts_bytes
        removed = [*superfluous(uses, total_bytes, most_bytes, oldest_seconds(self._settings, now_ms() / 1000))]
        for _, _, file in removed:
            await self._remove(file)
        if len(removed) == BATCH:
            await self.evict()

    async def _try(self, seconds: float, work: Coroutine[None, None, None]) -> None:
        """Do the work, except within `PAUSE_SECONDS` after a failure. The first one in a row is logged."""
        if monotonic() < self._again_at:
            return work.close()
        try:
            async with asyncio.timeout(seconds):
                await work
        except (OSError, StoreUnavailable) as error:  # a timeout is an `OSError`
            self._again_at = monotonic() + PAUSE_SECONDS
            if not self._failing:
                why = str(error).partition("\n")[0] or "no answer in time"
                log.warning("kept parts are out of reach, more is rendered than needed: %s", why)
            self._failing = True
        else:
            self._failing = False
        return None

    async def _report(self, owner: str, name: str) -> None:
        key, _, checksum = name.partition("-")
        try:
            made = await asyncio.to_thread(open_beneath, self._folder(owner), name, self._settings.keep_parts_bytes)
        except OSError:
            return  # evicted meanwhile
        with made:
            size_bytes = os.fstat(made.fileno()).st_size
            file = KeptFile(owner=owner, key=key, checksum=checksum, size_bytes=size_bytes, used_at_ms=now_ms())
            if not await self._listed(file):
                return
            try:
                await self._files.put(key_of(file), made)
            except BaseException:
                await asyncio.shield(self._unlist(file))
                raise

    async def _listed(self, file: KeptFile) -> bool:
        """List the file before its upload: what is not listed would never be removed. False when it was listed
        before.
        """
        async with self._database.write() as connection:
            found = await kept.find(connection, file.owner, file.key)
            if found is None:
                await kept.add(connection, file)
            elif file.used_at_ms - found.used_at_ms > USE_MS:
                await kept.used(connection, found, file.used_at_ms)
        return found is None

    async def _fetch(self, owner: str, key: str) -> None:
        async with self._database.read() as connection:
            file = await kept.find(connection, owner, key)
        if file is None:
            return
        try:
            await self._download(file)
        except FileNotFoundError:
            if now_ms() - file.used_at_ms > USE_MS:  # else it may be on its way
                await self._remove(file)

    async def _download(self, file: KeptFile) -> None:
        """Download the file. Raises `FileNotFoundError` where it is not as it was stored."""
        folder, coming = self._folder(file.owner), f"{uuid.uuid4().hex}.coming"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < KEEP_FREE_BYTES + file.size_bytes:
            return
        try:
            with await asyncio.to_thread(create_beneath, folder, coming) as target:
                await self._files.get(key_of(file), target)
                size_bytes, sha256 = await asyncio.to_thread(size_and_sha256, target)
            if size_bytes != file.size_bytes or not sha256.startswith(file.checksum):
                await self._remove(file)
                return
            (folder / coming).replace(folder / f"{file.key}-{file.checksum}")
        finally:
            (folder / coming).unlink(missing_ok=True)

    async def _remove(self, file: KeptFile) -> None:
        await self._files.remove(key_of(file))
        await self._unlist(file)

    async def _unlist(self, file: KeptFile) -> None:
        async with self._database.write() as connection:
            await kept.remove(connection, file)

    def _folder(self, owner: str) -> Path:
        return self._settings.data_dir / FOLDER / owner


@dataclass(frozen=True, slots=True)
class OwnersKept:
    """The kept files of one owner, for a renderer."""

    store: KeptStore
    owner: str

    @asynccontextmanager
    async def answering(self, stdin: asyncio.StreamWriter) -> AsyncGenerator[OnLine]:
        """Answer the renderer's requests for kept files while the block lasts; it takes the lines."""
        wanted: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)

        def on_line(line: WantedLine | KeptLine) -> None:
            if isinstance(line, WantedLine):
                wanted.put_nowait(line.wanted)
            else:
                self.store.report(self.owner, line.kept)

        async with background("kept parts", self._answer(wanted, stdin)):
            yield on_line

    async def _answer(self, wanted: asyncio.Queue[str], stdin: asyncio.StreamWriter) -> NoReturn:
        while True:
            key = await wanted.get()
            await self.store.fetch(self.owner, key)
            with suppress(*CHILD_GONE):
                stdin.write(json.dumps({"kept": key}).encode() + b"\n")
                await stdin.drain()
