"""The finished chunks that renders keep for later ones, by owner: their folders, and the removal of old ones."""

import hashlib
import logging
import shutil
from contextlib import suppress
from pathlib import Path

from services.exporter_protocol.request import KEEP_FREE_BYTES
from services.settings import Settings

log = logging.getLogger(__name__)

FOLDER = "kept"
DAY_SECONDS = 24 * 3600


def owner_folder(data_dir: Path, owner: str) -> Path:
    """The folder of an owner's kept files; no two owners share one."""
    return data_dir / FOLDER / hashlib.sha256(owner.encode()).hexdigest()[:32]


def evict(settings: Settings, now_seconds: float) -> None:
    """Remove the files that were not used for the longest time, until all have at most `keep_parts_bytes`, and those
    that were not used for `keep_days`; all where the disk is nearly full. Blocks.
    """
    oldest_seconds = now_seconds - settings.keep_days * DAY_SECONDS if settings.keep_days else 0.0
    found: list[tuple[float, int, Path]] = []
    for path in (settings.data_dir / FOLDER).glob("*/*"):
        with suppress(OSError):
            about = path.stat()
            found.append((about.st_mtime, about.st_size, path))
    scarce = bool(found) and shutil.disk_usage(settings.data_dir).free < KEEP_FREE_BYTES
    most_bytes = 0 if scarce else settings.keep_parts_bytes
    left_bytes, removed = sum(size for _, size, _ in found), 0
    for used_seconds, size, path in sorted(found):
        if left_bytes <= most_bytes and used_seconds >= oldest_seconds:
            break
        with suppress(OSError):
            path.unlink()
            left_bytes, removed = left_bytes - size, removed + 1
    if removed:
        log.info("removed %d kept parts of earlier renders", removed)
