"""Fetching of drafts and materials within limits of size, with a cache for the task's next attempt."""

import asyncio
import hashlib
import re
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from services.errors import ErrorCode, Failed, failed, out_of_disk
from services.http.client import (
    RANGE_NOT_SATISFIABLE,
    Client,
    FetchError,
    Timeouts,
    TooLarge,
    Transient,
    Unreachable,
    UrlRefused,
    decoding_of,
)
from services.http.guard import Guard
from services.http.redaction import redact_url

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver

OnBytes = Callable[[int], None]
"""Called with the number of newly received bytes."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """The largest draft, the largest material, and the sum of all materials, in bytes."""

    draft_bytes: int
    material_bytes: int
    task_bytes: int


@dataclass(slots=True)
class _Meter:
    """Reports each byte once, even when a file is fetched again from its beginning."""

    on_bytes: OnBytes
    reported: int = 0

    def reach(self, received: int) -> None:
        if received > self.reported:
            self.on_bytes(received - self.reported)
            self.reported = received


@dataclass(slots=True)
class _Download:
    """A file being fetched: the bytes so far, and the validator (ETag) with which the rest can be requested."""

    path: Path
    meter: _Meter
    received: int = 0
    total: int | None = None
    """Bytes of the whole file; None where the server does not say."""
    validator: str | None = None


class Fetcher:
    """The fetcher of one task. Materials are cached under `cache_dir`, named by the hash of their content.

    A cached material is not fetched again, in this attempt or a later one.
    The names have no extension: a file's type is detected from its bytes, never from its name.
    """

    def __init__(
        self,
        *,
        cache_dir: Path,
        allow_hosts: tuple[str, ...],
        limits: FetchLimits,
        own_urls: tuple[str, ...] = (),
        timeouts: Timeouts | None = None,
        resolver: "AbstractResolver | None" = None,
    ) -> None:
        self.limits = limits
        self._cache_dir = cache_dir
        self._timeouts = timeouts or Timeouts()
        self._client = Client(Guard(allow_hosts, own_urls), self._timeouts, resolver)
        self._stack = AsyncExitStack()
        self._locks: dict[str, asyncio.Lock] = {}
        self._files: dict[str, Path] = {}
        self._task_bytes = 0
        """Bytes of all materials used so far, cached ones included."""

    async def __aenter__(self) -> Self:
        self._cache_dir.mkdir(parents=True, exist_ok=True)
        for partial in self._cache_dir.glob("*.part"):
            partial.unlink(missing_ok=True)
        await self._stack.enter_async_context(self._client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._stack.aclose()

    async def content(self, url: str, on_bytes: OnBytes) -> bytes:
        """The content of a file of at most `draft_bytes`. Raises `FetchError`."""
        limit, meter = self.limits.draft_bytes, _Meter(on_bytes)

        async def once() -> bytes:
            body = bytearray()

            def take(piece: bytes) -> None:
                body.extend(piece)
                _check_size(len(body), limit)
                meter.reach(len(body))

            async with self._client.get(url, {}) as response:
                _check_size(response.content_length or 0, limit)
                await self._client.stream_to(response, take)
            return bytes(body)

        return await self._client.retry(once, self._timeouts.draft_wall_seconds)

    async def material(self, url: str, *, segment_id: str | None, on_bytes: OnBytes) -> Path:
        """The file of a material. Raises `Failed` (MATERIAL_*, OUT_OF_DISK) naming URL and segment.

        `on_bytes` is called once for a file cached by an earlier attempt, and not for one used before in this attempt.
        """
        try:
            async with self._locks.setdefault(url, asyncio.Lock()):
                if url not in self._files:
                    self._files[url] = self._cached(url, on_bytes) or await self._fetched(url, on_bytes)
                return self._files[url]
        except FetchError as error:
            raise _material_failed(error, url, segment_id) from error
        except OSError as error:
            if out_of_disk(error) is None:
                raise
            raise failed(
                ErrorCode.OUT_OF_DISK,
                "The disk is full; the materials could not be stored.",
                "磁盘已满，无法保存素材。",
                material_url=redact_url(url),
                segment_id=segment_id,
            ) from error

    def forget(self, url: str) -> None:
        """Remove a material from the cache, so that a later attempt fetches it again: it may be repaired by then."""
        self._index(url).unlink(missing_ok=True)
        self._files.pop(url, None)

    def _index(self, url: str) -> Path:
        """The index file with the size and the name of a URL's cached content."""
        return self._cache_dir / f"{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}.url"

    def _cached(self, url: str, on_bytes: OnBytes) -> Path | None:
        """The file of an earlier attempt, if it is complete: a power failure may have truncated it."""
        index = self._index(url)
        if not index.is_file():
            return None
        size, _, name = index.read_text().partition(" ")
        path = self._cache_dir / name
        if not name or not path.is_file() or str(path.stat().st_size) != size:
            return None
        self._spend(int(size))
        on_bytes(int(size))
        return path

    async def _fetched(self, url: str, on_bytes: OnBytes) -> Path:
        part = self._cache_dir / f"{uuid.uuid4().hex}.part"
        download = _Download(part, _Meter(on_bytes))
        try:
            await self._client.retry(lambda: self._download(url, download), self._timeouts.wall_seconds)
            path = self._cache_dir / await asyncio.to_thread(_sha256, part)
            part.replace(path)
            part.write_text(f"{download.received} {path.name}")
            part.replace(self._index(url))
        finally:
            part.unlink(missing_ok=True)
        return path

    async def _download(self, url: str, download: _Download) -> None:
        """One try: the whole file, or the missing rest of it."""
        try:
            async with self._client.get(url, _range_headers(download)) as response:
                self._begin(download, response)
                await self._receive(response, download)
        except Unreachable as error:
            if error.status != RANGE_NOT_SATISFIABLE or not download.received:
                raise
            self._forget(download)
            raise _changed() from error
        if download.received != (download.total if download.total is not None else download.received):
            raise Transient("it ended too early", "文件未传完即中断")

    def _begin(self, download: _Download, response: "aiohttp.ClientResponse") -> None:
        """Prepare for a response's body: the rest of the file, or all of it again."""
        encoded = bool(decoding_of(response))
        if response.status == 206 and (encoded or not _continues(response, download)):
            self._forget(download)
            raise _changed()
        if response.status == 200:
            self._forget(download)
            if not encoded:  # lengths of encoded bodies say nothing of the file, so the rest is never requested
                download.total = response.content_length
                tag = response.headers.get("ETag", "")
                download.validator = tag if tag.startswith('"') else None
        missing = 0 if encoded else response.content_length or 0
        _check_size(download.received + missing, self.limits.material_bytes)
        self._check_task(missing)

    async def _receive(self, response: "aiohttp.ClientResponse", download: _Download) -> None:
        with download.path.open("ab" if download.received else "wb") as file:

            def take(piece: bytes) -> None:
                _check_size(download.received + len(piece), self.limits.material_bytes)
                self._spend(len(piece))
                # 256 KiB to the page cache take well under a millisecond: no thread is needed.
                file.write(piece)
                download.received += len(piece)
                download.meter.reach(download.received)

            await self._client.stream_to(response, take)

    def _forget(self, download: _Download) -> None:
        self._task_bytes -= download.received
        download.received, download.total, download.validator = 0, None, None

    def _spend(self, size: int) -> None:
        self._check_task(size)
        self._task_bytes += size

    def _check_task(self, size: int) -> None:
        limit = self.limits.task_bytes
        if self._task_bytes + size > limit:
            raise TooLarge(
                f"with it the materials exceed {limit} bytes in total", f"加上它之后素材总量超过 {limit} 字节"
            )


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"it is larger than {limit} bytes", f"超过 {limit} 字节")


