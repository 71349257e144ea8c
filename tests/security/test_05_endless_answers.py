"""Row 5: answers without an end, in size or in time, end; what was kept of them is gone."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.drafts.fetch import FetchLimits
from services.errors import ErrorCode
from services.http.client import Timeouts, TooLarge, Transient, Unreachable
from tests.support.fetching import LIMITS, QUICK, SHORT, content, failure, fetcher, kept, material, nothing
from tests.support.packing import packed_as
from tests.support.servers import DraftServer, breaking, endless, raw_server, silent, statuses, trickle

BODY = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


def test_an_endless_body_is_too_large_and_leaves_nothing(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = endless()
    error = failure(tmp_path, server, f"{server.base}/x")
    assert error.failure.code is ErrorCode.MATERIAL_TOO_LARGE
    assert str(LIMITS.material_bytes) in error.failure.message.en
    assert str(LIMITS.material_bytes) in error.failure.message.zh
    assert not kept(tmp_path)


def test_an_endless_draft_is_too_large(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = endless()
    with pytest.raises(TooLarge):
        content(tmp_path, server, f"{server.base}/x")


async def _announced(writer: Any) -> None:
    """Says that two gigabytes follow, and sends none."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n")
    await asyncio.Event().wait()


def test_a_content_length_over_the_limit_is_refused_without_waiting_for_the_body(
    tmp_path: Path, server: DraftServer
) -> None:
    with raw_server(_announced) as url:
        allowed = {"allow_hosts": ("127.0.0.1",), "timeouts": Timeouts()}
        with pytest.raises(TooLarge):
            content(tmp_path, server, url, **allowed)
        error = failure(tmp_path, server, url, **allowed)
    assert error.failure.code is ErrorCode.MATERIAL_TOO_LARGE
    assert str(LIMITS.material_bytes) in error.failure.message.en


def test_a_content_length_over_what_is_left_of_the_task_is_refused_without_waiting_for_the_body(
    tmp_path: Path, server: DraftServer
) -> None:
    limits = FetchLimits(draft_bytes=1, material_bytes=2_000_000_000, task_bytes=1_999_999_999)
    with raw_server(_announced) as url:
        allowed = {"allow_hosts": ("127.0.0.1",), "timeouts": Timeouts(), "limits": limits}
        error = failure(tmp_path, server, url, **allowed)
    assert error.failure.code is ErrorCode.MATERIAL_TOO_LARGE
    assert str(limits.task_bytes) in error.failure.message.zh


def test_memory_stays_flat_while_a_large_file_comes_in(tmp_path: Path, server: DraftServer) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    url = server.add_file("/x", large)
    limits = FetchLimits(draft_bytes=1, material_bytes=200_000_000, task_bytes=200_000_000)
    tracemalloc.start()
    try:

        async def run() -> int:
            async with fetcher(tmp_path, server, limits=limits, timeouts=Timeouts()) as running:
                return (await running.material(url, segment_id=None, on_bytes=nothing)).stat().st_size

        assert asyncio.run(run()) == 100_000_000
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


def test_all_materials_together_have_a_limit(tmp_path: Path, server: DraftServer) -> None:
    urls = [server.add_file(f"/part{number}", bytes([number]) * 3_000_000) for number in range(3)]
    error = failure(tmp_path, server, *urls)
    assert error.failure.code is ErrorCode.MATERIAL_TOO_LARGE
    assert error.failure.material_url == urls[2]
    assert str(LIMITS.task_bytes) in error.failure.message.en


def test_the_limit_of_all_materials_counts_those_of_earlier_attempts(tmp_path: Path, server: DraftServer) -> None:
    urls = [server.add_file(f"/part{number}", bytes([number]) * 3_000_000) for number in range(3)]
    for url in urls:
        material(tmp_path, server, url)
    assert failure(tmp_path, server, *urls).failure.code is ErrorCode.MATERIAL_TOO_LARGE


def test_a_download_that_begins_anew_counts_once_towards_the_limit(tmp_path: Path, server: DraftServer) -> None:
    limits = FetchLimits(draft_bytes=1, material_bytes=2_000_000, task_bytes=len(BODY))
    left = [900_000, 900_000, len(BODY)]

    async def longer(request: web.Request) -> web.StreamResponse:
        return await breaking(BODY, left.pop(0), etag=None)(request)

    server.answers["/x"] = longer
    assert material(tmp_path, server, f"{server.base}/x", limits=limits) == [BODY]


