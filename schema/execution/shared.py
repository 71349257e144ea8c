"""Shared subscriptions: one execution for all subscribers of the same operation; each change is rendered once."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Self

from resolvers import live
from resolvers.context import Context
from schema.execution.rendering import Change, ChangeRenderer
from schema.execution.results import StreamItem
from services.errors import StoreUnavailable
from services.live.event_stream import Backlog
from services.live.notifier import ALL_TASKS
from services.live.subscriber_queue import SlowConsumer, SubscriberQueue
from services.live.task_cache import TaskCache
from services.store.records import EventType, FeedReset, TaskChange, TaskFilter

PERCENTAGES_SECONDS = 0.05
"""Minimum interval between percentages, in seconds; of those that come faster, the newest of each task is sent."""


@dataclass(frozen=True, slots=True)
class TaskSelector:
    """The task of a subscription: exactly one of id and draft URL is given."""

    task_id: str | None
    draft_url: str | None


class SharedSubscription:
    """The changes of one task, or of all tasks of an owner (`ALL_TASKS`), rendered once for all subscribers."""

    def __init__(
        self, task_cache: TaskCache, task_id: str, renderer: ChangeRenderer, wanted: Callable[[TaskChange], bool]
    ) -> None:
        self._task_cache = task_cache
        self._task_id = task_id
        self._renderer = renderer
        self._wanted = wanted
        self._queues: dict[SubscriberQueue[StreamItem], None] = {}
        self._latest: tuple[Change, StreamItem] | None = None
        self._inbox: SubscriberQueue[TaskChange] | None = None
        """Changes that graphql-core renders, one after the other; None while all are compiled."""
        self._rendering: asyncio.Task[None] | None = None
        self._delayed: dict[str, TaskChange] = {}
        """The newest percentage of each task that waits for the interval to end."""
        self._sent_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no subscriber."""
        return not self._queues

    def add(self, queue: SubscriberQueue[StreamItem]) -> None:
        """Put all changes from now on into this queue, too."""
        if self.is_empty:
            self._task_cache.add_listener(self._task_id, self._on_change)
        self._queues[queue] = None
        self._task_cache.watchers[self._task_id] += 1

    async def remove(self, queue: SubscriberQueue[StreamItem]) -> None:
        """Remove a queue; a queue that is removed already is ignored. The last one stops the execution."""
        if queue in self._queues:
            del self._queues[queue]
            self._task_cache.remove_watcher(self._task_id)
        if self.is_empty:
            self._task_cache.remove_listener(self._task_id, self._on_change)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._delayed.clear()
            rendering, self._rendering, self._inbox = self._rendering, None, None
            if rendering is not None:
                rendering.cancel()
                await asyncio.wait({rendering})

    async def render(self, changes: Iterable[Change]) -> list[StreamItem]:
        """The items of these changes; does not wait while the selection is compiled."""
        return [self._render_compiled(change) or await self._render(change) for change in changes]

    def _on_change(self, change: TaskChange) -> None:
        """Send a milestone at once, and percentages at most once in `PERCENTAGES_SECONDS`."""
        if not self._wanted(change):
            return
        self._delayed.pop(change.task.id, None)
        if change.event.type is not EventType.PROGRESS:
            self._send_delayed()
        elif self._is_too_early(time.monotonic()):
            self._delayed[change.task.id] = change
            return
        self._dispatch(change)

    def _is_too_early(self, now: float) -> bool:
        """Whether a percentage must be delayed. The timer is set only then, since most come far apart."""
        if self._timer is None:
            left = self._sent_at + PERCENTAGES_SECONDS - now
            if left <= 0:
                self._sent_at = now
                return False
            self._timer = asyncio.get_running_loop().call_later(left, self._on_timer)
        return True

    def _on_timer(self) -> None:
        self._timer = None
        self._sent_at = time.monotonic()
        self._send_delayed()

    def _send_delayed(self) -> None:
        delayed, self._delayed = self._delayed, {}
        for change in delayed.values():
            self._dispatch(change)

    def _dispatch(self, change: TaskChange) -> None:
        item = None if self._inbox else self._render_compiled(change)
        if item is not None:
            self._send(change, item)
            return
        if self._inbox is None:
            self._inbox = SubscriberQueue()
            self._inbox.open([], {})
            self._rendering = asyncio.create_task(self._render_inbox(self._inbox), name="shared rendering")
        self._inbox.put(change.event, change)

    async def _render_inbox(self, inbox: SubscriberQueue[TaskChange]) -> None:
        try:
            async for change in inbox:
                self._send(change, await self._render(change))
        except SlowConsumer as error:
            for queue in list(self._queues):
                queue.fail(error)

    def _send(self, change: TaskChange, item: StreamItem) -> None:
        last = self._task_id != ALL_TASKS and change.last
        for queue in list(self._queues):
            queue.put(change.event, item, last=last)

    def _render_compiled(self, change: Change) -> StreamItem | None:
        if self._latest is not None and _is_same(self._latest[0], change):
            return self._latest[1]
        text = self._renderer.render_compiled(change)
        return None if text is None else self._item(change, text)

    async def _render(self, change: Change) -> StreamItem:
        return self._item(change, await self._renderer.render(change))

    def _item(self, change: Change, text: str) -> StreamItem:
        item = StreamItem(text, self._position(change))
        self._latest = (change, item)
        return item

    def _position(self, change: Change) -> str:
        if isinstance(change, FeedReset):
            return live.cursor(change.position)
        return live.cursor(change.event.position) if self._task_id == ALL_TASKS else str(change.event.seq)


