"""What one subscriber has not taken yet: one percentage for each task, and every milestone."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, Self, TypeVar

from services.store.records import EventType, TaskEvent

T = TypeVar("T")
MessageT = TypeVar("MessageT", contravariant=True)

MAX_BACKLOG = 1000
"""A mailbox that would hold more belongs to a reader that does not read."""


class SlowConsumer(Exception):
    """The reader has left more milestones lying than a mailbox holds."""


class Subscriber(Protocol[MessageT]):
    """Takes letters at once, without waiting."""

    def take(self, message: MessageT) -> bool:
        """Take the next letter. False: not now; `SubscriberQueue.deliver` offers it again."""
        ...

    def end(self, error: Exception | None) -> None:
        """All letters are taken, and there will be no more."""
        ...


class SubscriberQueue(Generic[T]):
    """Letters about events, in order; a percentage gives way to any newer event of its task.

    Letters may be put from the moment it is made, and are given out once it is `opened`: in between, its reader
    finds out what came before. They are handed to a `Subscriber`, or awaited by iterating.
    """

    __slots__ = (
        "_after",
        "_complete",
        "_delivered",
        "_ended",
        "_error",
        "_messages",
        "_opened",
        "_percentages",
        "_subscriber",
        "_waiter",
    )

    def __init__(self) -> None:
        self._messages: dict[tuple[str, int], tuple[int, T]] = {}
        self._percentages: dict[str, tuple[str, int]] = {}
        self._delivered: Mapping[str, int] = {}
        self._after = -1
        self._opened = False
        self._complete = False
        self._ended = False
        self._error: Exception | None = None
        self._subscriber: Subscriber[T] | None = None
        self._waiter: asyncio.Event | None = None

    def put(self, event: TaskEvent, message: T, *, last: bool = False) -> None:
        """A letter about an event, unless that has been told of before. The `last` ends it, unless more come."""
        if event.position <= self._after or event.seq <= self._delivered.get(event.task_id, -1) or self._ended:
            return
        self._complete = last
        if self._subscriber is None or self._messages or not self._subscriber.take(message):
            self._append(event, message)
        elif last:
            self.deliver()

    def _append(self, event: TaskEvent, message: T) -> None:
        older = self._percentages.pop(event.task_id, None)
        if older is not None:
            self._messages.pop(older, None)
        key = (event.task_id, event.seq)
        self._messages[key] = (event.position, message)
        if event.type is EventType.PROGRESS:
            self._percentages[event.task_id] = key
        if len(self._messages) > MAX_BACKLOG:
            self.fail(SlowConsumer())
        self._wake()

    def open(
        self, first: Iterable[T], delivered: Mapping[str, int], *, after: int = -1, complete: bool = False
    ) -> None:
        """Begin with these letters. With them, all is told up to these seqs of tasks and up to the position `after`;
        `complete` says that nothing follows them by itself.
        """
        waiting = self._messages
        self._messages = {("", number): (0, message) for number, message in enumerate(first)}
        self._delivered, self._after = delivered, after
        new = {key: kept for key, kept in waiting.items() if kept[0] > after and key[1] > delivered.get(key[0], -1)}
        self._messages |= new
        self._complete = self._complete if new else complete
        self._opened = True
        self.deliver()
        self._wake()

    def fail(self, error: Exception) -> None:
        """End it now with an error; what waits is not told any more."""
        self._messages.clear()
        self._complete, self._ended, self._error = True, True, error
        self.deliver()
        self._wake()

    def attach(self, subscriber: Subscriber[T]) -> None:
        """Give all letters to the reader from now on."""
        self._subscriber = subscriber
        self.deliver()

    def deliver(self) -> None:
        """Offer the reader what waits: after it could not take any more, and can again."""
        if self._subscriber is None or not self._opened:
            return
        while self._messages:
            key = next(iter(self._messages))
            if not self._subscriber.take(self._messages[key][1]):
                return
            self._messages.pop(key, None)
        if self._complete:
            subscriber, self._subscriber, self._ended = self._subscriber, None, True
            subscriber.end(self._error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next letter. Raises `SlowConsumer` at the end of a mailbox that has overflown."""
        while not (self._opened and self._messages):
            if self._opened and self._complete:
                raise self._error or StopAsyncIteration
            self._waiter = asyncio.Event()
            await self._waiter.wait()
        return self._messages.pop(next(iter(self._messages)))[1]

    def _wake(self) -> None:
        if self._waiter is not None:
            self._waiter.set()
