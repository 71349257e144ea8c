"""The subscriber queue: the events not yet delivered to one subscriber."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, Self, TypeVar

from services.store.records import EventType, TaskEvent

T = TypeVar("T")
MessageT = TypeVar("MessageT", contravariant=True)

MAX_BACKLOG = 1000
"""Maximum number of undelivered messages; above it the subscriber is disconnected as a slow consumer."""


class SlowConsumer(Exception):
    """The subscriber queue is full."""


class Subscriber(Protocol[MessageT]):
    """The transport's end of a subscription; it never waits."""

    def take(self, message: MessageT) -> bool:
        """Send the next message. False: not now; `SubscriberQueue.deliver` offers it again."""
        ...

    def end(self, error: Exception | None) -> None:
        """All messages were taken, and none follows."""
        ...


class SubscriberQueue(Generic[T]):
    """Messages about events, in order; a percentage is replaced by any newer event of its task.

    Messages are accepted at once and delivered after `open`, which puts the backlog before them: to the attached
    `Subscriber`, or by iteration.
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
        """Add the message of an event that was not delivered yet. `last` ends the queue, unless another one follows."""
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

    @property
    def waiting(self) -> int:
        """The number of messages that are not delivered yet."""
        return len(self._messages)

    def open(
        self, first: Iterable[T], delivered: Mapping[str, int], *, after: int = -1, complete: bool = False
    ) -> None:
        """Start delivery with the backlog `first`. It covers all events up to the position `after` and, by task, up to
        the seq in `delivered`; `complete`: no event follows it.
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
        """End the queue with an error and drop its messages."""
        self._messages.clear()
        self._complete, self._ended, self._error = True, True, error
        self.deliver()
        self._wake()

    def attach(self, subscriber: Subscriber[T]) -> None:
        """Deliver to the subscriber from now on."""
        self._subscriber = subscriber
        self.deliver()

    def deliver(self) -> None:
        """Offer the waiting messages to a subscriber that can take messages again."""
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
        """The next message. Raises `SlowConsumer` after an overflow."""
        while not (self._opened and self._messages):
            if self._opened and self._complete:
                raise self._error or StopAsyncIteration
            self._waiter = asyncio.Event()
            await self._waiter.wait()
        return self._messages.pop(next(iter(self._messages)))[1]

    def _wake(self) -> None:
        if self._waiter is not None:
            self._waiter.set()