def _zeros(encoding: str, size: int) -> bytes:
    """So many zeros, packed."""
    body = bytes(size)
    for name in encoding.split(", "):
        body = packed_as(name, body)
    return body


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br, gzip"])
def test_a_body_that_unpacks_to_more_than_the_limit_is_too_large_in_little_memory(
    tmp_path: Path, server: DraftServer, encoding: str
) -> None:
    asked: list[str] = []
    packed = statuses([200], _zeros(encoding, 12_000_000), {"Content-Encoding": encoding})

    async def bomb(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers["Accept-Encoding"])
        return await packed(request)

    server.answers["/x"] = bomb
    tracemalloc.start()
    try:
        error = failure(tmp_path, server, f"{server.base}/x")
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()
    assert error.failure.code is ErrorCode.MATERIAL_TOO_LARGE
    assert asked == ["identity"]
    assert not kept(tmp_path)
    with pytest.raises(TooLarge):
        content(tmp_path, server, f"{server.base}/x")


@pytest.mark.parametrize("start", [b"", b"z" * 1_000_000])
def test_a_trickle_is_given_up_however_well_it_began(tmp_path: Path, server: DraftServer, start: bytes) -> None:
    server.answers["/x"] = trickle(start)
    timeouts = replace(QUICK, window_seconds=0.2)
    error = failure(tmp_path, server, f"{server.base}/x", timeouts=timeouts)
    assert "slowly" in error.failure.message.en
    assert server.requests["/x"] == 1
    assert not kept(tmp_path)


@pytest.mark.parametrize("timeouts", [SHORT, replace(QUICK, idle_seconds=0.3, tries=2)])
def test_silence_is_given_up(tmp_path: Path, server: DraftServer, timeouts: Timeouts) -> None:
    server.answers["/x"] = silent()
    with pytest.raises(Transient, match="in time"):
        content(tmp_path, server, f"{server.base}/x", timeouts=timeouts)
    assert server.requests["/x"] == 2


def test_silence_in_the_middle_of_a_file_is_given_up(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = trickle(b"z" * 1000, every_seconds=60)
    error = failure(tmp_path, server, f"{server.base}/x", timeouts=replace(QUICK, idle_seconds=0.3, tries=2))
    assert "in time" in error.failure.message.en
    assert not kept(tmp_path)


async def _forever_continue(writer: Any) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _dripping_head(writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(5000):
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("answer", [_forever_continue, _dripping_head])
def test_a_head_without_an_end_is_given_up(tmp_path: Path, server: DraftServer, answer: Any) -> None:
    with raw_server(answer) as url, pytest.raises(Transient, match="in time"):
        content(tmp_path, server, url, allow_hosts=("127.0.0.1",), timeouts=SHORT)


async def _long_head(writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n")
    await writer.drain()


async def _nonsense(writer: Any) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


@pytest.mark.parametrize("answer", [_long_head, _nonsense])
def test_what_is_not_http_is_told_without_a_word_of_it(tmp_path: Path, server: DraftServer, answer: Any) -> None:
    with raw_server(answer) as url:
        error = failure(tmp_path, server, url, allow_hosts=("127.0.0.1",))
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "SSH" not in str(error.failure)


def test_a_file_has_a_time_limit_over_all_tries(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = endless(b"x" * 100)
    timeouts = Timeouts(wall_seconds=0.2, min_bytes_per_second=0)
    limits = FetchLimits(draft_bytes=10**12, material_bytes=10**12, task_bytes=10**12)
    error = failure(tmp_path, server, f"{server.base}/x", timeouts=timeouts, limits=limits)
    assert error.failure.code is ErrorCode.MATERIAL_UNREACHABLE
    assert "0.2 seconds" in error.failure.message.en


def test_a_draft_that_comes_slowly_ends_long_before_a_render_would(tmp_path: Path, server: DraftServer) -> None:
    server.answers["/x"] = trickle(b"{")
    with pytest.raises(Unreachable) as caught:
        content(tmp_path, server, f"{server.base}/x", timeouts=Timeouts(draft_wall_seconds=0.2))
    assert "0.2 seconds" in caught.value.reason.en
    assert Timeouts().draft_wall_seconds < Timeouts().wall_seconds
