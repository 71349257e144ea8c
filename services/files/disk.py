"""Disk space."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk's space in bytes."""

    free_bytes: int
    total_bytes: int


async def disk_of(folder: Path) -> Disk:
    """The space of the disk of an existing folder."""
    usage = await asyncio.to_thread(shutil.disk_usage, folder)
    return Disk(usage.free, usage.total)
