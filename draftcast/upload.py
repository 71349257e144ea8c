"""Sending a draft that lies on this machine to a running server."""

import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from draftcast.client import ServerRefusal, bearer, unreachable

CONNECT_SECONDS = 30
SILENT_SECONDS = 300
"""How long a server may take to unpack."""


@contextmanager
def packed(draft: Path) -> Generator[IO[bytes]]:
    """The zip to send for a draft's folder, or for a zip of one; not squeezed: materials are compressed already."""
    if not draft.is_dir():
        with draft.open("rb") as zipped:
            yield zipped
        return
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
            for path in sorted(found for found in draft.rglob("*") if found.is_file()):
                made.write(path, path.relative_to(draft))
        target.seek(0)
        yield target


async def send(server: str, name: str, zipped: IO[bytes]) -> str:
    """Send a zip; gives the draft's URL on the server. Raises `ServerUnreachable`, `ServerRefusal`."""
    timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    headers = {"content-type": "application/zip", "accept-language": "en", **bearer()}
    try:
        async with (
            ClientSession(timeout=timeout) as session,
            session.post(f"{server}/drafts", params={"name": name[:100]}, data=zipped, headers=headers) as answer,
        ):
            told: dict[str, Any] = await answer.json()
    except (ClientError, OSError, TimeoutError) as error:
        raise unreachable(server, error) from error
    if "error" in told:
        raise ServerRefusal(told["error"]["code"], told["error"]["details"])
    return str(told["draft_url"])
