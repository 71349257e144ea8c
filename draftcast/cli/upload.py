"""Upload of a draft on this machine to a running server."""

import re
from collections.abc import Callable, Generator
from contextlib import closing

from draftcast.cli.client import connected
from draftcast.cli.local_drafts import LocalSource
from draftcast_client.archive import Entry, folder_entries

BROUGHT = "brought"
"""The zip's folder for files outside of the draft, under their paths in the draft."""
_NO_FOLDER = re.compile(r"|\.\.?|[A-Za-z]+:")
LONGEST_NAME = 100


def entries(source: LocalSource) -> list[Entry]:
    """The files of a draft, each once under a name."""
    brought = {_brought(path): file for path, file in source.files.items()}
    return [*folder_entries(source.folder), *brought.items()]


def _brought(path: str) -> str:
    """The path in the zip of a file outside of the draft; the server finds it by the end of the path."""
    parts = [part for part in path.replace("\\", "/").split("/") if not _NO_FOLDER.fullmatch(part)]
    return "/".join([BROUGHT, *parts])


async def send(server: str, name: str, chunks: Generator[bytes], on_sent: Callable[[int], None]) -> str:
    """Send a zip and return the draft's URL on the server. Raises `ServerUnreachable`, `ServerRefusal`.

    `on_sent` is called with the number of bytes of each chunk that was sent.
    """
    async with connected(server) as api:
        return await api.upload(_counted(chunks, on_sent), name[:LONGEST_NAME])


def _counted(chunks: Generator[bytes], on_sent: Callable[[int], None]) -> Generator[bytes]:
    with closing(chunks):
        for chunk in chunks:
            yield chunk
            on_sent(len(chunk))
