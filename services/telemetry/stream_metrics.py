"""Counters of operations and messages by transport."""

from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum


class Transport(StrEnum):
    """The transport of a subscription."""

    WEBSOCKET = "websocket"
    EVENTS = "sse"
    MULTIPART = "multipart"


class TransportMetrics:
    """Counters of one transport: running operations, and messages sent since the start."""

    __slots__ = ("messages", "running")

    def __init__(self) -> None:
        self.running = 0
        self.messages = 0

    @contextmanager
    def operation(self) -> Generator[None]:
        """Count an operation as running while the block lasts."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class StreamMetrics:
    """The counters of all transports of this process."""

    def __init__(self) -> None:
        self.transports = {transport: TransportMetrics() for transport in Transport}
