"""The adapter of other servers: strawberry in `tests.audit.peers`, Node in `tests/audit/node`. All have one schema."""

import socket
import subprocess
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.audit.target import Address, Credential, Feature, Item, Operation, Revocable, Target
from tests.support.programs import free_port
from tests.support.server import ROOT, Server
from tests.support.site import wait_until

WATCH = "subscription($topic: String!, $after: Int) { events(topic: $topic, after: $after) { number text } }"
PUBLISH = "mutation($topic: String!, $text: String!) { publish(topic: $topic, text: $text) }"


class _Topic:
    """A topic of the peers' schema; also one that ends."""

    def __init__(self, server: Server, item_bytes: int = 0) -> None:
        self._server = server
        self._name = uuid.uuid4().hex
        self._text = "x" * item_bytes
        self.publish(self._text)

    def publish(self, text: str) -> int:
        """A new event; its number."""
        return int(self._server.data(PUBLISH, topic=self._name, text=text)["publish"])

    def watch(self, after: str | None = None) -> Operation:
        """See `Topic`."""
        return Operation(WATCH, {"topic": self._name, "after": None if after is None else int(after)})

    def item(self, data: Any) -> Item:
        """See `Topic`."""
        return Item(data["events"]["number"], str(data["events"]["number"]))

    def change(self) -> list[int]:
        """See `Topic`."""
        return [self.publish(self._text)]

    def end(self) -> None:
        """See `Ending`."""
        self.publish("end")


class _Lives(_Topic):
    """A topic whose events say `start ID` and `stop ID`."""

    def run(self) -> str:
        """See `Lives`."""
        subject = uuid.uuid4().hex
        self.publish(f"start {subject}")
        self.publish(f"stop {subject}")
        return subject

    def edge(self, data: Any) -> tuple[str, str]:
        """See `Lives`."""
        edge, _, subject = data["events"]["text"].partition(" ")
        return subject, {"start": "start", "stop": "end"}.get(edge, "")


class PeerTarget:
    """A running server."""

    def __init__(self, server: Server, lacks: frozenset[Feature]) -> None:
        self._server = server
        self.lacks = lacks
        self.address = Address(f"{server.url}/graphql")
        self.credential = Credential()
        self.query, self.answer = Operation("{ __typename }"), {"__typename": "Query"}

    def topic(self, item_bytes: int = 0) -> _Topic:
        """See `Target`."""
        return _Topic(self._server, item_bytes)

    def ending(self) -> _Topic:
        """See `Target`."""
        return _Topic(self._server)

    def lives(self) -> _Lives:
        """See `Target`."""
        return _Lives(self._server)

    def subscribers(self) -> int:
        """See `Target`."""
        return int(self._server.data("{ watchers }")["watchers"])

    def revocable(self) -> Revocable:
        """See `Target`. It has no keys."""
        raise NotImplementedError


@contextmanager
def serving(command: Sequence[str], folder: Path, *lacks: Feature) -> Generator[Target]:
    """The server that a command starts on the port after it."""
    server = Server(free_port(), folder)
    process = subprocess.Popen([*command, str(server.port)], cwd=ROOT)
    try:
        wait_until(lambda: _listens(server.port))
        yield PeerTarget(server, frozenset(lacks))
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
