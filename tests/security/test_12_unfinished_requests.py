"""Rows 12 and 14: heads, bodies and connections that somebody begins and does not end, before anyone asks for a key."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import psutil
import pytest

from draftcast.server.http_connection import LARGEST_HEAD_BYTES, MOST_HEADERS, MOST_PIPELINED, ConnectionLimits
from tests.support.listening import listening
from tests.support.process import Served, served

MEGABYTE = 1024 * 1024
ADDRESS = "127.0.0.1"


async def app(_: Any, receive: Any, send: Any) -> None:
    """Answers when the whole body has come, with its length; does not answer a request that breaks off."""
    length = 0
    while (message := await receive())["type"] == "http.request":
        length += len(message["body"])
        if not message["more_body"]:
            text = str(length).encode()
            headers = [(b"content-length", str(len(text)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": text})
            return


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening(app, lifespan=False) as found:
        yield found


def connected(port: int) -> "closing[socket.socket]":
    return closing(socket.create_connection((ADDRESS, port), timeout=20))


def said(client: socket.socket) -> bytes:
    """All that is said until the connection is closed."""
    found = b""
    try:
        while piece := client.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def sent(client: socket.socket, piece: bytes, times: int) -> None:
    """Send the piece so often, or until nobody takes it."""
    try:
        for _ in range(times):
            client.sendall(piece)
    except OSError:
        pass


ENDLESS = {
    "a path": (b"GET /", b"a" * 4096),
    "a query": (b"GET /?", b"a" * 4096),
    "a header": (b"GET / HTTP/1.1\r\nhost: a\r\na: ", b"a" * 4096),
    "a header's name": (b"GET / HTTP/1.1\r\nhost: a\r\n", b"a" * 4096),
    "headers": (b"GET / HTTP/1.1\r\nhost: a\r\n", b"a: b\r\n" * 500),
    "empty lines": (b"", b"\r\n" * 2048),
    "trailers": (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"a: b\r\n" * 500),
    "a chunk's extension": (
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;",
        b"a" * 4096,
    ),
}


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_refused_after_64_kilobytes(port: int, begin: bytes, more: bytes) -> None:
    with connected(port) as client:
        client.sendall(begin + more * (2 * LARGEST_HEAD_BYTES // len(more) + 1))
        assert said(client)[:13] in (b"HTTP/1.1 431 ", b"")  # nothing: there was more than it would read


@pytest.mark.parametrize("size", [100, 16_000, 60_000])
def test_a_long_head_that_ends_is_taken_in_one_piece_and_in_many(port: int, size: int) -> None:
    head = b"GET /?" + b"a" * (size // 2) + b" HTTP/1.1\r\nhost: a\r\nx: " + b"b" * (size // 2) + b"\r\n\r\n"
    with connected(port) as client:
        for pieces in (1, 7):
            step = len(head) // pieces + 1
            for start in range(0, len(head), step):
                client.sendall(head[start : start + step])
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_head_of_64_kilobytes_and_one_is_refused_also_in_one_piece(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"b" * LARGEST_HEAD_BYTES + b"\r\n\r\n")
        assert said(client).startswith(b"HTTP/1.1 431 ")


def test_a_request_with_more_headers_than_anyone_needs_is_refused(port: int) -> None:
    for number, status in ((MOST_HEADERS - 1, b"200"), (MOST_HEADERS, b"431")):
        with connected(port) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * number + b"\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 " + status)


def test_bodies_in_many_small_chunks_are_taken(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 40_000)
        client.sendall(b"0\r\n\r\n")
        assert client.recv(4096).endswith(b"40000")


def test_half_heads_and_half_bodies_end_by_themselves() -> None:
    json = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
    halves = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\n", b"\r\n", json]
    callers = ConnectionLimits(head_seconds=0.3, body_seconds=0.3)
    with listening(app, lifespan=False, callers=callers) as port, ExitStack() as stack:
        clients = [stack.enter_context(connected(port)) for _ in range(len(halves))]
        for client, half in zip(clients, halves, strict=True):
            client.sendall(half)
        for client in clients:
            assert said(client).startswith(b"HTTP/1.1 408 ")
        with connected(port) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_trickle_does_not_put_the_end_off() -> None:
    with listening(app, lifespan=False, callers=ConnectionLimits(head_seconds=0.5)) as port, connected(port) as client:
        answer = b""
        client.settimeout(0.05)
        client.sendall(b"GET /")
        for _ in range(200):
            try:
                if answer := client.recv(100):
                    break
            except TimeoutError:
                client.sendall(b"a")
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_the_body_of_an_upload_may_take_longer_than_one_of_json() -> None:
    head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/zip\r\ncontent-length: 2\r\n\r\na"
    callers = ConnectionLimits(head_seconds=0.2, body_seconds=0.2)
    with listening(app, lifespan=False, callers=callers) as port, connected(port) as slow, connected(port) as other:
        slow.sendall(head)
        assert said(other).startswith(b"HTTP/1.1 408 ")
        slow.sendall(b"b")
        assert slow.recv(4096).endswith(b"2")


def test_whoever_waits_for_longest_makes_room_when_unfinished_requests_hold_too_much() -> None:
    callers = ConnectionLimits(most_bytes=MEGABYTE)
    with listening(app, lifespan=False, callers=callers) as port, ExitStack() as stack:
        clients = [stack.enter_context(connected(port)) for _ in range(20)]
        for client in clients:
            client.sendall(b"GET /" + b"a" * 60_000)
        assert said(clients[0]).startswith(b"HTTP/1.1 408 ")
        clients[-1].sendall(b" HTTP/1.1\r\nhost: a\r\n\r\n")
        assert clients[-1].recv(4096).startswith(b"HTTP/1.1 200 ")


def test_an_address_has_so_many_connections_and_this_machine_is_not_counted() -> None:
    callers = ConnectionLimits(most_of_an_address=2)
    assert [callers.add("address 192.0.2.1") for _ in range(3)] == [True, True, False]
    assert callers.add("address 192.0.2.2")
    for _ in range(3):
        callers.remove("address 192.0.2.1")
    assert callers.add("address 192.0.2.1")
    with listening(app, lifespan=False, callers=callers) as port, ExitStack() as stack:
        clients = [stack.enter_context(connected(port)) for _ in range(5)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_requests_that_wait_for_one_another_are_counted() -> None:
    """The first is never answered; a packet holds thousands of others."""

    async def silent(_: Any, receive: Any, __: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    one = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
    with listening(silent, lifespan=False) as port, connected(port) as client:
        client.sendall(one * (MOST_PIPELINED + 2))
        assert said(client) == b""


def test_requests_that_come_together_are_answered_in_order(port: int) -> None:
    ones = [b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % n + b"a" * n for n in range(1, 60)]
    with connected(port) as client:
        client.sendall(b"".join(ones) + b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        bodies = [answer.partition(b"\r\n\r\n")[2] for answer in said(client).split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [int(body) for body in bodies] == [*range(1, 60), 0]


def test_who_is_being_answered_is_told_of_the_end_also_when_others_wait_behind() -> None:
    told = asyncio.Event()

    async def silent(_: Any, receive: Any, __: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        told.set()

    with listening(silent, lifespan=False) as port:
        with connected(port) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * 2)
        with connected(port) as client:  # by its end, the server has heard of the first one's
            client.sendall(b"x\r\n\r\n")
            assert said(client).startswith(b"HTTP/1.1 400 ")
    assert told.is_set()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("bounded"), "--no-worker") as running:
        running.start()
        yield running


def test_strangers_fill_no_more_than_50_megabytes_with_heads(process: Served) -> None:
    memory = psutil.Process(process.pid).memory_info
    before = memory().rss
    small = b"GET / HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * 100
    half = b"GET / HTTP/1.1\r\nhost: a\r\n" + b"x: " + b"a" * 30_000 + b"\r\ny: " + b"b" * 30_000
    with ExitStack() as stack:
        for number in range(900):
            client = stack.enter_context(connected(process.port))
            sent(client, half if number % 2 else small, 1)
        sent(stack.enter_context(connected(process.port)), b"GET /" + b"a" * MEGABYTE, 4)
        assert process.server.get("/healthz").status == 200
        assert memory().rss - before < 50 * MEGABYTE
