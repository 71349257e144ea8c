"""Fetching as in a render, from a test's server."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.drafts.fetch import Fetcher, FetchLimits
from services.errors import Failed
from services.http.client import Timeouts
from tests.support.servers import DraftServer

LIMITS = FetchLimits(draft_bytes=1000, material_bytes=5_000_000, task_bytes=8_000_000)
QUICK = Timeouts(backoff_seconds=0.01, longest_wait_seconds=0.05)
SHORT = replace(QUICK, head_seconds=0.3, tries=2)
"""Timeouts for silent servers."""


def fetcher(folder: Path, server: DraftServer, **options: Any) -> Fetcher:
    chosen: dict[str, Any] = {"allow_hosts": (server.host,), "limits": LIMITS, "timeouts": QUICK, **options}
    return Fetcher(cache_dir=folder / "materials", **chosen)


def nothing(_size: int) -> None:
    pass


def content(folder: Path, server: DraftServer, url: str, **options: Any) -> bytes:
    async def run() -> bytes:
        async with fetcher(folder, server, **options) as running:
            return await running.content(url, nothing)

    return asyncio.run(run())


def material(folder: Path, server: DraftServer, *urls: str, **options: Any) -> list[bytes]:
    """The files of several materials, fetched in order."""

    async def run() -> list[bytes]:
        async with fetcher(folder, server, **options) as running:
            return [(await running.material(url, segment_id="s1", on_bytes=nothing)).read_bytes() for url in urls]

    return asyncio.run(run())


def failure(folder: Path, server: DraftServer, *urls: str, **options: Any) -> Failed:
    with pytest.raises(Failed) as caught:
        material(folder, server, *urls, **options)
    return caught.value


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "materials").iterdir() if path.suffix != ".url"]
