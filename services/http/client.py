"""The guarded HTTP client: requests to public addresses only, with timeouts and retries.

aiohttp takes a third of a second to import, so it is imported with the first request.
"""

import asyncio
import random
import socket
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from yarl import URL

from services.errors import Bilingual, DraftcastError
from services.http.encodings import Decoding, Undecodable, UnknownEncoding
from services.http.guard import CONNECTIONS_PER_HOST, AddressRefused, Guard
from services.http.rate import MIN_BYTES_PER_SECOND, WINDOW_SECONDS, MinimumRate
from services.http.urls import clean_url, parse_url, resolve_url

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver

T = TypeVar("T")

MAX_REDIRECTS = 5
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
RANGE_NOT_SATISFIABLE = 416
PIECE_BYTES = 256 * 1024
USER_AGENT = "draftcast"
"""By which another draftcast, and this one under a name it does not know as its own, tells who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """The limits of time and rate of requests, and their retries.

    With these values a silent server fails a request after less than two minutes: four tries of 20 s, three waits of
    12 s.
    """

    connect_seconds: float = 10.0
    """For one connection, with its TLS handshake."""
    head_seconds: float = 20.0
    """From the request to the end of the response's headers: name look-up, connection and headers."""
    idle_seconds: float = 20.0
    """Between two pieces of a body."""
    window_seconds: float = WINDOW_SECONDS
    """The length of the windows in which `min_bytes_per_second` must be reached."""
    min_bytes_per_second: float = MIN_BYTES_PER_SECOND
    tries: int = 4
    backoff_seconds: float = 0.5
    """The wait before the second try; it doubles before each further one."""
    longest_wait_seconds: float = 12.0
    """The longest wait between two tries, also for Retry-After."""
    wall_seconds: float = 3600.0
    """For all tries of one material."""
    draft_wall_seconds: float = 300.0
    """For all tries of one of a draft's JSON files: nothing is rendered before they are complete."""


