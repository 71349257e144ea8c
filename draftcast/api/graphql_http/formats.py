"""How a stream of results looks on the wire, in each form that goes over HTTP: bytes only, nothing is sent here."""

import random
from typing import Any, Protocol

from schema.execution.results import StreamItem, encode
from services.telemetry.stream_metrics import Transport

SHORTEST_RETRY_MS = 1000
LONGEST_RETRY_MS = 3000


class Format(Protocol):
    """A way to write one result after the other."""

    transport: Transport
    content_type: str
    heartbeat: bytes
    """Says nothing, but shows both sides that the line is open."""
    heartbeat_seconds: float
    ending: bytes
    """Says that no more results come. A stream that breaks off without it may be resumed."""

    def __hash__(self) -> int:
        """Forms are told apart by what they are."""
        ...

    def opening(self) -> bytes:
        """What comes before the first result."""
        ...

    def part(self, part: StreamItem) -> bytes:
        """A result."""
        ...

    def refusal(self, errors: list[dict[str, Any]]) -> bytes:
        """The only result of an operation that could not begin."""
        ...


class EventStream:
    """Server-sent events, as graphql-sse has them in its mode of distinct connections (its PROTOCOL.md).

    The `id` of each event is where a client goes on: browsers send the last one back as
    Last-Event-ID when they reconnect.
    """

    transport = Transport.EVENTS
    content_type = "text/event-stream; charset=utf-8"
    heartbeat = b":\n\n"
    heartbeat_seconds = 12.0
    """As graphql-sse's own server has it; proxies give up after 30 or 60 silent seconds."""
    ending = b"event: complete\ndata:\n\n"

    def opening(self) -> bytes:
        """A comment, so that the browser sees the stream open, and how long to wait before reconnecting.

        That is a little different for each client, so that they do not all come back at once.
        """
        retry_ms = random.randint(SHORTEST_RETRY_MS, LONGEST_RETRY_MS)  # noqa: S311 - jitter, not a secret
        return b":\nretry: %d\n\n" % retry_ms

    def part(self, part: StreamItem) -> bytes:
        """A `next` event."""
        place = f"id: {part.position}\n" if part.position else ""
        return f"event: next\n{place}data: {part.text}\n\n".encode()

    def refusal(self, errors: list[dict[str, Any]]) -> bytes:
        """A `next` event, too: pages cannot read the body of an EventSource that was refused."""
        return self.part(StreamItem(encode({"errors": errors})))


class Multipart:
    """Apollo's multipart protocol for subscriptions over HTTP, subscriptionSpec 1.0.

    A part is read when the boundary after it has come, so each is sent with the one that follows.
    """

    transport = Transport.MULTIPART
    content_type = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    heartbeat = b"\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql"
    heartbeat_seconds = 5.0
    """As the protocol's servers have it."""
    ending = b"--\r\n"

    def opening(self) -> bytes:
        """The first boundary."""
        return b"\r\n--graphql"

    def part(self, part: StreamItem) -> bytes:
        """A result as `payload`."""
        return f'\r\nContent-Type: application/json\r\n\r\n{{"payload":{part.text}}}\r\n--graphql'.encode()

    def refusal(self, errors: list[dict[str, Any]]) -> bytes:
        """A result without data."""
        return self.part(StreamItem(encode({"errors": errors})))
