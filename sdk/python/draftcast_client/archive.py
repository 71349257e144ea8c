"""A zip of a draft, made while it is sent."""

import asyncio
import io
import stat
import zipfile
from collections.abc import AsyncGenerator, Generator, Iterable
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 20
_LARGEST_WITHOUT_64_BITS = 1 << 31

Entry = tuple[str, Path]
"""A path in the zip, and the file to send."""


def chunks(draft: Path) -> Generator[bytes]:
    """The zip of a draft's folder, or a zip file as it is."""
    return zipped(folder_entries(draft)) if draft.is_dir() else read(draft)


def folder_entries(folder: Path) -> list[Entry]:
    """The files of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.relative_to(folder).as_posix(), path) for path in files]


class _Sink(io.RawIOBase):
    """The target of a streamed zip; it can be neither read nor searched."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


def zipped(files: Iterable[Entry]) -> Generator[bytes]:
    """The zip of the files, made while it is read; not compressed, since materials are compressed already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as made:
        for name, path in files:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            large = path.stat().st_size >= _LARGEST_WITHOUT_64_BITS
            with path.open("rb") as file, made.open(entry, "w", force_zip64=large) as target:
                while data := file.read(CHUNK_BYTES):
                    target.write(data)
                    yield sink.taken()
    yield sink.taken()


def read(archive: Path) -> Generator[bytes]:
    """The chunks of a zip file."""
    with archive.open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            yield data


async def in_thread(given: Iterable[bytes]) -> AsyncGenerator[bytes]:
    """The same chunks, each made in a thread."""
    iterator = iter(given)
    while chunk := await asyncio.to_thread(next, iterator, b""):
        yield chunk
