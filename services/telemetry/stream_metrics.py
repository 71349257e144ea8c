"""Who is told what happens, in plain numbers: every message that goes out passes here."""

from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum


class Transport(StrEnum):
    """How messages get to a subscriber."""

    WEBSOCKET = "websocket"
    EVENTS = "sse"
    MULTIPART = "multipart"


class Channel:
    """One transport: how many operations it has under way, and how many messages it has told since the start."""

    __slots__ = ("listening", "messages")

    def __init__(self) -> None:
        self.listening = 0
        self.messages = 0

    @contextmanager
    def listens(self) -> Generator[None]:
        """An operation is under way while the block lasts."""
        self.listening += 1
        try:
            yield
        finally:
            self.listening -= 1


class Audience:
    """The transports of this process."""

    def __init__(self) -> None:
        self.channels = {transport: Channel() for transport in Transport}
