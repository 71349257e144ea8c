"""Who is told what happens, in plain numbers: every message that goes out passes here."""

from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum


class Transport(StrEnum):
    """How messages get to a subscriber."""

    WEBSOCKET = "websocket"
    EVENTS = "sse"
    MULTIPART = "multipart"


class TransportMetrics:
    """One transport: how many operations it has under way, and how many messages it has told since the start."""

    __slots__ = ("messages", "running")

    def __init__(self) -> None:
        self.running = 0
        self.messages = 0

    @contextmanager
    def operation(self) -> Generator[None]:
        """An operation is under way while the block lasts."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class StreamMetrics:
    """The transports of this process."""

    def __init__(self) -> None:
        self.transports = {transport: TransportMetrics() for transport in Transport}
