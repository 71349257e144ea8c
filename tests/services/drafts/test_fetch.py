import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from services.drafts.fetch import Fetcher, FetchLimits, NotThere, Patience, Refused, TooLarge, Transient, Unfetched
from services.errors import ErrorCode, Failed
from tests.support.servers import DraftServer, statuses

LIMITS = FetchLimits(draft_bytes=1000, material_bytes=5_000_000, task_bytes=8_000_000)
SHORT = Patience(
    connect_seconds=1,
    idle_seconds=0.5,
    grace_seconds=0.3,
    least_rate=1000,
    backoff_seconds=0.01,
    longest_wait_seconds=0.05,
)


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


def fetcher(folder: Path, server: DraftServer, **options: Any) -> Fetcher:
    chosen: dict[str, Any] = {"allow_hosts": (server.host,), "limits": LIMITS, "patience": SHORT, **options}
    return Fetcher(cache_dir=folder / "materials", **chosen)


def nothing(_size: int) -> None:
    pass


async def content(folder: Path, server: DraftServer, url: str, **options: Any) -> bytes:
    async with fetcher(folder, server, **options) as running:
        return (await running.content(url, nothing))[0]


async def material(folder: Path, server: DraftServer, url: str, **options: Any) -> bytes:
    async with fetcher(folder, server, **options) as running:
        return (await running.material(url, segment_id="s1", on_bytes=nothing)).read_bytes()


def failure(folder: Path, server: DraftServer, url: str, **options: Any) -> Failed:
    with pytest.raises(Failed) as caught:
        asyncio.run(material(folder, server, url, **options))
    return caught.value


SPELLINGS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://2130706433:{port}/",
    "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/", "http://0177.0.0.1:{port}/", "http://127.1:{port}/",
    "http://127.0.1:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/", "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://127.0.0.1.:{port}/", "http://localhost.:{port}/", "http://LOCALHOST:{port}/", "http://user:pw@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/?x=1#y", "http://①②⑦.⓪.⓪.①:{port}/", "http://127。0。0。1:{port}/", "http://127.0.0.2:{port}/",
    "http://127.255.255.254:{port}/", "http://017700000001:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/", "http:////127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/", "http://\u200b127.0.0.1:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_private_address_is_connected_to(tmp_path: Path, spelling: str) -> None:
    with DraftServer() as server:
        server.answers["/"] = statuses([200], b"inside")
        with pytest.raises(Unfetched):
            asyncio.run(content(tmp_path, server, spelling.format(port=server.port), allow_hosts=()))
        assert not server.requests


