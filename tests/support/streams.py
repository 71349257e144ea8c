"""Clients of results streamed over HTTP."""

import http.client
import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket
from typing import Any
from urllib.parse import urlencode

SECONDS = 20
EVENTS = "text/event-stream"
MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json'


@dataclass(frozen=True)
class Message:
    """One event of server-sent events, as browsers read it. A comment has no event and no data."""

    event: str
    data: str
    id: str
    comment: bool = False

    @property
    def result(self) -> Any:
        """The result in it."""
        return json.loads(self.data)


class Streamed:
    """A streamed response."""

    def __init__(self, response: http.client.HTTPResponse, socket: socket) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self._response = response
        self.socket = socket

    def messages(self) -> Iterator[Message]:
        """The server-sent events until the body ends."""
        lines: list[str] = []
        for raw in self._response:
            line = raw.decode().rstrip("\r\n")
            if line:
                lines.append(line)
            elif lines:
                fields = dict(text.split(": " if ": " in text else ":", 1) for text in lines)
                comment = "event" not in fields
                yield Message(fields.get("event", ""), fields.get("data", ""), fields.get("id", ""), comment)
                lines = []

    def results(self) -> Iterator[Message]:
        """The `next` events until `complete`."""
        for message in self.messages():
            if message.event == "complete":
                return
            if message.event == "next":
                yield message
        raise AssertionError("the stream broke off")

    def payloads(self) -> Iterator[Any]:
        """What Apollo's multipart protocol holds, heartbeats as `{}`, until its end."""
        boundary, text = b"\r\n--graphql", b""
        while piece := self._response.read1(65536):
            *parts, text = (text + piece).split(boundary)
            yield from (json.loads(part.partition(b"\r\n\r\n")[2]) for part in parts if part)
            if text.startswith(b"--"):
                return
        raise AssertionError("the stream broke off")

    def read_some(self) -> bytes:
        """What has come of the body; waits for its first bytes."""
        return self._response.read1(65536)

    def rest(self) -> bytes:
        """All that is left of the body."""
        return self._response.read()


@contextmanager
def streamed(
    port: int,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    accept: str = EVENTS,
    get: bool = False,
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    path: str = "/graphql",
) -> Generator[Streamed]:
    """Ask for an operation, by POST or GET, and read its results."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    sent = {"accept": accept, **(headers or {})}
    try:
        if get:
            asked = urlencode({"query": query, "variables": json.dumps(variables or {})})
            connection.request("GET", f"{path}?{asked}", headers=sent)
        else:
            body = json.dumps({"query": query, "variables": variables or {}})
            connection.request("POST", path, body, {"content-type": "application/json", **sent})
        raw = connection.sock
        with connection.getresponse() as response:
            yield Streamed(response, raw)
    finally:
        connection.close()