class FetchError(DraftcastError):
    """A URL could not be fetched; the subclasses say why.

    `reason` completes "could not be fetched: ..."; it never holds data of the server, nor its address.
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.reason = Bilingual(en, zh)


class UrlRefused(FetchError):
    """The URL is not http(s), or its address must not be fetched from."""


class Unreachable(FetchError):
    """A final failure: an unknown host, a missing file or an invalid response. `status` is the HTTP status, if any."""

    def __init__(self, en: str, zh: str, *, status: int | None = None) -> None:
        super().__init__(en, zh)
        self.status = status


class Transient(FetchError):
    """A failure that another try may mend, after `after_seconds` if the server names a time. `status` is the HTTP
    status, if any.
    """

    def __init__(self, en: str, zh: str, *, after_seconds: float | None = None, status: int | None = None) -> None:
        super().__init__(en, zh)
        self.after_seconds = after_seconds
        self.status = status


class TooLarge(FetchError):
    """The file exceeds a limit of bytes."""


class Client:
    """The client, an async context manager. Its sessions keep no cookies, use no proxy and request no compression."""

    def __init__(self, guard: Guard, timeouts: Timeouts, resolver: "AbstractResolver | None" = None) -> None:
        self._guard = guard
        self._timeouts = timeouts
        self._resolver = resolver
        self._stack = AsyncExitStack()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._turns: defaultdict[URL, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(CONNECTIONS_PER_HOST))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> "AsyncGenerator[aiohttp.ClientResponse]":
        """The response of HTTP 200, or also 206 when `headers` hold a Range; each redirect is checked.

        Raises `FetchError`.
        """
        at = _parsed(url)
        for _ in range(MAX_REDIRECTS + 1):
            # Waiting for a connection happens here and not in the connector, where it would count as the server's time.
            async with self._turns[at.origin()], await self._request(at, headers) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    _check(response, ranged="Range" in headers)
                    yield response
                    return
                at = _redirected(at, response)
        raise Unreachable(f"it redirects more than {MAX_REDIRECTS} times", f"重定向超过 {MAX_REDIRECTS} 次")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body; returns the HTTP status of the response. Redirects are not followed. Raises `FetchError`."""
        at = _parsed(url)
        session = await self._session(at)
        async with self._turns[at.origin()]:
            with _translated_errors(), _valid_url_or_refused():
                async with asyncio.timeout(self._timeouts.head_seconds):
                    async with session.post(at, data=body, headers=headers, allow_redirects=False) as response:
                        return response.status

    async def stream_to(self, response: "aiohttp.ClientResponse", take: Callable[[bytes], None]) -> None:
        """Pass the decoded body to `take` in small pieces. Raises `FetchError`, and the exceptions of `take`."""
        decoding = decoding_of(response)
        rate = MinimumRate(self._timeouts.window_seconds, self._timeouts.min_bytes_per_second)
        with _translated_errors():
            async for piece in response.content.iter_chunked(PIECE_BYTES):
                for plain in decoding.feed(piece):
                    take(plain)
                    if decoding:
                        await asyncio.sleep(0)  # a small piece may decode to a thousand
                if not rate.fast_enough(len(piece)):
                    raise Unreachable("it is sent too slowly", "对方发送过慢")
        if not decoding.ended:
            raise Transient("it ended too early", "文件未传完即中断")

    async def retry(self, once: Callable[[], Awaitable[T]], wall_seconds: float) -> T:
        """The result of `once`, repeated while it raises `Transient`, within `tries` and `wall_seconds`."""
        timeouts = self._timeouts
        clock = asyncio.timeout(wall_seconds)
        try:
            async with clock:
                for tried in range(1, timeouts.tries):
                    try:
                        return await once()
                    except Transient as error:
                        await asyncio.sleep(self._wait_seconds(error, tried))
                return await once()
        except TimeoutError:
            if not clock.expired():
                raise
            seconds = f"{wall_seconds:g}"
            raise Unreachable(f"it took longer than {seconds} seconds", f"用时超过 {seconds} 秒") from None

    def _wait_seconds(self, error: Transient, tried: int) -> float:
        """The server's Retry-After, else exponential backoff; with jitter, at most `longest_wait_seconds`."""
        backoff = self._timeouts.backoff_seconds * 2 ** (tried - 1)
        wait = backoff if error.after_seconds is None else error.after_seconds
        jitter = random.uniform(1.0, 1.25)  # noqa: S311 - spreads load, not for security
        return min(wait * jitter, self._timeouts.longest_wait_seconds)

    async def _request(self, at: URL, headers: Mapping[str, str]) -> "aiohttp.ClientResponse":
        if self._guard.refuses(at):
            raise _url_refused()
        session = await self._session(at)
        with _translated_errors(), _valid_url_or_refused():
            async with asyncio.timeout(self._timeouts.head_seconds):
                return await session.get(at, headers=headers, allow_redirects=False)

    async def _session(self, at: URL) -> "aiohttp.ClientSession":
        """The session of hosts allowed by name, or of all others."""
        named = self._guard.allows_by_name(at)
        if not self._sessions:
            await asyncio.to_thread(import_module, "aiohttp")  # elsewhere: a server's event loop must not stand still
        if named not in self._sessions:
            from aiohttp import ClientSession, ClientTimeout, DummyCookieJar

            timeouts = self._timeouts
            self._sessions[named] = await self._stack.enter_async_context(
                ClientSession(
                    connector=self._guard.connector(named=named, resolver=self._resolver),
                    timeout=ClientTimeout(
                        total=None, sock_connect=timeouts.connect_seconds, sock_read=timeouts.idle_seconds
                    ),
                    headers={"Accept-Encoding": "identity", "User-Agent": USER_AGENT},
                    cookie_jar=DummyCookieJar(),
                    auto_decompress=False,
                    trust_env=False,
                )
            )
        return self._sessions[named]


