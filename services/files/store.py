"""The file storage: finished videos and their pictures, by key."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from obstore.store import LocalStore

from services.settings import SettingsError


class FileStore:
    """Files under a local folder, addressed by keys such as `videos/<task>/<attempt>/video.mp4`."""

    def __init__(self, url: str, base_url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "file":
            raise SettingsError(f"DRAFTCAST_FILES_URL: must begin with file:///, not {parts.scheme}:")
        self._folder = Path(unquote(parts.path))
        self._store = LocalStore(self._folder, mkdir=True)
        self._base_url = base_url

    async def put(self, key: str, source: Path) -> None:
        """Store a file: it is complete and on disk when this returns, or not there at all."""
        await self._store.put_async(key, source)
        await asyncio.to_thread(_sync, self._folder / key)

    async def remove(self, key: str) -> None:
        """Remove one file; nothing happens when there is none."""
        with suppress(FileNotFoundError):
            await self._store.delete_async(key)

    async def delete(self, prefix: str) -> None:
        """Remove all files whose key begins with the folder `prefix`."""
        async for batch in self._store.list(prefix):  # pyright: ignore[reportUnknownMemberType]  # arrow is optional
            await self._store.delete_async([entry["path"] for entry in batch])

    def local_path(self, key: str) -> Path | None:
        """The file's path on this machine; None when there is none of that key."""
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or "\0" in key or any(part in ("..", ".") for part in parts):
            return None
        path = self._folder.joinpath(*parts)
        try:
            inside = path.resolve().is_relative_to(self._folder.resolve())
            return path if inside and path.is_file() else None
        except OSError:  # a name longer than file systems have
            return None

    def url(self, key: str) -> str:
        """The address under which clients get the file."""
        return f"{self._base_url}/files/{quote(key)}"


def _sync(path: Path) -> None:
    """Write the file and its folder entry through to the disk."""
    for target in (path, path.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
