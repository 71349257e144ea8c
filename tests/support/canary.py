"""Listeners that detect connections to this machine, and fetching as in a render."""

import asyncio
import socket
from pathlib import Path

from services.drafts.fetch import Fetcher, FetchLimits
from tests.support.names import Names

LIMITS = FetchLimits(draft_bytes=1000, material_bytes=1000, task_bytes=1000)


class Canary:
    """Listens on a port of every address of this machine; `caught` says whether there was a connection."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    def caught(self) -> bool:
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


def content(folder: Path, url: str, allow_hosts: tuple[str, ...] = (), names: Names | None = None) -> bytes:
    """The content of a URL by a fetcher."""

    async def run() -> bytes:
        async with Fetcher(cache_dir=folder, allow_hosts=allow_hosts, limits=LIMITS, resolver=names) as fetcher:
            return await fetcher.content(url, lambda _: None)

    return asyncio.run(run())
