"""Uploads: drafts that callers sent, kept for some days and fetched like any other draft."""

import asyncio
import re
import shutil
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from services.access.fair_slots import FairSlots
from services.access.limits import QuotaExceeded
from services.background import background
from services.clock import SteadyClock
from services.drafts.folder import DraftFolder
from services.drafts.uploads.quota import STEP_BYTES, DiskBudget, OwnerUsage, disk_full
from services.drafts.uploads.unpack import UnpackLimits
from services.drafts.uploads.unpack_process import unpack_in_process
from services.errors import Bilingual, InvalidInput, UploadTooLarge, is_disk_full
from services.http.rate import MinimumRate
from services.work_folders import clear_abandoned, scratch_folder

MAX_CONCURRENT = 4
"""Uploads received at once; more are refused."""
MAX_CONCURRENT_PER_OWNER = 2
"""Uploads of one owner received at once."""
SWEEP_SECONDS = 600
MIN_FREE_BYTES = 1_000_000_000
"""Bytes that stay free on the disk."""
BUFFER_BYTES = 1 << 20
IDLE_SECONDS = 60.0
"""The longest pause between two pieces of an upload."""
TIMEOUT_SECONDS = 3600.0
"""The longest time for the receipt of an upload."""
_ID = re.compile(r"[0-9a-f]{32}")
_PARTIAL = "coming-"


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload and its expiry (UTC milliseconds)."""

    draft_id: str
    expires_at_ms: int


class Uploads:
    """The uploads, each in a folder named by its id. The id cannot be guessed and grants access to the draft.

    `min_free_bytes` stay free on the disk, however many uploads arrive at once.
    """

    def __init__(
        self,
        folder: Path,
        limits: UnpackLimits,
        keep_seconds: int,
        *,
        min_free_bytes: int = MIN_FREE_BYTES,
        rate: Callable[[], MinimumRate] = MinimumRate,
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._keep_seconds = keep_seconds
        self._min_free_bytes = min_free_bytes + MAX_CONCURRENT * STEP_BYTES
        self._rate = rate
        self._slots = FairSlots(Bilingual("uploads", "上传"), MAX_CONCURRENT, share=MAX_CONCURRENT_PER_OWNER)
        self._granted = Counter[str]()
        """By owner: the bytes granted to uploads in progress."""
        self._owners = OwnerUsage(folder / "owners")
        self._clock = SteadyClock()

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Remove expired uploads while the block lasts, after the remains of killed processes."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(clear_abandoned, self._folder, _PARTIAL)
        async with background("uploads", self._sweep()):
            yield

    async def put(self, owner: str, zipped: AsyncGenerator[bytes]) -> Upload:
        """Store a draft. Raises `InvalidInput`, `UploadTooLarge`, `QueueFull`, `QuotaExceeded` or `DiskFull`.

        `owner` is the owner as counted by limits, empty for none. `zipped` are the zip's bytes as they arrive; it is
        closed in any case.
        """
        try:
            async with aclosing(zipped), self._slots.slot(owner):
                used = await asyncio.to_thread(self._owners.used, owner) if owner else 0
                left = await asyncio.to_thread(DiskBudget(self._folder, self._min_free_bytes).available)
                with self._share(owner, used, left) as most:
                    return await self._put(owner, zipped, most)
        except OSError as error:
            if is_disk_full(error):
                raise disk_full() from error
            raise

    @contextmanager
    def _share(self, owner: str, used: int, left: int) -> Generator[int]:
        """The largest size of an upload in bytes. All uploads of a named owner take no more of the disk than they leave
        free. Raises `QuotaExceeded`.
        """
        taken = used + self._granted[owner]
        most = min(self._limits.total_bytes, (left - taken) // 2 if owner else left)
        if most <= 0:
            raise QuotaExceeded(
                Bilingual(
                    f"Your drafts take {taken} bytes of the disk; the {left} bytes left are for others. "
                    f"Wait: each draft is removed {self._keep_seconds // 3600} hours after its upload.",
                    f"您的草稿已占用 {taken} 字节，剩余的 {left} 字节留给其他用户。"
                    f"请稍候：每份草稿在上传 {self._keep_seconds // 3600} 小时后自动删除。",
                )
            )
        self._granted[owner] += most
        try:
            yield most
        finally:
            self._granted[owner] -= most
            if not self._granted[owner]:
                del self._granted[owner]

    async def _put(self, owner: str, zipped: AsyncGenerator[bytes], most: int) -> Upload:
        async with scratch_folder(self._folder, _PARTIAL) as work:
            await self._receive(zipped, work / "zip", DiskBudget(work, self._min_free_bytes, most))
            draft_id, draft = uuid.uuid4().hex, work / "draft"
            await asyncio.to_thread(draft.mkdir)
            await unpack_in_process(
                work / "zip", draft, replace(self._limits, min_free_bytes=self._min_free_bytes, budget_bytes=most)
            )
            await asyncio.to_thread(self._keep, owner, draft_id, draft)
        return Upload(draft_id, int((self._clock.seconds() + self._keep_seconds) * 1000))

    def _keep(self, owner: str, draft_id: str, draft: Path) -> None:
        size = sum(path.stat().st_size for path in draft.rglob("*") if path.is_file())
        draft.rename(self._folder / draft_id)
        if owner:
            self._owners.add(owner, draft_id, size)

    async def _receive(self, zipped: AsyncGenerator[bytes], file: Path, room: DiskBudget) -> None:
        """Write the zip to the disk as it arrives."""
        limit, size, buffer = self._limits.total_bytes, 0, bytearray()
        with await asyncio.to_thread(file.open, "wb") as target:
            async with aclosing(_timed_chunks(zipped, self._rate())) as chunks:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise UploadTooLarge(
                            Bilingual(
                                f"The zip is larger than the limit of {limit} bytes.",
                                f"该 zip 超过 {limit} 字节的上限。",
                            )
                        )
                    buffer += chunk
                    if len(buffer) >= BUFFER_BYTES:
                        await asyncio.to_thread(_append, target, bytes(buffer), room)
                        buffer.clear()
            await asyncio.to_thread(_append, target, bytes(buffer), room)

    def files(self, draft_id: str) -> tuple[str, ...] | None:
        """The sorted paths of a draft's files relative to its folder; None for an unknown or expired draft."""
        folder = self.folder(draft_id)
        if folder is None:
            return None
        return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))

    def folder(self, draft_id: str) -> Path | None:
        """The folder of a draft; None for an unknown or expired one."""
        folder = self._folder / draft_id
        return folder if _ID.fullmatch(draft_id) and folder.is_dir() and not self._expired(folder) else None

    def file(self, draft_id: str, path: str) -> Path | None:
        """A file of a draft by its path relative to the draft's folder; None when there is none in that folder."""
        folder = self.folder(draft_id)
        return DraftFolder(folder).inside(path) if folder is not None else None

    async def _sweep(self) -> None:
        while True:
            await asyncio.to_thread(self._remove_expired)
            await asyncio.sleep(SWEEP_SECONDS)

    def _remove_expired(self) -> None:
        """Remove expired uploads."""
        for folder in self._folder.iterdir():
            if _ID.fullmatch(folder.name) and self._expired(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self._owners.prune(lambda draft_id: (self._folder / draft_id).is_dir())

    def _expired(self, folder: Path) -> bool:
        try:
            return folder.stat().st_mtime + self._keep_seconds < self._clock.seconds()
        except FileNotFoundError:
            return True


def _append(target: IO[bytes], data: bytes, room: DiskBudget) -> None:
    room.take(len(data))
    target.write(data)


async def _timed_chunks(zipped: AsyncGenerator[bytes], rate: MinimumRate) -> AsyncGenerator[bytes]:
    """The chunks of an upload. Raises `InvalidInput` after a long pause, or when they arrive too slowly."""
    clock = asyncio.get_running_loop().time
    ends = clock() + TIMEOUT_SECONDS
    while True:
        try:
            chunk = await asyncio.wait_for(anext(zipped), min(IDLE_SECONDS, max(0.0, ends - clock())))
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise _too_slow() from None
        if not rate.fast_enough(len(chunk)):
            raise _too_slow()
        yield chunk


def _too_slow() -> InvalidInput:
    return InvalidInput(
        Bilingual(
            "The zip arrived too slowly, or its transfer paused too long. Send it again.",
            "zip 传输过慢，或中断时间过长，请重新发送。",
        )
    )
