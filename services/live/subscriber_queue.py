"""What one subscriber has not taken yet: one percentage for each task, and every milestone."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, Self, TypeVar

from services.store.records import EventType, TaskEvent

T = TypeVar("T")
Told = TypeVar("Told", contravariant=True)

MOST_LETTERS = 1000
"""A mailbox that would hold more belongs to a reader that does not read."""


class TooSlow(Exception):
    """The reader has left more milestones lying than a mailbox holds."""


class Reader(Protocol[Told]):
    """Takes letters at once, without waiting."""

    def take(self, letter: Told) -> bool:
        """Take the next letter. False: not now; `Mailbox.deliver` offers it again."""
        ...

    def end(self, error: Exception | None) -> None:
        """All letters are taken, and there will be no more."""
        ...


class Mailbox(Generic[T]):
    """Letters about events, in order; a percentage gives way to any newer event of its task.

    Letters may be put from the moment it is made, and are given out once it is `opened`: in between, its reader
    finds out what came before. They are handed to a `Reader`, or awaited by iterating.
    """

    __slots__ = (
        "_after",
        "_bell",
        "_complete",
        "_ended",
        "_error",
        "_letters",
        "_opened",
        "_percentages",
        "_reader",
        "_told",
    )

    def __init__(self) -> None:
        self._letters: dict[tuple[str, int], tuple[int, T]] = {}
        self._percentages: dict[str, tuple[str, int]] = {}
        self._told: Mapping[str, int] = {}
        self._after = -1
        self._opened = False
        self._complete = False
        self._ended = False
        self._error: Exception | None = None
        self._reader: Reader[T] | None = None
        self._bell: asyncio.Event | None = None

    def put(self, event: TaskEvent, letter: T, *, last: bool = False) -> None:
        """A letter about an event, unless that has been told of before. The `last` ends it, unless more come."""
        if event.position <= self._after or event.seq <= self._told.get(event.task_id, -1) or self._ended:
            return
        self._complete = last
        if self._reader is None or self._letters or not self._reader.take(letter):
            self._keep(event, letter)
        elif last:
            self.deliver()

    def _keep(self, event: TaskEvent, letter: T) -> None:
        older = self._percentages.pop(event.task_id, None)
        if older is not None:
            self._letters.pop(older, None)
        key = (event.task_id, event.seq)
        self._letters[key] = (event.position, letter)
        if event.type is EventType.PROGRESS:
            self._percentages[event.task_id] = key
        if len(self._letters) > MOST_LETTERS:
            self.fail(TooSlow())
        self._ring()

    def open(self, first: Iterable[T], told: Mapping[str, int], *, after: int = -1, complete: bool = False) -> None:
        """Begin with these letters. With them, all is told up to these seqs of tasks and up to the position `after`;
        `complete` says that nothing follows them by itself.
        """
        waiting = self._letters
        self._letters = {("", number): (0, letter) for number, letter in enumerate(first)}
        self._told, self._after = told, after
        new = {key: kept for key, kept in waiting.items() if kept[0] > after and key[1] > told.get(key[0], -1)}
        self._letters |= new
        self._complete = self._complete if new else complete
        self._opened = True
        self.deliver()
        self._ring()

    def fail(self, error: Exception) -> None:
        """End it now with an error; what waits is not told any more."""
        self._letters.clear()
        self._complete, self._ended, self._error = True, True, error
        self.deliver()
        self._ring()

    def hand_to(self, reader: Reader[T]) -> None:
        """Give all letters to the reader from now on."""
        self._reader = reader
        self.deliver()

    def deliver(self) -> None:
        """Offer the reader what waits: after it could not take any more, and can again."""
        if self._reader is None or not self._opened:
            return
        while self._letters:
            key = next(iter(self._letters))
            if not self._reader.take(self._letters[key][1]):
                return
            self._letters.pop(key, None)
        if self._complete:
            reader, self._reader, self._ended = self._reader, None, True
            reader.end(self._error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next letter. Raises `TooSlow` at the end of a mailbox that has overflown."""
        while not (self._opened and self._letters):
            if self._opened and self._complete:
                raise self._error or StopAsyncIteration
            self._bell = asyncio.Event()
            await self._bell.wait()
        return self._letters.pop(next(iter(self._letters)))[1]

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.set()
