"""The guarded HTTP client: it fetches what strangers' drafts point at, within limits of size and time."""

import asyncio
import email.utils
import errno
import hashlib
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from services.drafts.guard import AddressRefused, Guard
from services.errors import DraftcastError, ErrorCode, Failed, failed

T = TypeVar("T")
OnBytes = Callable[[int], None]
"""Called with the number of bytes that have just come in."""

REDIRECTS = 5
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
PIECE_BYTES = 256 * 1024
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """The most bytes of a draft, of a material, and of all materials together."""

    draft_bytes: int
    material_bytes: int
    task_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the far side is waited for."""

    connect_seconds: float = 10.0
    idle_seconds: float = 20.0
    grace_seconds: float = 30.0
    """After this long, at least `least_rate` bytes a second must have come."""
    least_rate: float = 1000.0
    tries: int = 4
    backoff_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    """Retry-After is heeded up to this."""


class Unfetched(DraftcastError):
    """A URL could not be fetched; the subclasses say why. Texts never hold what the far side sent."""


class Refused(Unfetched):
    """Not an http(s) URL to a public address."""


class NotThere(Unfetched):
    """The far side is unknown, or says that there is no such thing."""


class Transient(Unfetched):
    """May succeed when tried again, after `after_seconds` if the far side says so."""

    def __init__(self, text: str, after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.after_seconds = after_seconds


class TooLarge(Unfetched):
    """More bytes than are allowed."""


@dataclass(slots=True)
class _Download:
    """A file on its way: what has come so far, and what proves that the rest belongs to it."""

    path: Path
    received: int = 0
    validator: str | None = None
    counted: int = 0
    """Bytes already reported; a restart does not report them twice."""


@dataclass(slots=True)
class _Spent:
    """Bytes of all materials of the task."""

    total: int = 0


class Fetcher:
    """Fetches for one task; materials are kept under `cache_dir` by the hash of their content.

    A material that is there already is not fetched again, in this attempt or a later one.
    """

    def __init__(
        self,
        *,
        cache_dir: Path,
        allow_hosts: tuple[str, ...],
        limits: FetchLimits,
        patience: Patience | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._cache_dir = cache_dir
        self._guard = Guard(allow_hosts)
        self._limits = limits
        self._patience = patience or Patience()
        self._resolver = resolver
        self._spent = _Spent()
        self._locks: dict[str, asyncio.Lock] = {}
        self._stack = AsyncExitStack()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        self._cache_dir.mkdir(parents=True, exist_ok=True)
        for partial in self._cache_dir.glob("*.part"):
            partial.unlink()
        for named in (False, True):
            session = aiohttp.ClientSession(
                connector=self._guard.connector(named=named, resolver=self._resolver),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._patience.connect_seconds, sock_read=self._patience.idle_seconds
                ),
                headers={"Accept-Encoding": "identity", "User-Agent": "draftcast"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
            self._sessions[named] = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def content(self, url: str, on_bytes: OnBytes) -> tuple[bytes, str]:
        """A small file as bytes, and the URL it came from in the end. Raises `Unfetched`."""
        limit = self._limits.draft_bytes

        async def once() -> tuple[bytes, str]:
            async with self._response(url, {}) as response:
                self._check_length(response, limit)
                parts: list[bytes] = []
                async for piece in self._pieces(response, limit):
                    parts.append(piece)
                    on_bytes(len(piece))
                return b"".join(parts), str(response.url)

        return await self._retried(once)

    async def material(self, url: str, *, segment_id: str | None, on_bytes: OnBytes) -> Path:
        """The file of a material. Raises `Failed` (MATERIAL_*, OUT_OF_DISK) naming URL and segment."""
        try:
            async with self._locks.setdefault(url, asyncio.Lock()):
                return await self._cached(url, on_bytes)
        except Unfetched as error:
            raise _material_failed(error, url, segment_id) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise failed(
                ErrorCode.OUT_OF_DISK,
                "The disk is full; the materials could not be stored.",
                "磁盘已满，无法保存素材。",
                material_url=url,
                segment_id=segment_id,
            ) from error

    async def _cached(self, url: str, on_bytes: OnBytes) -> Path:
        name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        index = self._cache_dir / f"{name}.url"
        if index.is_file() and (known := self._cache_dir / index.read_text()).is_file():
            on_bytes(known.stat().st_size)
            return known
        download = _Download(self._cache_dir / f"{name}.part")
        try:
            await self._retried(lambda: self._download(url, download, on_bytes))
            content = self._cache_dir / await asyncio.to_thread(_sha256, download.path)
            download.path.replace(content)
        finally:
            download.path.unlink(missing_ok=True)
        index.with_suffix(".new").write_text(content.name)
        index.with_suffix(".new").replace(index)
        return content

    async def _download(self, url: str, download: _Download, on_bytes: OnBytes) -> None:
        headers = {}
        if download.received and download.validator:
            headers = {"Range": f"bytes={download.received}-", "If-Range": download.validator}
        async with self._response(url, headers) as response:
            if not _continues(response, download):
                self._spent.total -= download.received
                download.received = 0
            download.validator = _validator(response)
            self._check_length(response, self._limits.material_bytes)
            with download.path.open("ab" if download.received else "wb") as file:
                async for piece in self._pieces(response, self._limits.material_bytes - download.received):
                    # A write of 256 KiB into the page cache takes well under a millisecond: no thread needed.
                    file.write(piece)
                    self._count(download, len(piece), on_bytes)

    def _count(self, download: _Download, size: int, on_bytes: OnBytes) -> None:
        download.received += size
        self._spent.total += size
        if self._spent.total > self._limits.task_bytes:
            raise TooLarge(f"all materials together are larger than {self._limits.task_bytes} bytes")
        fresh = download.received - download.counted
        if fresh > 0:
            download.counted = download.received
            on_bytes(fresh)

    async def _retried(self, once: Callable[[], Awaitable[T]]) -> T:
        patience = self._patience
        for left in range(patience.tries - 1, -1, -1):
            try:
                return await once()
            except Transient as error:
                if not left:
                    raise
                backoff = patience.backoff_seconds * 2 ** (patience.tries - 1 - left)
                wait = error.after_seconds if error.after_seconds is not None else backoff
                await asyncio.sleep(min(wait, patience.longest_wait_seconds) * random.uniform(0.8, 1.0))  # noqa: S311 - jitter
        raise AssertionError("the loop above returns or raises")

    @asynccontextmanager
    async def _response(self, url: str, headers: dict[str, str]) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The answer after redirects, each of them checked. Raises `Unfetched` for all but 200 and 206."""
        at = _url(url)
        try:
            for _ in range(REDIRECTS + 1):
                session = self._sessions[self._guard.names(at)]
                async with session.get(at, headers=headers, allow_redirects=False) as response:
                    if response.status not in (301, 302, 303, 307, 308):
                        _check_status(response)
                        yield response
                        return
                    at = _redirected(at, response)
            raise NotThere(f"more than {REDIRECTS} redirects")
        except AddressRefused:
            raise Refused("the address is not public") from None
        except aiohttp.ClientConnectorDNSError:
            raise NotThere("the host name is unknown") from None
        except (aiohttp.InvalidURL, ValueError) as error:
            raise Refused("not a valid URL") from error
        except TimeoutError:
            raise Transient("no answer in time") from None
        except aiohttp.ClientError as error:
            raise Transient(f"the connection failed ({type(error).__name__})") from None

    async def _pieces(self, response: aiohttp.ClientResponse, limit: int) -> AsyncGenerator[bytes]:
        """The body in pieces, as long as it keeps to the limit and comes fast enough."""
        started, received = time.monotonic(), 0
        async for piece in response.content.iter_chunked(PIECE_BYTES):
            received += len(piece)
            if received > limit:
                raise TooLarge(f"larger than {limit} bytes")
            elapsed = time.monotonic() - started
            if elapsed > self._patience.grace_seconds and received < elapsed * self._patience.least_rate:
                raise NotThere("the far side sends too slowly")
            yield piece

    def _check_length(self, response: aiohttp.ClientResponse, limit: int) -> None:
        if response.headers.get("Content-Encoding", "identity") not in ("", "identity"):
            raise NotThere("the far side sends it compressed although that was not asked for")
        if response.content_length is not None and response.content_length > limit:
            raise TooLarge(f"larger than {limit} bytes")


