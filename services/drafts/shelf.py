"""Drafts that callers have brought themselves: kept for some days, so that they can be fetched like any other."""

import asyncio
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.drafts.folder import DraftFolder
from services.drafts.unpack import UnpackLimits, disk_full
from services.drafts.unpacking import unpack_apart
from services.errors import Bilingual, InvalidInput, QueueFull, UploadTooLarge

AT_ONCE = 4
"""Drafts that are taken in at the same time; more are refused."""
SWEEP_SECONDS = 600
SPARE_BYTES = 1_000_000_000
"""What must be left on the disk."""
BUFFER_BYTES = 1 << 20
IDLE_SECONDS = 60.0
"""How long a caller may send nothing."""
_ID = re.compile(r"[0-9a-f]{32}")
_COMING = "coming-"


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft on the shelf, and when it is taken off (UTC milliseconds)."""

    draft_id: str
    expires_at_ms: int


class Shelf:
    """Keeps drafts in folders of one folder. Who knows a draft's id, which cannot be guessed, may read it."""

    def __init__(self, folder: Path, limits: UnpackLimits, keep_seconds: int) -> None:
        self._folder = folder
        self._limits = limits
        self._keep_seconds = keep_seconds
        self._coming = 0

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Take off what has expired, as long as the block lasts."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping

    async def put(self, zipped: AsyncGenerator[bytes]) -> KeptDraft:
        """Keep the draft that a zip holds. Raises `InvalidInput`, `UploadTooLarge`, or `QueueFull`.

        `zipped` is the zip's bytes as they come; it is closed in any case.
        """
        if self._coming >= AT_ONCE:
            raise QueueFull(
                Bilingual(
                    f"{self._coming} drafts are being taken in; try again shortly.",
                    f"正在接收 {self._coming} 个草稿，请稍后再试。",
                )
            )
        self._coming += 1
        try:
            async with aclosing(zipped):
                return await self._put(zipped)
        finally:
            self._coming -= 1

    async def _put(self, zipped: AsyncGenerator[bytes]) -> KeptDraft:
        room = await asyncio.to_thread(self._room)
        work = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_COMING, dir=self._folder))
        try:
            size = await self._receive(zipped, work / "zip", min(self._limits.total_bytes, room))
            limits = UnpackLimits(self._limits.file_bytes, min(self._limits.total_bytes, room - size))
            draft_id = uuid.uuid4().hex
            draft = work / "draft"
            await asyncio.to_thread(draft.mkdir)
            await unpack_apart(work / "zip", draft, limits)
            await asyncio.to_thread(draft.rename, self._folder / draft_id)
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, work, ignore_errors=True))
        return KeptDraft(draft_id, int((time.time() + self._keep_seconds) * 1000))

    def _room(self) -> int:
        """How many bytes may be written, one at least. Raises `UploadTooLarge` when the disk is nearly full."""
        room = shutil.disk_usage(self._folder).free - SPARE_BYTES
        if room <= 0:
            raise disk_full()
        return room

    async def _receive(self, zipped: AsyncGenerator[bytes], file: Path, most: int) -> int:
        """Write the zip to the disk as it comes; gives its size."""
        size, buffer = 0, bytearray()
        with await asyncio.to_thread(file.open, "wb") as target:
            while chunk := await _next(zipped):
                size += len(chunk)
                if size > most:
                    raise UploadTooLarge(
                        Bilingual(f"The zip is larger than {most} bytes.", f"该 zip 超过 {most} 字节。")
                    )
                buffer += chunk
                if len(buffer) >= BUFFER_BYTES:
                    await asyncio.to_thread(target.write, bytes(buffer))
                    buffer.clear()
            await asyncio.to_thread(target.write, bytes(buffer))
        return size

    def files(self, draft_id: str) -> tuple[str, ...] | None:
        """The files of a draft: paths below its folder, with `/`, sorted; None when it is not kept."""
        folder = self.folder(draft_id)
        if folder is None:
            return None
        return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))

    def folder(self, draft_id: str) -> Path | None:
        """The folder of a draft; None when it is not kept."""
        folder = self._folder / draft_id
        return folder if _ID.fullmatch(draft_id) and folder.is_dir() and not self._expired(folder) else None

    def file(self, draft_id: str, path: str) -> Path | None:
        """A file of a draft by its path below its folder; None when there is none, whatever the path holds."""
        folder = self.folder(draft_id)
        return DraftFolder(folder).inside(path) if folder is not None else None

    async def _sweep(self) -> None:
        while True:
            await asyncio.to_thread(self._take_off)
            await asyncio.sleep(SWEEP_SECONDS)

    def _take_off(self) -> None:
        """Remove what has expired, and what was left half done a day ago."""
        for folder in self._folder.iterdir():
            if (_ID.fullmatch(folder.name) or folder.name.startswith(_COMING)) and self._expired(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _expired(self, folder: Path) -> bool:
        try:
            return folder.stat().st_mtime + self._keep_seconds < time.time()
        except FileNotFoundError:
            return True


async def _next(zipped: AsyncGenerator[bytes]) -> bytes:
    """The next bytes; none at the end. Raises `InvalidInput` when nothing comes for a while."""
    try:
        while not (chunk := await asyncio.wait_for(anext(zipped), IDLE_SECONDS)):
            continue
    except StopAsyncIteration:
        return b""
    except TimeoutError:
        raise InvalidInput(
            Bilingual(
                f"Nothing came for {IDLE_SECONDS:.0f} s; send the zip again.",
                f"{IDLE_SECONDS:.0f} 秒内没有收到数据，请重新发送。",
            )
        ) from None
    return chunk
