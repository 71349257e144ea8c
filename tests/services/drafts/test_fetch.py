import asyncio
import hashlib
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from services.errors import ErrorCode, Failed
from services.http.client import Timeouts, Unreachable, UrlRefused
from tests.support.fetching import content, failure, fetcher, kept, material, nothing
from tests.support.names import Names
from tests.support.servers import (
    Answer,
    DraftServer,
    breaking,
    endless,
    redirect_loop,
    statuses,
)

BODY = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(tmp_path: Path, server: DraftServer, status: int) -> None:
    server.answers["/x"] = statuses([status, status, 200], b"fine")
    assert material(tmp_path, server, f"{server.base}/x") == [b"fine"]
    assert server.requests["/x"] == 3


def test_after_four_tries_it_is_given_up(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = statuses([503])
    error = failure(tmp_path, server, f"{server.base}/x")
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "503" in error.failure.message.en
    assert "503" in error.failure.message.zh
    assert server.requests["/x"] == 4


@pytest.mark.parametrize(
    "value", ["0", "Fri, 01 Jan 2021 00:00:00 GMT", "86400", "Fri, 31 Dec 99999 23:59:59 GMT", "²"]
)
def test_retry_after_is_heeded_within_bounds_whatever_it_says(tmp_path: Path, server: DraftServer, value: str) -> None:
    server.answers["/x"] = statuses([429, 200], b"fine", {"Retry-After": value})
    assert content(tmp_path, server, f"{server.base}/x") == b"fine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 416, 204, 206, 304])
def test_any_other_status_is_final_at_once(tmp_path: Path, server: DraftServer, status: int) -> None:
    server.answers["/x"] = statuses([status])
    error = failure(tmp_path, server, f"{server.base}/x")
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert error.failure.material_url == f"{server.base}/x"
    assert error.failure.segment_id == "s1"
    assert str(status) in error.failure.message.en
    assert server.requests["/x"] == 1


@pytest.mark.parametrize(("number", "asked"), [(socket.EAI_NONAME, 1), (socket.EAI_AGAIN, 4)])
def test_an_unknown_host_is_final_but_a_silent_name_server_is_not(
    tmp_path: Path, server: DraftServer, number: int, asked: int
) -> None:
    names = Names(socket.gaierror(number, "no such luck"))
    error = failure(tmp_path, server, "http://nowhere.example/x", resolver=names)
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "host name" in error.failure.message.en
    assert names.asked == asked


def test_a_port_where_nobody_listens_is_unreachable(tmp_path: Path, server: DraftServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        error = failure(tmp_path, server, f"http://{host}/x", allow_hosts=(host,))
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE


def test_plain_http_behind_https_is_final_at_once(tmp_path: Path, server: DraftServer) -> None:
    with pytest.raises(Unreachable, match="TLS"):
        content(tmp_path, server, f"https://{server.host}/x")


def test_redirects_end_after_five(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/loop"] = redirect_loop()
    with pytest.raises(Unreachable, match="redirects"):
        content(tmp_path, server, f"{server.base}/loop")
    assert server.requests["/loop"] == 6


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname", "ftp://example.com/x", "//example.com", "x", "", "http://", "http://[x", "http:///x",
        "http://a..b/", f"http://{'a' * 300}/", "http://127.0.0.1:99999/", "http://\ud800/", "data:text/plain,x",
    ],
)  # fmt: skip
def test_only_http_urls_are_fetched(tmp_path: Path, server: DraftServer, url: str) -> None:
    with pytest.raises(UrlRefused):
        content(tmp_path, server, url)
    assert failure(tmp_path, server, url).failure.code is ErrorCode.MATERIAL_REFUSED


def test_names_that_are_not_escaped_are_found(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/素材/片段 100%.mp4", b"found")
    assert material(tmp_path, server, url, f"\ufeff{url[:20]}\u200b{url[20:]}") == [b"found", b"found"]


def test_line_breaks_in_a_url_add_no_headers(tmp_path: Path, server: DraftServer) -> None:
    seen: list[str] = []

    async def note(request: web.Request) -> web.Response:
        seen.extend(request.headers)
        return web.Response()

    server.answers["/xX-Evil: 1"] = note
    content(tmp_path, server, f"{server.base}/x\r\nX-Evil: 1")
    assert "Host" in seen
    assert "X-Evil" not in seen


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = breaking(BODY, 400_000)
    seen: list[int] = []

    async def run() -> bytes:
        async with fetcher(tmp_path, server) as running:
            path = await running.material(f"{server.base}/x", segment_id=None, on_bytes=seen.append)
            return path.read_bytes()

    assert asyncio.run(run()) == BODY
    assert server.ranges["/x"][0] == ""
    assert all(asked.startswith("bytes=") for asked in server.ranges["/x"][1:])
    assert sum(seen) == len(BODY)


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_without_a_strong_validator_a_broken_download_begins_anew(
    tmp_path: Path, server: DraftServer, etag: str | None
) -> None:
    left = [400_000, 700_000, len(BODY)]

    async def longer(request: web.Request) -> web.StreamResponse:
        return await breaking(BODY, left.pop(0), etag=etag)(request)

    server.answers["/x"] = longer
    seen: list[int] = []

    async def run() -> bytes:
        async with fetcher(tmp_path, server) as running:
            path = await running.material(f"{server.base}/x", segment_id=None, on_bytes=seen.append)
            return path.read_bytes()

    assert asyncio.run(run()) == BODY
    assert server.ranges["/x"] == ["", "", ""]
    assert sum(seen) == len(BODY)
    assert min(seen) > 0


def _answering(headers: dict[str, str], status: int = 206, body: bytes = b"y" * 100) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return answer


@pytest.mark.parametrize(
    "second",
    [
        _answering({"Content-Range": f"bytes 0-99/{len(BODY)}", "ETag": '"v1"'}),
        _answering({"Content-Range": f"bytes 400000-400099/{len(BODY) + 1}", "ETag": '"v1"'}),
        _answering({"Content-Range": f"bytes 400000-400099/{len(BODY)}", "ETag": '"v2"'}),
        _answering({"Content-Range": "bytes", "ETag": '"v1"'}),
        _answering({"ETag": '"v1"'}),
        _answering({}, status=416),
        breaking(BODY, 100, etag='"v2"', ranges=False),
    ],
)
def test_a_part_that_does_not_continue_the_file_makes_it_begin_anew(
    tmp_path: Path, server: DraftServer, second: Answer
) -> None:
    answers = [_first_piece(400_000), second, breaking(BODY, len(BODY), ranges=False)]

    async def each(request: web.Request) -> web.StreamResponse:
        return await answers.pop(0)(request)

    server.answers["/x"] = each
    assert material(tmp_path, server, f"{server.base}/x") == [BODY]
    assert server.ranges["/x"][1].startswith("bytes=")
    assert not server.ranges["/x"][2].startswith("bytes=4")


def _first_piece(size: int) -> Answer:
    """A body that ends early but in order, so that exactly `size` bytes arrive."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"ETag": '"v1"', "Content-Length": str(len(BODY))})
        await response.prepare(request)
        await response.write(BODY[:size])
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def test_a_part_that_is_shorter_than_it_should_be_is_not_the_end(tmp_path: Path, server: DraftServer) -> None:
    def part(start: int, end: int) -> Answer:
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{len(BODY)}", "ETag": '"v1"'}
        return _answering(headers, body=BODY[start:end])

    answers = [_first_piece(400_000), part(400_000, 500_000), part(500_000, len(BODY))]

    async def each(request: web.Request) -> web.StreamResponse:
        return await answers.pop(0)(request)

    server.answers["/x"] = each
    assert material(tmp_path, server, f"{server.base}/x") == [BODY]
    assert server.ranges["/x"] == ["", "bytes=400000-", "bytes=500000-"]


def test_a_body_shorter_than_its_content_length_is_never_taken_for_the_file(
    tmp_path: Path, server: DraftServer
) -> None:
    server.answers["/x"] = _first_piece(1000)
    assert failure(tmp_path, server, f"{server.base}/x").failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert not kept(tmp_path)


def test_a_material_is_fetched_once_by_all_who_ask_and_by_later_attempts(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/x", b"x" * 1000)

    async def run(times: int) -> list[int]:
        seen: list[int] = []
        async with fetcher(tmp_path, server) as running:
            await asyncio.gather(*(running.material(url, segment_id=None, on_bytes=seen.append) for _ in range(times)))
        return seen

    for _ in range(3):
        assert asyncio.run(run(5)) == [1000]
    assert server.requests["/x"] == 1


def test_equal_files_of_several_addresses_are_kept_once_and_named_by_their_content(
    tmp_path: Path, server: DraftServer
) -> None:
    material(tmp_path, server, server.add_file("/one.mp4", BODY), server.add_file("/other.png", BODY))
    assert [path.name for path in kept(tmp_path)] == [hashlib.sha256(BODY).hexdigest()]


def test_a_kept_file_that_was_cut_is_fetched_again(tmp_path: Path, server: DraftServer) -> None:
    url = server.add_file("/x", BODY)
    material(tmp_path, server, url)
    kept(tmp_path)[0].write_bytes(b"")
    assert material(tmp_path, server, url) == [BODY]


def test_leftovers_of_a_killed_attempt_are_removed(tmp_path: Path, server: DraftServer) -> None:
    folder = tmp_path / "materials"
    folder.mkdir()
    (folder / "1234.part").write_bytes(b"x")
    material(tmp_path, server, server.add_file("/x", b"y"))
    assert len(kept(tmp_path)) == 1


def test_at_most_four_connections_go_to_one_host(tmp_path: Path, server: DraftServer) -> None:
    inside = most = 0

    async def counted(_request: web.Request) -> web.Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.05)
        inside -= 1
        return web.Response(body=b"x")

    for number in range(12):
        server.answers[f"/{number}"] = counted

    async def run() -> None:
        async with fetcher(tmp_path, server) as running, asyncio.TaskGroup() as group:
            for number in range(12):
                url = f"{server.base}/{number}"
                group.create_task(running.material(url, segment_id=None, on_bytes=nothing))

    asyncio.run(run())
    assert most == 4


def test_waiting_for_a_turn_does_not_count_as_the_far_sides_silence(tmp_path: Path, server: DraftServer) -> None:
    async def steady(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(15):
            await response.write(b"x" * 10_000)
            await asyncio.sleep(0.1)
        return response

    for number in range(5):
        server.answers[f"/{number}"] = steady
    timeouts = Timeouts(head_seconds=1, tries=1)

    async def run() -> None:
        async with fetcher(tmp_path, server, timeouts=timeouts) as running, asyncio.TaskGroup() as group:
            for number in range(5):
                url = f"{server.base}/{number}"
                group.create_task(running.material(url, segment_id=None, on_bytes=nothing))

    asyncio.run(run())
    assert all(count == 1 for count in server.requests.values())


def test_a_cancelled_download_leaves_nothing(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = endless(b"x" * 1000)

    async def run() -> None:
        began = asyncio.Event()
        async with fetcher(tmp_path, server) as running:
            url = f"{server.base}/x"
            task = asyncio.ensure_future(running.material(url, segment_id=None, on_bytes=lambda _: began.set()))
            await began.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert not kept(tmp_path)


def test_an_error_of_the_caller_stays_the_callers(tmp_path: Path, server: DraftServer) -> None:
    def broken(_size: int) -> None:
        raise ValueError("mine")

    async def run() -> None:
        async with fetcher(tmp_path, server) as running:
            await running.material(server.add_file("/x", b"x"), segment_id=None, on_bytes=broken)

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(run())


def test_a_full_disk_is_told_as_such(tmp_path: Path, server: DraftServer, monkeypatch: pytest.MonkeyPatch) -> None:
    name = uuid.uuid4()
    monkeypatch.setattr(uuid, "uuid4", lambda: name)

    async def run() -> None:
        async with fetcher(tmp_path, server) as running:
            (tmp_path / "materials" / f"{name.hex}.part").symlink_to("/dev/full")
            await running.material(server.add_file("/x", BODY), segment_id="s1", on_bytes=nothing)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    assert caught.value.failure.code is ErrorCode.OUT_OF_DISK
    assert not kept(tmp_path)


def test_secrets_of_a_url_are_not_in_its_error(tmp_path: Path, server: DraftServer) -> None:
    url = f"http://user:canary1@{server.host}/none.mp4?token=canary2#canary3"
    error = failure(tmp_path, server, url)
    assert "canary" not in str(error.failure)
    assert error.failure.material_url == f"{server.base}/none.mp4"
