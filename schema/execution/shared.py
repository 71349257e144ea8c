"""One execution for all who ask the same: changes are rendered once and told to every subscriber."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from resolvers import live
from resolvers.context import Context
from schema.execution.results import StreamItem
from services.errors import StoreUnavailable
from services.live.event_stream import Backlog
from services.live.notifier import ALL_TASKS
from services.live.subscriber_queue import SlowConsumer, SubscriberQueue
from services.live.task_cache import TaskCache
from services.store.records import EventType, FeedReset, TaskChange, TaskFilter

Change = TaskChange | FeedReset
PERCENTAGES_SECONDS = 0.05
"""Percentages that come faster are told together."""


@dataclass(frozen=True, slots=True)
class TaskSelector:
    """Which task is meant: one of the two is given."""

    task_id: str | None
    draft_url: str | None


class Rendering(Protocol):
    """How a change becomes the text of a result."""

    def at_once(self, change: Change) -> str | None:
        """The text; None when it has to be waited for, this time and from now on."""
        ...

    async def slowly(self, change: Change) -> str:
        """The text; never raises."""
        ...

    def failed(self, error: Exception) -> str:
        """The text of an error that ends the stream."""
        ...


class SharedSubscription:
    """The changes of one task, or of all that an owner may see, in one rendering."""

    def __init__(
        self, task_cache: TaskCache, task_id: str, rendering: Rendering, wanted: Callable[[TaskChange], bool]
    ) -> None:
        self._task_cache = task_cache
        self._task_id = task_id
        self._rendering = rendering
        self._wanted = wanted
        self._queues: dict[SubscriberQueue[StreamItem], None] = {}
        self._latest: tuple[Change, StreamItem] | None = None
        self._inbox: SubscriberQueue[TaskChange] | None = None
        self._working: asyncio.Task[None] | None = None
        self._held: dict[str, TaskChange] = {}
        self._told_at = -math.inf
        self._pause: asyncio.TimerHandle | None = None

    @property
    def deserted(self) -> bool:
        """Whether nobody listens."""
        return not self._queues

    def add(self, queue: SubscriberQueue[StreamItem]) -> None:
        """Put all changes from now on into the mailbox, too."""
        if self.deserted:
            self._task_cache.add_listener(self._task_id, self._hear)
        self._queues[queue] = None

    async def remove(self, queue: SubscriberQueue[StreamItem]) -> None:
        """Put no more into it; nothing happens when it is removed already."""
        self._queues.pop(queue, None)
        if self.deserted:
            self._task_cache.remove_listener(self._task_id, self._hear)
            if self._pause is not None:
                self._pause.cancel()
                self._pause = None
            self._held.clear()
            working, self._working, self._inbox = self._working, None, None
            if working is not None:
                working.cancel()
                await asyncio.wait({working})

    async def parts(self, changes: Iterable[Change]) -> list[StreamItem]:
        """What is told of these changes. Does not wait where the rendering is at once."""
        return [self._at_once(change) or await self._slowly(change) for change in changes]

    def _hear(self, change: TaskChange) -> None:
        """Pass a change on: a milestone at once, percentages so often at most."""
        if not self._wanted(change):
            return
        self._held.pop(change.task.id, None)
        if change.event.type is not EventType.PROGRESS:
            self._release()
        elif self._holds(time.monotonic()):
            self._held[change.task.id] = change
            return
        self._pass_on(change)

    def _holds(self, now: float) -> bool:
        """Whether a percentage has to wait. A timer is set only then: most come far apart."""
        if self._pause is None:
            left = self._told_at + PERCENTAGES_SECONDS - now
            if left <= 0:
                self._told_at = now
                return False
            self._pause = asyncio.get_running_loop().call_later(left, self._resume)
        return True

    def _resume(self) -> None:
        self._pause = None
        self._told_at = time.monotonic()
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, {}
        for change in held.values():
            self._pass_on(change)

    def _pass_on(self, change: TaskChange) -> None:
        part = None if self._inbox else self._at_once(change)
        if part is not None:
            self._tell(change, part)
            return
        if self._inbox is None:
            self._inbox = SubscriberQueue()
            self._inbox.open([], {})
            self._working = asyncio.create_task(self._work(self._inbox), name="shared rendering")
        self._inbox.put(change.event, change)

    async def _work(self, inbox: SubscriberQueue[TaskChange]) -> None:
        """Render what cannot be rendered at once, in order."""
        try:
            async for change in inbox:
                self._tell(change, await self._slowly(change))
        except SlowConsumer as error:
            for queue in list(self._queues):
                queue.fail(error)

    def _tell(self, change: TaskChange, part: StreamItem) -> None:
        last = self._task_id != ALL_TASKS and change.last
        for queue in list(self._queues):
            queue.put(change.event, part, last=last)

    def _at_once(self, change: Change) -> StreamItem | None:
        if self._latest is not None and _same(self._latest[0], change):
            return self._latest[1]
        text = self._rendering.at_once(change)
        return None if text is None else self._noted(change, text)

    async def _slowly(self, change: Change) -> StreamItem:
        return self._noted(change, await self._rendering.slowly(change))

    def _noted(self, change: Change, text: str) -> StreamItem:
        part = StreamItem(text, self._position(change))
        self._latest = (change, part)
        return part

    def _position(self, change: Change) -> str:
        if isinstance(change, FeedReset):
            return live.cursor(change.position)
        return live.cursor(change.event.position) if self._task_id == ALL_TASKS else str(change.event.seq)


class Subscription:
    """A `ResultStream` of one subscriber; once `missed` is delivered, its `queue` may be attached to a sender."""

    def __init__(self, shared: SharedSubscription, leave: Callable[[], Awaitable[None]]) -> None:
        self.queue: SubscriberQueue[StreamItem] = SubscriberQueue()
        self.missed: AsyncGenerator[StreamItem] | None = None
        self.shared = shared
        self._leave = leave

    async def begin(self, backlog: Backlog) -> None:
        """Tell what comes first; the rest follows from the mailbox."""
        parts = await self.shared.parts(backlog.first)
        self.queue.open(parts, backlog.delivered, after=backlog.after, complete=backlog.complete)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamItem:
        """The next part. Raises `SlowConsumer` when too much was left lying."""
        if self.missed is not None:
            async for part in self.missed:
                return part
            self.missed = None
        return await anext(self.queue)

    async def aclose(self) -> None:
        """End it."""
        if self.missed is not None:
            await self.missed.aclose()
        await self._leave()


class SubscriptionRegistry:
    """The table of what is shared now. An entry stays as long as somebody subscribes to it."""

    def __init__(self, *, sharing: bool = True) -> None:
        self._sharing = sharing
        self._table: dict[Hashable, SharedSubscription] = {}

    async def progress(
        self, context: Context, shape: Hashable, rendering: Rendering, which: TaskSelector, after: int | None
    ) -> Subscription:
        """A task's snapshot and changes. Raises as `resolvers.live.watched` does."""
        task = await live.watched(context, which.task_id, which.draft_url, after)
        owner, manager = context.watched_owner, context.services.manager
        key = (owner, context.watches_only, task.id, shape)
        subscription = self._join(
            key, lambda: SharedSubscription(manager.task_cache, task.id, rendering, lambda _: True)
        )
        try:
            await subscription.begin(await manager.live.task_backlog(owner, task.id, after))
        except BaseException:
            await subscription.aclose()
            raise
        return subscription

    async def feed(
        self, context: Context, shape: Hashable, rendering: Rendering, wanted: TaskFilter, after: str | None
    ) -> Subscription:
        """Snapshots and changes of all the owner's tasks. Raises `InvalidInput` and `StoreUnavailable`."""
        position = None if after is None else live.position(after)
        owner, manager = context.owner, context.services.manager

        def seen(change: TaskChange) -> bool:
            return change.task.owner == owner and wanted.met_by(change.task)

        key = (owner, wanted, shape)
        subscription = self._join(key, lambda: SharedSubscription(manager.task_cache, ALL_TASKS, rendering, seen))
        try:
            if position is None:
                await subscription.begin(await manager.live.feed_backlog(owner, wanted, None))
            else:
                subscription.missed = _missed(subscription, context, rendering, wanted, position)
        except BaseException:
            await subscription.aclose()
            raise
        return subscription

    def _join(self, key: Hashable, make: Callable[[], SharedSubscription]) -> Subscription:
        key = key if self._sharing else (key, object())
        shared = self._table.get(key) or self._table.setdefault(key, make())

        async def leave() -> None:
            await shared.remove(subscription.queue)
            if shared.deserted and self._table.get(key) is shared:
                del self._table[key]

        subscription = Subscription(shared, leave)
        shared.add(subscription.queue)
        return subscription

    def __len__(self) -> int:
        return len(self._table)


async def _missed(
    subscription: Subscription, context: Context, rendering: Rendering, wanted: TaskFilter, position: int
) -> AsyncGenerator[StreamItem]:
    """What happened since the position, in batches, so that no reader makes us hold all of it."""
    tasks = context.services.manager.live
    try:
        async for reached, changes in tasks.feed_batches(context.owner, wanted, position):
            position = reached
            for part in await subscription.shared.parts(changes):
                yield part
        await subscription.begin(await tasks.feed_backlog(context.owner, wanted, position))
    except StoreUnavailable as error:
        yield StreamItem(rendering.failed(error))
        subscription.queue.open([], {}, complete=True)


def _same(one: Change, other: Change) -> bool:
    """Whether two changes are told in the same words."""
    if isinstance(one, FeedReset) or isinstance(other, FeedReset):
        return False
    return one.task is other.task and one.event == other.event
