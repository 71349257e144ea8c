"""Disk space of uploads: the usage of each owner, and the budget of a writer that must leave some of it free."""

import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from services.errors import Bilingual, DiskFull

STEP_BYTES = 64 << 20
"""Bytes that one writer writes between two checks of the disk."""


class OwnerUsage:
    """The usage, stored as an empty file `OWNER_HASH/DRAFT_ID.BYTES` for each upload. All methods block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def used(self, owner: str) -> int:
        """Bytes of the owner's uploads."""
        return sum(int(mark.suffix[1:]) for mark in self._of(owner).glob("*.*"))

    def add(self, owner: str, draft_id: str, size: int) -> None:
        """Count an upload of `size` bytes for the owner."""
        self._of(owner).mkdir(parents=True, exist_ok=True)
        (self._of(owner) / f"{draft_id}.{size}").touch()

    def prune(self, exists: Callable[[str], bool]) -> None:
        """Remove the uploads for which `exists(draft_id)` is false."""
        for mark in self._folder.glob("*/*.*"):
            if not exists(mark.stem):
                mark.unlink(missing_ok=True)
                with suppress(OSError):
                    mark.parent.rmdir()  # only when it is empty

    def _of(self, owner: str) -> Path:
        return self._folder / hashlib.sha256(owner.encode()).hexdigest()[:32]


class DiskBudget:
    """The bytes that one writer may write: at most `most`, and `min_free_bytes` stay free.

    The disk itself is checked before every `STEP_BYTES`, as other programs write to it too. With several writers,
    `min_free_bytes` must include a step for each of them.
    """

    def __init__(self, folder: Path, min_free_bytes: int, most: int | None = None) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._most = most
        self._granted = 0

    def available(self) -> int:
        """Bytes that may be written, at least 1. Raises `DiskFull`. Blocks."""
        available = shutil.disk_usage(self._folder).free - self._min_free_bytes
        if available <= 0:
            raise disk_full()
        return available

    def take(self, size: int) -> None:
        """Reserve `size` bytes, at most `STEP_BYTES`, before they are written. Raises `DiskFull`. Blocks."""
        if self._most is not None:
            self._most -= size
            if self._most < 0:
                raise disk_full()
        if size > self._granted:
            self.available()
            self._granted = STEP_BYTES
        self._granted -= size


def disk_full() -> DiskFull:
    """The error of an upload for which there is no space now."""
    return DiskFull(
        Bilingual(
            "The server's disk is nearly full, or your share of it is used up. Try again later.",
            "服务器磁盘即将写满，或您的磁盘份额已用尽，请稍后再试。",
        )
    )