class Subscription:
    """The stream of one subscriber. Once `missed` is delivered, its `queue` may be attached to a sender."""

    def __init__(self, shared: SharedSubscription, leave: Callable[[], Awaitable[None]]) -> None:
        self.queue: SubscriberQueue[StreamItem] = SubscriberQueue()
        self.missed: AsyncGenerator[StreamItem] | None = None
        """Items from the store that come before the queue."""
        self.shared = shared
        self._leave = leave

    async def begin(self, backlog: Backlog) -> None:
        """Render the backlog and open the queue with it."""
        items = await self.shared.render(backlog.first)
        self.queue.open(items, backlog.delivered, after=backlog.after, complete=backlog.complete)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamItem:
        """The next item. Raises `SlowConsumer` when the queue is full."""
        if self.missed is not None:
            async for item in self.missed:
                return item
            self.missed = None
        return await anext(self.queue)

    async def aclose(self) -> None:
        """End the subscription; it may be called twice, and must be called before the end of the stream."""
        if self.missed is not None:
            await self.missed.aclose()
        await self._leave()


class SubscriptionRegistry:
    """The shared subscriptions of this process, by operation and owner; those without subscribers are removed."""

    def __init__(self, *, sharing: bool = True) -> None:
        self._sharing = sharing
        self._table: dict[Hashable, SharedSubscription] = {}

    async def progress(
        self, context: Context, shape: Hashable, renderer: ChangeRenderer, selector: TaskSelector, after: int | None
    ) -> Subscription:
        """The snapshot and changes of a task. Raises as `resolvers.live.watched` does."""
        task = await live.watched(context, selector.task_id, selector.draft_url, after)
        owner, manager = context.watched_owner, context.services.manager
        key = (owner, context.is_guest, task.id, shape)
        subscription = self._join(
            key, lambda: SharedSubscription(manager.task_cache, task.id, renderer, lambda _: True)
        )
        try:
            await subscription.begin(await manager.live.task_backlog(owner, task.id, after))
        except BaseException:
            await subscription.aclose()
            raise
        return subscription

    async def feed(
        self, context: Context, shape: Hashable, renderer: ChangeRenderer, task_filter: TaskFilter, after: str | None
    ) -> Subscription:
        """The snapshots and changes of all the owner's tasks. Raises `InvalidInput` and `StoreUnavailable`."""
        position = None if after is None else live.position(after)
        owner, manager = context.owner, context.services.manager

        def wanted(change: TaskChange) -> bool:
            return change.task.owner == owner and task_filter.met_by(change.task)

        key = (owner, task_filter, shape)
        subscription = self._join(key, lambda: SharedSubscription(manager.task_cache, ALL_TASKS, renderer, wanted))
        try:
            if position is None:
                await subscription.begin(await manager.live.feed_backlog(owner, task_filter, None))
            else:
                subscription.missed = _missed(subscription, context, renderer, task_filter, position)
        except BaseException:
            await subscription.aclose()
            raise
        return subscription

    def _join(self, key: Hashable, make: Callable[[], SharedSubscription]) -> Subscription:
        key = key if self._sharing else (key, object())
        shared = self._table.get(key) or self._table.setdefault(key, make())

        async def leave() -> None:
            await shared.remove(subscription.queue)
            if shared.is_empty and self._table.get(key) is shared:
                del self._table[key]

        subscription = Subscription(shared, leave)
        shared.add(subscription.queue)
        return subscription

    def __len__(self) -> int:
        return len(self._table)


async def _missed(
    subscription: Subscription, context: Context, renderer: ChangeRenderer, task_filter: TaskFilter, position: int
) -> AsyncGenerator[StreamItem]:
    """The stored changes since a position, read in batches to bound memory; then the live changes begin."""
    events = context.services.manager.live
    try:
        async for reached, changes in events.feed_batches(context.owner, task_filter, position):
            position = reached
            for item in await subscription.shared.render(changes):
                yield item
        await subscription.begin(await events.feed_backlog(context.owner, task_filter, position))
    except StoreUnavailable as error:
        yield StreamItem(renderer.render_error(error))
        subscription.queue.open([], {}, complete=True)


def _is_same(one: Change, other: Change) -> bool:
    """Whether two changes have the same result."""
    if isinstance(one, FeedReset) or isinstance(other, FeedReset):
        return False
    return one.task is other.task and one.event == other.event
