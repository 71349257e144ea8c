"""Counters of operations and messages by transport."""

import asyncio
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import StrEnum


class Transport(StrEnum):
    """The transport of a subscription."""

    WEBSOCKET = "websocket"
    EVENTS = "sse"
    MULTIPART = "multipart"


class EndReason(StrEnum):
    """Why an operation has ended."""

    COMPLETED = "completed"
    """By itself, errors of its result included."""
    CLIENT = "client"
    """The client has completed it or disconnected."""
    SLOW = "slow"
    """The client has not read fast enough."""
    KEY_ENDED = "key_ended"
    """The caller's key was revoked, or it or the token has expired."""
    ENDED = "ended"
    """An operator has ended the connection."""
    FAULT = "fault"
    """The client has violated the protocol."""
    STOPPED = "stopped"
    """The server stops."""
    FAILED = "failed"
    """An error of the server, which is in its log."""

    __hash__ = str.__hash__


class TransportMetrics:
    """Counters of one transport: running operations, and messages and ends since the start."""

    __slots__ = ("ends", "messages", "running")

    def __init__(self) -> None:
        self.running = 0
        self.messages = 0
        self.ends = Counter[EndReason]()

    def begin(self) -> None:
        """Count an operation as running, until `end` is called."""
        self.running += 1

    def end(self, reason: EndReason) -> None:
        """Count the end of a running operation."""
        self.running -= 1
        self.ends[reason] += 1

    @contextmanager
    def operation(self, interrupted: Callable[[], EndReason]) -> Generator[None]:
        """Count an operation as running while the block lasts; `interrupted` gives the reason of a cancellation."""
        self.begin()
        reason = EndReason.FAILED
        try:
            yield
            reason = EndReason.COMPLETED
        except asyncio.CancelledError:
            reason = interrupted()
            raise
        finally:
            self.end(reason)


class StreamMetrics:
    """The counters of all transports of this process."""

    def __init__(self) -> None:
        self.transports = {transport: TransportMetrics() for transport in Transport}