def clean_url(url: str) -> str:
    """A URL as drafts hold it, without invisible characters."""
    return url.translate(_INVISIBLE).strip()


def _url(text: str) -> URL:
    try:
        url = URL(clean_url(text))
    except ValueError as error:
        raise Refused("not a valid URL") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused("not an http(s) URL")
    return url


def _redirected(at: URL, response: aiohttp.ClientResponse) -> URL:
    target = response.headers.get("Location")
    if not target:
        raise NotThere("a redirect without a target")
    return _url(str(at.join(URL(target))))


def _check_status(response: aiohttp.ClientResponse) -> None:
    if response.status in (200, 206):
        return
    if response.status in TRY_AGAIN:
        raise Transient(f"HTTP {response.status}", _retry_after(response))
    raise NotThere(f"HTTP {response.status}")


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Retry-After in seconds, from either of its two forms."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    parsed = email.utils.parsedate_tz(value)
    return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else None


def _validator(response: aiohttp.ClientResponse) -> str | None:
    """What If-Range may be given: a strong ETag, else the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified")


def _continues(response: aiohttp.ClientResponse, download: _Download) -> bool:
    """Whether the body is the rest of what has come; otherwise it is the whole again."""
    if response.status != 206:
        return False
    if not response.headers.get("Content-Range", "").startswith(f"bytes {download.received}-"):
        raise NotThere("the far side sends another part than was asked for")
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _material_failed(error: Unfetched, url: str, segment_id: str | None) -> Failed:
    code, en, zh = ErrorCode.MATERIAL_UNREACHABLE, "could not be fetched", "无法获取"
    if isinstance(error, Refused):
        code, en, zh = ErrorCode.MATERIAL_REFUSED, "must not be fetched", "不允许访问"
    elif isinstance(error, TooLarge):
        code, en, zh = ErrorCode.MATERIAL_TOO_LARGE, "is too large", "过大"
    where = f" (segment {segment_id})" if segment_id else ""
    where_zh = f"（片段 {segment_id}）" if segment_id else ""
    return failed(
        code,
        f"The material {url[:500]}{where} {en}: {error}.",
        f"素材 {url[:500]}{where_zh}{zh}：{error}。",
        material_url=url,
        segment_id=segment_id,
    )