def _range_headers(download: _Download) -> dict[str, str]:
    """The headers that request the rest of a file, where a strong validator (ETag) identifies it; else none."""
    if not download.received or not download.validator:
        return {}
    return {"Range": f"bytes={download.received}-", "If-Range": download.validator}


def _continues(response: "aiohttp.ClientResponse", download: _Download) -> bool:
    """Whether a partial response continues the download, of the unchanged file."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if not found or int(found[1]) != download.received:
        return False
    same_size = download.total is None or found[2] in ("*", str(download.total))
    return same_size and response.headers.get("ETag", download.validator) == download.validator


def _changed() -> Transient:
    return Transient("it changed while it was fetched", "文件在获取过程中发生了变化")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _material_failed(error: FetchError, url: str, segment_id: str | None) -> Failed:
    code, en, zh = ErrorCode.MATERIAL_UNREACHABLE, "could not be fetched", "无法获取"
    if isinstance(error, UrlRefused):
        code, en, zh = ErrorCode.MATERIAL_REFUSED, "must not be fetched", "不允许访问"
    elif isinstance(error, TooLarge):
        code, en, zh = ErrorCode.MATERIAL_TOO_LARGE, "is too large", "过大"
    shown = redact_url(url)
    where = f" (segment {segment_id})" if segment_id else ""
    where_zh = f"（片段 {segment_id}）" if segment_id else ""
    return failed(
        code,
        f"The material {shown}{where} {en}: {error.reason.en}.",
        f"素材 {shown}{where_zh}{zh}：{error.reason.zh}。",
        material_url=shown,
        segment_id=segment_id,
    )
