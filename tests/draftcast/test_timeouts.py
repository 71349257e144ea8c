"""A client that takes nothing of what it is sent is given up, and its connection freed."""

import asyncio
import socket
import threading
from contextlib import closing
from typing import Any

import pytest

from tests.support.listening import listening

PIECE = b"x" * 65_536


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("draftcast.server.timeouts.UNREAD_SECONDS", 0.3)


class Endless:
    """Sends until its client goes."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sending = asyncio.create_task(self._send(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        sending.cancel()
        self.ended.set()

    async def _send(self, send: Any) -> None:
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})


def test_who_reads_nothing_is_given_up() -> None:
    app = Endless()
    with (
        listening(app, lifespan=False) as port,
        closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert app.ended.wait(20)
