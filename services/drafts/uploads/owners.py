"""The disk usage of each owner's uploads."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


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
