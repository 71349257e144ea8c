"""Our way of sending text beside uvicorn's own."""

from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.listening import listening


class Echo:
    """Sends back what it gets, until the client goes; then once more."""

    told_that_it_is_too_late = False

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        """See ASGI."""
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})
        try:
            await send({"type": "websocket.send", "text": "too late"})
        except OSError:
            self.told_that_it_is_too_late = True


def connected(port: int) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65535, 65536, 70_000])
def test_a_text_of_any_length_arrives_as_it_is(length: int) -> None:
    with listening(Echo(), lifespan=False) as port, connected(port) as client:
        for text in ("x" * length, "视" * (length // 3)):
            client.send(text)
            assert client.recv(10) == text


def test_bytes_stay_bytes() -> None:
    with listening(Echo(), lifespan=False) as port, connected(port) as client:
        client.send(b"\x00\xff")
        assert client.recv(10) == b"\x00\xff"


def test_who_sends_to_a_client_that_has_gone_is_told() -> None:
    app = Echo()
    with listening(app, lifespan=False) as port, connected(port) as client:
        client.send("x")
        assert client.recv(10) == "x"
    assert app.told_that_it_is_too_late
