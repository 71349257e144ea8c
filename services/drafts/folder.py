"""A draft's folder on this machine. No file outside of it is opened, except those that the operator names."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from services.drafts.locate import DRAFT_NAMES, relative_path
from services.drafts.names import Names
from services.http.urls import clean_url, is_url

MAX_PATH_LENGTH = 4096
"""Characters of a path; Linux allows no longer ones."""
_TIMELINE_FILES = ("timeline_layout.json", "Timelines/project.json", *(f"Timelines/*/{name}" for name in DRAFT_NAMES))


class DraftFolder:
    """The files of a folder, and `files` outside of it, by the paths that the draft has for them."""

    def __init__(self, folder: Path, files: Mapping[str, Path] | None = None) -> None:
        self.path = folder.resolve()
        self._files = files or {}

    def timelines(self) -> list[str]:
        """The files of the draft's timelines, and those that say which one is open."""
        known = [path for pattern in _TIMELINE_FILES for path in self.path.glob(pattern)]
        return sorted(path.relative_to(self.path).as_posix() for path in known)

    def find(self, path: str) -> Path | None:
        """The file of a material's path; None when there is none."""
        if path in self._files:
            return self._files[path]
        if not path or is_url(clean_url(path)) or "\0" in path or len(path) > MAX_PATH_LENGTH:
            return None
        wanted = relative_path(path, "")
        straight = self.inside(wanted)
        if straight is not None:
            return straight
        found = self._names.find(wanted)
        return self.inside(found) if found is not None else None

    @cached_property
    def _names(self) -> Names:
        """The files of the folder."""
        walked = ((Path(folder), names) for folder, _, names in os.walk(self.path))
        found = (folder / name for folder, names in walked for name in sorted(names))
        return Names(path.relative_to(self.path).as_posix() for path in found if self.inside(path) is not None)

    def inside(self, path: str | Path) -> Path | None:
        """The file at a path, with links resolved; None when it is not a file within the folder."""
        try:
            real = (self.path / path).resolve()
            return real if real.is_relative_to(self.path) and real.is_file() else None
        except (OSError, ValueError, RuntimeError):
            # Names that the file system rejects, and cyclic links.
            return None