@contextmanager
def _valid_url_or_refused() -> Generator[None]:
    """Translates the errors of invalid URLs. ValueError: the look-up of some names that no host can have."""
    import aiohttp

    try:
        yield
    except (aiohttp.InvalidURL, ValueError) as error:
        raise _not_a_url() from error


@contextmanager
def _translated_errors() -> Generator[None]:
    """Translates aiohttp's errors to `FetchError`, without their text."""
    import aiohttp

    try:
        yield
    except aiohttp.ClientConnectorDNSError as error:
        raise _unresolved(error) from None
    except aiohttp.ClientSSLError:
        raise Unreachable("its TLS certificate or handshake is not valid", "TLS 证书或握手无效") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefused):
            raise _url_refused() from None
        raise Transient("no connection to its server could be made", "无法连接到对方服务器") from None
    except TimeoutError:
        raise Transient("its server did not answer in time", "对方服务器未在限定时间内响应") from None
    except Undecodable:
        raise Unreachable(
            "its content does not match its Content-Encoding", "响应内容与其 Content-Encoding 不符"
        ) from None
    except aiohttp.ClientError:
        raise Transient("the connection was lost", "连接中断") from None


def _unresolved(error: "aiohttp.ClientConnectorDNSError") -> FetchError:
    """An unknown host is final; a name server that does not answer is not."""
    if error.os_error.errno == socket.EAI_AGAIN:
        return Transient("its host name could not be looked up", "主机名暂时无法解析")
    return Unreachable("its host name is unknown", "主机名不存在")


def _url_refused() -> UrlRefused:
    """The same message for every address that must not be fetched: it reveals nothing of the network."""
    return UrlRefused("its address is not public", "不是公网地址")


def _not_a_url() -> UrlRefused:
    return UrlRefused("it is not a valid http(s) URL", "不是有效的 http(s) 地址")


def _parsed(text: str) -> URL:
    try:
        return parse_url(clean_url(text))
    except ValueError as error:
        raise _not_a_url() from error


def _redirected(at: URL, response: "aiohttp.ClientResponse") -> URL:
    target = response.headers.get("Location")
    if not target:
        raise Unreachable("it redirects to nowhere", "重定向没有目标地址")
    try:
        return resolve_url(at, clean_url(target))
    except ValueError as error:
        raise _not_a_url() from error


def _check(response: "aiohttp.ClientResponse", *, ranged: bool) -> None:
    """Raises `FetchError` unless the response is a file, or the part of it that was requested."""
    status = f"HTTP {response.status}"
    if response.status in RETRIED_STATUSES:
        seconds = _retry_after(response.headers.get("Retry-After", ""))
        raise Transient(
            f"its server answers {status}",
            f"对方服务器返回 {status}",
            after_seconds=seconds,
            status=response.status,
        )
    if response.status != 200 and not (ranged and response.status == 206):
        raise Unreachable(f"its server answers {status}", f"对方服务器返回 {status}", status=response.status)
    decoding_of(response)


def decoding_of(response: "aiohttp.ClientResponse") -> Decoding:
    """The decoding of the response's body; false when it is not compressed. Raises `Unreachable` for an unknown one."""
    try:
        return Decoding(",".join(response.headers.getall("Content-Encoding", [])))
    except UnknownEncoding:
        raise Unreachable(
            "its server uses an unknown Content-Encoding", "对方服务器使用了未知的 Content-Encoding"
        ) from None


def _retry_after(value: str) -> float | None:
    """Retry-After in seconds, from either of its two forms; None for an invalid one."""
    with suppress(ValueError, OverflowError):
        if value.isdecimal():
            return float(value)
        import email.utils  # takes 8 ms

        parsed = email.utils.parsedate_tz(value)
        if parsed:
            return max(0.0, email.utils.mktime_tz(parsed) - time.time())
    return None
