"""Whose kept drafts take how much: an empty file for each draft, `WHO/DRAFT_ID.BYTES`."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class OwnerUsage:
    """All of it blocks. Owners are not told from what lies there: their folders are named by sums."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def used(self, owner: str) -> int:
        """How many bytes the owner's drafts take."""
        return sum(int(mark.suffix[1:]) for mark in self._of(owner).glob("*.*"))

    def note(self, owner: str, draft_id: str, size: int) -> None:
        """A draft is kept for the owner."""
        self._of(owner).mkdir(parents=True, exist_ok=True)
        (self._of(owner) / f"{draft_id}.{size}").touch()

    def forget(self, kept: Callable[[str], bool]) -> None:
        """Drafts of which `kept` says no are gone."""
        for mark in self._folder.glob("*/*.*"):
            if not kept(mark.stem):
                mark.unlink(missing_ok=True)
                with suppress(OSError):
                    mark.parent.rmdir()  # only when it is empty

    def _of(self, owner: str) -> Path:
        return self._folder / hashlib.sha256(owner.encode()).hexdigest()[:32]
