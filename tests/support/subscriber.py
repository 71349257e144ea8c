"""A websocket client of graphql-transport-ws, message by message."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")
SECONDS = 15


class Subscriber:
    """One open socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = 0

    def send(self, message: object) -> None:
        """Send a value as JSON."""
        self.socket.send(json.dumps(message))

    def receive(self) -> Any:
        """The next message. Raises ConnectionClosed or TimeoutError."""
        return json.loads(self.socket.recv(timeout=SECONDS))

    def subscribe(self, query: str, **variables: object) -> str:
        """Begin an operation; gives its id."""
        self._ids += 1
        payload = {"query": query, "variables": variables}
        self.send({"type": "subscribe", "id": str(self._ids), "payload": payload})
        return str(self._ids)

    def next(self) -> Any:
        """The data of the next message, which must be a `next` without errors."""
        message = self.receive()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    def rest(self) -> Iterator[Any]:
        """The data of all messages until the operation completes."""
        while (message := self.receive())["type"] == "next":
            yield message["payload"]["data"]
        assert message["type"] == "complete", message


@contextmanager
def socket(url: str, *, origin: Origin | None = None) -> Generator[Subscriber]:
    """A new socket, before any message."""
    with connect(url, subprotocols=[PROTOCOL], compression=None, origin=origin) as connection:
        yield Subscriber(connection)


@contextmanager
def subscriber(url: str) -> Generator[Subscriber]:
    """A socket that has been acknowledged."""
    with socket(url) as found:
        found.send({"type": "connection_init"})
        assert found.receive() == {"type": "connection_ack"}
        yield found
