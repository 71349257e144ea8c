"""Upload of a draft on this machine to a running server."""

import asyncio
import io
import re
import stat
import zipfile
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from draftcast.cli.client import ServerRefusal, bearer, unreachable
from draftcast.cli.local_drafts import LocalSource
from draftcast.cli.terminal import is_chinese

CONNECT_SECONDS = 30
SILENT_SECONDS = 300
"""The time for the server to unpack."""
CHUNK_BYTES = 1 << 20
BROUGHT = "brought"
"""The zip's folder for files outside of the draft, under their paths in the draft."""
_NO_FOLDER = re.compile(r"|\.\.?|[A-Za-z]+:")
_LARGEST_WITHOUT_64_BITS = 1 << 31

Entry = tuple[str, Path]
"""A path in the zip, and the file to send."""


def entries(source: LocalSource) -> list[Entry]:
    """The files of a draft, each once under a name."""
    files = sorted(path for path in source.folder.rglob("*") if path.is_file())
    own = {path.relative_to(source.folder).as_posix(): path for path in files}
    return [*own.items(), *{_brought(path): file for path, file in source.files.items()}.items()]


def _brought(path: str) -> str:
    """The path in the zip of a file outside of the draft; the server finds it by the end of the path."""
    parts = [part for part in path.replace("\\", "/").split("/") if not _NO_FOLDER.fullmatch(part)]
    return "/".join([BROUGHT, *parts])


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


async def send(server: str, name: str, chunks: Generator[bytes], on_sent: Callable[[int], None]) -> str:
    """Send a zip and return the draft's URL on the server. Raises `ServerUnreachable`, `ServerRefusal`.

    `on_sent` is called with the number of bytes of each chunk that was sent.
    """
    timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    headers = {"content-type": "application/zip", "accept-language": "zh" if is_chinese() else "en", **bearer()}
    body = _body(chunks, on_sent)
    try:
        async with (
            ClientSession(timeout=timeout) as session,
            session.post(f"{server}/drafts", params={"name": name[:100]}, data=body, headers=headers) as answer,
        ):
            answered: dict[str, Any] = await answer.json()
    except (ClientError, OSError, TimeoutError) as error:
        raise unreachable(server, error) from error
    if "error" in answered:
        raise ServerRefusal(answered["error"]["code"], answered["error"]["details"])
    return str(answered["draft_url"])


async def _body(chunks: Generator[bytes], on_sent: Callable[[int], None]) -> AsyncGenerator[bytes]:
    with closing(chunks):
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk
            on_sent(len(chunk))
