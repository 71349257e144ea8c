"""The disk's room for what callers bring.

Nobody keeps a book of it, which others who write to the disk would not read. Whoever writes looks at the disk before
each step, and needs room for a step of everybody who may be writing.
"""

import shutil
from pathlib import Path

from services.errors import Bilingual, DiskFull

STEP_BYTES = 64 << 20


class DiskBudget:
    """Where `min_free_bytes` must stay free, and no more than `most` bytes are written."""

    def __init__(self, folder: Path, min_free_bytes: int, most: int | None = None) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._most = most
        self._granted = 0

    def left(self) -> int:
        """How many bytes may be written; one at least. Raises `DiskFull`. Blocks."""
        left = shutil.disk_usage(self._folder).free - self._min_free_bytes
        if left <= 0:
            raise disk_full()
        return left

    def take(self, size: int) -> None:
        """So many bytes, a step's at most, are about to be written. Raises `DiskFull`. Blocks."""
        if self._most is not None:
            self._most -= size
            if self._most < 0:
                raise disk_full()
        if size > self._granted:
            self.left()
            self._granted = STEP_BYTES
        self._granted -= size


def disk_full() -> DiskFull:
    """For what there is no room for now."""
    return DiskFull(
        Bilingual(
            "The server's disk is nearly full, or your share of it; try again later.",
            "服务器磁盘空间或您的份额不足，请稍后再试。",
        )
    )
