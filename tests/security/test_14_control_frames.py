"""Row 14: frames that cost the server more than the client: floods of pings, empty pieces, long ids."""

import asyncio
import itertools
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from draftcast.server.websocket_connection import CONTROL_FRAMES_PER_SECOND, MOST_FRAGMENTS
from tests.support.listening import listening
from tests.support.server import Server
from tests.support.subscriber import subscriber

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
)
TEXT, PING, PONG, CLOSE, MORE = 0x81, 0x89, 0x8A, 0x88, 0x00


def frame(kind: int, payload: bytes = b"") -> bytes:
    """A masked frame, as clients send them."""
    length = bytes((0x80 | len(payload),)) if len(payload) < 126 else struct.pack("!BH", 0xFE, len(payload))
    return bytes((kind,)) + length + bytes(4) + payload


class Hearing:
    """Accepts, and keeps what it hears; between two messages it looks whether others have their turn."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.append(message["text"])


@pytest.fixture
def app() -> Hearing:
    return Hearing()


@pytest.fixture
def client(app: Hearing) -> Iterator[socket.socket]:
    with (
        listening(app, lifespan=False) as port,
        closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as found,
    ):
        found.sendall(HANDSHAKE)
        while not (answer := found.recv(4096)).endswith(b"\r\n\r\n"):
            assert answer
        yield found


def closed_with(client: socket.socket) -> int | None:
    """The code of the close frame that ends what is said; None where the connection just ends."""
    found = b""
    try:
        while piece := client.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    while found:
        kind, length = found[0], found[1]
        if kind == CLOSE:
            return int.from_bytes(found[2:4])
        found = found[2 + length :]
    return None


def test_pings_of_people_are_answered(client: socket.socket) -> None:
    client.sendall(frame(PING, b"x") * CONTROL_FRAMES_PER_SECOND)
    said = b""
    while len(said) < 3 * CONTROL_FRAMES_PER_SECOND:
        said += client.recv(4096)
    assert said == bytes((PONG, 1)) + b"x" + said[3:]
    assert said.count(b"x") == CONTROL_FRAMES_PER_SECOND


@pytest.mark.parametrize("kind", [PING, PONG], ids=["pings", "pongs"])
def test_a_flood_of_control_frames_ends_the_connection(client: socket.socket, kind: int) -> None:
    client.sendall(frame(kind, b"x" * 100) * (3 * CONTROL_FRAMES_PER_SECOND))
    assert closed_with(client) in (1008, None)


def test_a_message_of_endless_empty_frames_ends_the_connection(client: socket.socket, app: Hearing) -> None:
    client.sendall(frame(0x01, b"a") + frame(MORE) * (MOST_FRAGMENTS + 1))
    assert closed_with(client) == 1008
    assert app.heard == []


def test_a_message_in_some_frames_is_heard_whole(client: socket.socket, app: Hearing) -> None:
    client.sendall(frame(0x01, "视".encode()[:1]) + frame(MORE, "视".encode()[1:]) + frame(0x80, b"!"))
    client.sendall(frame(CLOSE, struct.pack("!H", 1000)))
    assert closed_with(client) == 1000
    assert app.heard == ["视!"]


def test_messages_that_come_together_are_heard_one_by_one_and_in_order(client: socket.socket, app: Hearing) -> None:
    texts = [f"{number} {os.urandom(20).hex()}" for number in range(3000)] + ["x" * 60_000, "the last"]
    client.sendall(b"".join(frame(TEXT, text.encode()) for text in texts) + frame(CLOSE, struct.pack("!H", 1000)))
    assert closed_with(client) == 1000
    assert app.heard == texts


def test_whoever_sends_many_messages_at_once_lets_others_be_heard_in_between() -> None:
    """A message is a turn of the loop's for the one who sends it, and a few thousand come in one packet."""
    turns: list[int] = []

    async def counting(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        heard = 0
        beside = asyncio.create_task(_beside(lambda: heard, turns))
        while (await receive())["type"] == "websocket.receive":
            heard += 1
        beside.cancel()

    with (
        listening(counting, lifespan=False) as port,
        closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as found,
    ):
        found.sendall(HANDSHAKE)
        found.recv(4096)
        found.sendall(frame(TEXT, b"x" * 30) * 5000 + frame(CLOSE, struct.pack("!H", 1000)))
        assert closed_with(found) == 1000
    assert max(later - earlier for earlier, later in itertools.pairwise(turns)) < 500


async def _beside(heard: Any, turns: list[int]) -> None:
    while True:
        turns.append(heard())
        await asyncio.sleep(0)


def test_a_text_that_is_none_ends_the_connection_without_a_traceback(
    client: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    client.sendall(frame(TEXT, b"\xff"))
    assert closed_with(client) == 1007
    assert not caplog.records


@pytest.mark.parametrize(("length", "taken"), [(128, True), (129, False), (60_000, False)])
def test_an_operation_s_id_has_128_characters_at_most(server: Server, length: int, taken: bool) -> None:
    with subscriber(server.socket_url) as client:
        client.send({"type": "subscribe", "id": "i" * length, "payload": {"query": "{ __typename }"}})
        if taken:
            assert client.receive()["id"] == "i" * length
        else:
            with pytest.raises(ConnectionClosed) as closed:
                client.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4400
