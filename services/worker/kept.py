"""The finished chunks that renders keep for later ones, by owner: their folders, and the removal of old ones."""

import hashlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias, TypeVar

from services.exporter_protocol.request import KEEP_FREE_BYTES
from services.settings import Settings

log = logging.getLogger(__name__)

FOLDER = "kept"
DAY_SECONDS = 24 * 3600
File = TypeVar("File")
Use: TypeAlias = tuple[float, int, File]
"""The time of the last use of a file in seconds, its size in bytes, and the file."""


def owner_digest(owner: str) -> str:
    """The name of an owner's folder; no two owners share one."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]


def owner_folder(data_dir: Path, owner: str) -> Path:
    """The folder of an owner's kept files."""
    return data_dir / FOLDER / owner_digest(owner)


def keeps(settings: Settings) -> bool:
    """Whether renders keep finished chunks for later ones; other exporters do not."""
    return settings.keep_parts_bytes > 0 and not settings.exporter


def oldest_seconds(settings: Settings, now_seconds: float) -> float:
    """The time before which a file must have been used last to be removed in any case."""
    return now_seconds - settings.keep_days * DAY_SECONDS if settings.keep_days else 0.0


def superfluous(uses: Iterable[Use[File]], total_bytes: int, most_bytes: int, oldest: float) -> Iterator[Use[File]]:
    """Those of the files, in the order of their last use, that are removed: until all have at most `most_bytes` of
    `total_bytes`, and those last used before `oldest`.
    """
    for use in uses:
        used_seconds, size_bytes, _ = use
        if total_bytes <= most_bytes and used_seconds >= oldest:
            return
        total_bytes -= size_bytes
        yield use


def evict(settings: Settings, now_seconds: float) -> None:
    """Remove the files that were not used for the longest time, until all have at most `keep_parts_bytes`, and those
    that were not used for `keep_days`; all where the disk is nearly full. Blocks.
    """
    found: list[Use[Path]] = []
    for path in (settings.data_dir / FOLDER).glob("*/*"):
        with suppress(OSError):
            about = path.stat()
            found.append((about.st_mtime, about.st_size, path))
    scarce = bool(found) and shutil.disk_usage(settings.data_dir).free < KEEP_FREE_BYTES
    most_bytes = 0 if scarce else settings.keep_parts_bytes
    total_bytes, removed = sum(size for _, size, _ in found), 0
    for _, _, path in superfluous(sorted(found), total_bytes, most_bytes, oldest_seconds(settings, now_seconds)):
        with suppress(OSError):
            path.unlink()
            removed += 1
    if removed:
        log.info("removed %d kept parts of earlier renders", removed)
