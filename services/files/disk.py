"""Disk space: the usage of a disk, and the budget of writers that must leave some of it free."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from services.errors import Bilingual, DiskFull

STEP_BYTES = 64 << 20
"""Bytes that one writer writes between two checks of the disk."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk's space in bytes."""

    free_bytes: int
    total_bytes: int


async def disk_of(folder: Path) -> Disk:
    """The space of the disk of an existing folder."""
    usage = await asyncio.to_thread(shutil.disk_usage, folder)
    return Disk(usage.free, usage.total)


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
