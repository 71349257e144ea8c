"""The formats of a stream over HTTP, as bytes."""

import random
from typing import Any, Protocol

from schema.execution.results import StreamItem, encode
from services.telemetry.stream_metrics import Transport

SHORTEST_RETRY_MS = 1000
LONGEST_RETRY_MS = 3000


class Format(Protocol):
    """A format of a stream of results."""

    transport: Transport
    content_type: str
    heartbeat: bytes
    """A piece without content that keeps the connection open."""
    heartbeat_seconds: float
    ending: bytes
    """The end of a complete stream. A stream without it may be resumed."""

    def __hash__(self) -> int:
        """Formats are compared by identity."""
        ...

    def opening(self) -> bytes:
        """The bytes before the first result."""
        ...

    def item(self, item: StreamItem) -> bytes:
        """A result."""
        ...

    def refusal(self, errors: list[dict[str, Any]]) -> bytes:
        """The only result of an operation that could not begin."""
        ...


class EventStream:
    """Server-sent events, as graphql-sse has them in its distinct connections mode (its PROTOCOL.md).

    The `id` of an event is its position: browsers send the last one as Last-Event-ID when they reconnect.
    """

    transport = Transport.EVENTS
    content_type = "text/event-stream; charset=utf-8"
    heartbeat = b":\n\n"
    heartbeat_seconds = 12.0
    """As graphql-sse's own server has it; proxies close a connection after 30 or 60 silent seconds."""
    ending = b"event: complete\ndata:\n\n"

    def opening(self) -> bytes:
        """A comment, which opens the stream in the browser, and the time to wait before reconnecting.

        The time is random, so that clients do not reconnect all at once.
        """
        retry_ms = random.randint(SHORTEST_RETRY_MS, LONGEST_RETRY_MS)  # noqa: S311 - jitter, not a secret
        return b":\nretry: %d\n\n" % retry_ms

    def item(self, item: StreamItem) -> bytes:
        """A `next` event."""
        id_line = f"id: {item.position}\n" if item.position else ""
        return f"event: next\n{id_line}data: {item.text}\n\n".encode()

    def refusal(self, errors: list[dict[str, Any]]) -> bytes:
        """A `next` event, too: a web page cannot read the body of a refused EventSource."""
        return self.item(StreamItem(encode({"errors": errors})))


class Multipart:
    """Apollo's multipart protocol for subscriptions over HTTP, subscriptionSpec 1.0.

    Clients read a part at the boundary after it, so each part is sent with the next boundary.
    """

    transport = Transport.MULTIPART
    content_type = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    heartbeat = b"\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql"
    heartbeat_seconds = 5.0
    """As other servers of the protocol have it."""
    ending = b"--\r\n"

    def opening(self) -> bytes:
        """The first boundary."""
        return b"\r\n--graphql"

    def item(self, item: StreamItem) -> bytes:
        """A result as `payload`."""
        return f'\r\nContent-Type: application/json\r\n\r\n{{"payload":{item.text}}}\r\n--graphql'.encode()

    def refusal(self, errors: list[dict[str, Any]]) -> bytes:
        """A result without data."""
        return self.item(StreamItem(encode({"errors": errors})))
