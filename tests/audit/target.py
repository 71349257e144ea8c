"""The interface between the audit and a server: what to subscribe to, and how to cause events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit


class Feature(StrEnum):
    """A capability that a server may lack; checks of it are skipped there."""

    MULTIPART = "multipart subscriptions"
    EVENT_IDS = "ids of server-sent events"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Address:
    """The URL of a GraphQL endpoint, `http://host:port/path`."""

    url: str

    @property
    def socket_url(self) -> str:
        """The same for websockets."""
        return self.url.replace("http", "ws", 1)

    @property
    def host(self) -> str:
        """The host."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port."""
        return urlsplit(self.url).port or 80

    @property
    def path(self) -> str:
        """The path."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Operation:
    """A document and its variables."""

    query: str
    variables: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Credential:
    """The proof of a caller: of an HTTP request, and of a websocket's connection_init. Empty for an open server."""

    headers: dict[str, str] = field(default_factory=dict[str, str])
    init: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Item:
    """One result of a topic: its number, and the position from which to resume behind it."""

    number: int
    position: str


class Topic(Protocol):
    """A subject with events that are numbered without gaps. A subscription begins with the snapshot, which has the
    newest number.
    """

    def watch(self, after: str | None = None) -> Operation:
        """The subscription, which does not end; with `after` the events behind that position."""
        ...

    def item(self, data: Any) -> Item:
        """What a result holds."""
        ...

    def change(self) -> list[int]:
        """Cause an event or two, and return their numbers."""
        ...


class Ending(Protocol):
    """A subject whose subscription completes."""

    def watch(self) -> Operation:
        """The subscription; its first result is a snapshot."""
        ...

    def end(self) -> None:
        """Cause the last event."""
        ...


class Lives(Protocol):
    """Subjects that begin and end, and one subscription to all of them."""

    def watch(self) -> Operation:
        """The subscription, whose first result is a snapshot."""
        ...

    def run(self) -> str:
        """Begin a subject and end it at once; returns its id."""
        ...

    def edge(self, data: Any) -> tuple[str, str]:
        """The id of a result's subject, and `start`, `end` or an empty text."""
        ...


@dataclass(frozen=True, slots=True)
class Revocable:
    """A credential that can be revoked, a topic that it may watch, and a long poll of that topic."""

    credential: Credential
    topic: Topic
    poll: Callable[[], tuple[int, str]]
    """Waits for the topic's next event; the status and the body of the answer."""
    revoke: Callable[[], None]
    """Revoke the credential; the topic can be changed all the same."""


class Target(Protocol):
    """A server under audit."""

    lacks: frozenset[Feature]
    address: Address
    credential: Credential
    query: Operation
    """A query, and its result."""
    answer: Any

    def topic(self, item_bytes: int = 0) -> Topic:
        """A new topic; its results are padded to about this size."""
        ...

    def ending(self) -> Ending:
        """A new subject that can end."""
        ...

    def lives(self) -> Lives:
        """Subjects that begin and end."""
        ...

    def subscribers(self) -> int:
        """The number of running subscriptions, as the server counts them."""
        ...

    def revocable(self) -> Revocable:
        """A new credential, and what ends with it; not called without `Feature.KEYS`."""
        ...