def test_open_and_closed_ports_of_the_inside_give_the_same_error(tmp_path: Path, server: DraftServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    texts: set[str] = set()
    for address in (server.base, f"http://127.0.0.1:{port}", "http://169.254.169.254", "http://10.0.0.1:22"):
        error = failure(tmp_path, server, f"{address}/x", allow_hosts=())
        assert error.failure.code is ErrorCode.MATERIAL_REFUSED
        texts.add(error.failure.message.en.replace(address, ""))
    assert len(texts) == 1


class Turning(AbstractResolver):
    """Answers with each address in turn, as a rebinding name server would."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
        ]

    async def close(self) -> None:
        pass


def test_a_name_that_turns_private_after_a_redirect_is_refused(tmp_path: Path, server: DraftServer) -> None:
    async def hop(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"http://rebound.example:{server.port}/secret"})

    server.answers["/start"] = hop
    server.answers["/secret"] = statuses([200], b"secret")
    with pytest.raises(Refused):
        asyncio.run(content(tmp_path, server, f"{server.base}/start", resolver=Turning("127.0.0.1")))
    assert server.requests["/secret"] == 0


def test_a_redirect_to_a_host_that_is_not_allowed_is_refused(tmp_path: Path, server: DraftServer) -> None:
    with DraftServer() as inside:
        inside.answers["/"] = statuses([200], b"inside")

        async def hop(_request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": f"{inside.base}/"})

        server.answers["/start"] = hop
        with pytest.raises(Refused):
            asyncio.run(content(tmp_path, server, f"{server.base}/start"))
        assert not inside.requests


def test_a_network_in_allow_hosts_opens_its_addresses(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/a", b"abc")
    assert asyncio.run(content(tmp_path, server, url, allow_hosts=("127.0.0.0/8",))) == b"abc"


def test_redirects_end_after_five(tmp_path: Path, server: DraftServer) -> None:
    async def again(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": str(request.url)})

    server.answers["/loop"] = again
    with pytest.raises(NotThere, match="redirects"):
        asyncio.run(content(tmp_path, server, f"{server.base}/loop"))
    assert server.requests["/loop"] == 6


def test_a_busy_server_is_tried_again_and_retry_after_is_heeded(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/busy"] = statuses([503, 429, 200], b"fine", {"Retry-After": "0"})
    assert asyncio.run(material(tmp_path, server, f"{server.base}/busy")) == b"fine"


def test_a_missing_file_is_final_at_once(tmp_path: Path, server: DraftServer) -> None:
    error = failure(tmp_path, server, f"{server.base}/none")
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert error.failure.material_url == f"{server.base}/none"
    assert error.failure.segment_id == "s1"
    assert server.requests["/none"] == 1


def test_an_unknown_host_is_final_at_once(tmp_path: Path, server: DraftServer) -> None:
    error = failure(tmp_path, server, "http://unknown.invalid/x")
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "unknown" in error.failure.message.en


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path, server: DraftServer) -> None:
    body = bytes(range(256)) * 4000
    ranges: list[str] = []

    async def cut(request: web.Request) -> web.StreamResponse:
        asked = request.headers.get("Range", "")
        ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        headers = {"ETag": '"v1"', "Content-Length": str(len(body) - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        await response.write(body[start : start + 400_000])
        if start + 400_000 < len(body):
            assert request.transport is not None
            request.transport.abort()
        return response

    server.answers["/big"] = cut
    seen: list[int] = []

    async def run() -> bytes:
        async with fetcher(tmp_path, server) as running:
            path = await running.material(f"{server.base}/big", segment_id=None, on_bytes=seen.append)
            return path.read_bytes()

    assert asyncio.run(run()) == body
    assert ranges[0] == ""
    assert all(asked.startswith("bytes=") for asked in ranges[1:])
    assert sum(seen) == len(body)


def test_a_material_is_fetched_once_for_all_attempts(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/once", b"x" * 1000)

    async def both() -> None:
        async with fetcher(tmp_path, server) as running:
            await asyncio.gather(*(running.material(url, segment_id=None, on_bytes=nothing) for _ in range(5)))

    asyncio.run(both())
    asyncio.run(both())
    assert server.requests["/once"] == 1


def test_an_endless_body_is_too_large(tmp_path: Path, server: DraftServer) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 65536)
        return response

    server.answers["/endless"] = endless
    error = failure(tmp_path, server, f"{server.base}/endless")
    assert error.failure.code is ErrorCode.MATERIAL_TOO_LARGE
    assert str(LIMITS.material_bytes) in error.failure.message.en
    assert not list((tmp_path / "materials").glob("*.part"))


def test_a_content_length_over_the_limit_is_refused_before_the_body(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/draft", b"x" * 2000)
    with pytest.raises(TooLarge):
        asyncio.run(content(tmp_path, server, url))


def test_all_materials_together_have_a_limit(tmp_path: Path, server: DraftServer) -> None:
    urls = [server.add_file(f"/part{number}", bytes([number]) * 3_000_000) for number in range(3)]

    async def run() -> None:
        async with fetcher(tmp_path, server) as running:
            for url in urls:
                await running.material(url, segment_id=None, on_bytes=nothing)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    assert caught.value.failure.code is ErrorCode.MATERIAL_TOO_LARGE


def test_compressed_answers_are_not_unpacked(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/gzip"] = statuses([200], b"\x1f\x8b" + b"0" * 50, {"Content-Encoding": "gzip"})
    with pytest.raises(NotThere, match="compressed"):
        asyncio.run(content(tmp_path, server, f"{server.base}/gzip"))


def test_a_trickle_is_given_up(tmp_path: Path, server: DraftServer) -> None:
    stop = threading.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not stop.is_set():
            await response.write(b"x")
            await asyncio.sleep(0.05)
        return response

    server.answers["/slow"] = trickle
    error = failure(tmp_path, server, f"{server.base}/slow")
    stop.set()
    assert "slowly" in error.failure.message.en


def test_silence_is_given_up(tmp_path: Path, server: DraftServer) -> None:
    async def silent(_request: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    server.answers["/silent"] = silent
    with pytest.raises(Transient, match="in time"):
        asyncio.run(content(tmp_path, server, f"{server.base}/silent"))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/x", "//example.com", "x", "http://", "http://[x"]
)
def test_only_http_urls_are_fetched(tmp_path: Path, server: DraftServer, url: str) -> None:
    with pytest.raises(Refused):
        asyncio.run(content(tmp_path, server, url))


def test_remote_names_are_never_file_names(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/..%2f..%2fescape", b"x")
    server.add_file("/../../escape", b"x")
    server.answers["/escape"] = statuses([200], b"escaped")
    for name in ("/..%2f..%2fescape", "/escape?name=../../../x", "/escape#\0"):
        try:
            asyncio.run(material(tmp_path, server, server.base + name))
        except Failed:
            continue
    assert url
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path / "materials"]
    assert not outside
