"""Changes as they come: of one task, or of all. Listen first, then find out what came before, then wait.

Percentages may be passed over when several have come at once; a change of stage or
status never is.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import Bilingual, TaskNotFound
from services.live.notifier import ALL_TASKS
from services.live.subscriber_queue import SubscriberQueue
from services.live.task_cache import BATCH, Listener, TaskCache, coalesced
from services.store import reads
from services.store.database import Database
from services.store.records import EventType, FeedReset, Task, TaskChange, TaskEvent, TaskFilter

MAX_SNAPSHOTS = 100
"""Active tasks that a feed tells of at its beginning."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What comes before the live changes: the changes to tell first, and what is told with them
    (`delivered` by task and seq, everything up to the position `after`); see `SubscriberQueue.open`.
    """

    first: list[TaskChange | FeedReset]
    delivered: dict[str, int] = field(default_factory=dict[str, int])
    after: int = -1
    complete: bool = False


class EventStream:
    """How readers begin, and the plain way to read on: an async generator for each reader."""

    def __init__(self, database: Database, task_cache: TaskCache) -> None:
        self._database = database
        self._task_cache = task_cache

    async def follow(self, owner: str, task_id: str, after: int | None) -> AsyncGenerator[TaskChange]:
        """A snapshot, then every change of the task in order; ends with the event of a final state
        that no retry has followed.

        With `after` (the last seq the caller has seen) there is no snapshot: the events since
        then come first, from the store. Raises `TaskNotFound` at the first step.
        """
        queue: SubscriberQueue[TaskChange | FeedReset] = SubscriberQueue()
        with self._task_cache.listen(task_id, lambda change: queue.put(change.event, change, last=change.last)):
            backlog = await self.task_backlog(owner, task_id, after)
            queue.open(backlog.first, backlog.delivered, complete=backlog.complete)
            async for change in queue:
                if isinstance(change, TaskChange):
                    yield change

    async def task_backlog(self, owner: str, task_id: str, after: int | None) -> Backlog:
        """How following a task begins; the caller listens already. Waits for the store only if something was missed."""
        task = await self._task_cache.task(owner, task_id)
        if task is None:
            raise TaskNotFound(Bilingual("There is no such task.", "没有这个任务。"), path=("id",))
        return self.snapshot_backlog(task) if after is None or after > task.seq else await self._missed(task, after)

    def snapshot_backlog(self, task: Task) -> Backlog:
        """How following a task begins for those who have seen nothing of it."""
        return Backlog([TaskChange(snapshot(task), task)], {task.id: task.seq}, complete=task.status.final)

    async def _missed(self, task: Task, after: int) -> Backlog:
        if after == task.seq:
            return Backlog([], {task.id: after}, complete=task.status.final)
        found: list[TaskEvent] = []
        async with self._database.read() as connection:
            while batch := await reads.events_after(connection, task.id, found[-1].seq if found else after, BATCH):
                found += coalesced(batch)
            now = await reads.any_task(connection, task.id) or task
        changes = [TaskChange(event, now) for event in coalesced(found)]
        delivered = found[-1].seq if found else after
        return Backlog([*changes], {task.id: delivered}, complete=now.status.final and delivered == now.seq)

    async def feed(self, owner: str, wanted: TaskFilter, after: int | None) -> AsyncGenerator[TaskChange | FeedReset]:
        """The changes of all the owner's tasks that meet the filter, in order; it never ends.

        `after` is the position of the last event the caller has seen. Without it the active
        tasks come first, as snapshots in the order of their last events, so that a reader who is
        cut off among them misses none by going on from the last one it saw. A position that is
        not kept any more answers `FeedReset` first, and then the same snapshots.
        """
        async for position, batch in self.feed_batches(owner, wanted, after):
            after = position
            for missed in batch:
                yield missed
        queue: SubscriberQueue[TaskChange | FeedReset] = SubscriberQueue()
        with self._task_cache.listen(ALL_TASKS, feed_listener(owner, wanted, queue)):
            backlog = await self.feed_backlog(owner, wanted, after)
            queue.open(backlog.first, backlog.delivered, after=backlog.after)
            async for change in queue:
                yield change

    async def feed_batches(
        self, owner: str, wanted: TaskFilter, after: int | None
    ) -> AsyncGenerator[tuple[int, list[TaskChange]]]:
        """What happened after a position that is far behind: batches, each with the position of its end.
        What is left for `feed_backlog` is less than a batch.
        """
        while after is not None:
            async with self._database.read() as connection:
                if not await _kept(connection, owner, after):
                    return
                events = await reads.feed_after(connection, owner, after, BATCH)
                if len(events) < BATCH:
                    return
                changes = await _with_tasks(connection, events, wanted)
            after = events[-1].position
            yield after, changes

    async def feed_backlog(self, owner: str, wanted: TaskFilter, after: int | None) -> Backlog:
        """How a feed begins, or goes on after a position; the caller listens already."""
        async with self._database.read() as connection:
            _, newest = await reads.event_range(connection, owner)
            if after is not None and await _kept(connection, owner, after):
                events: list[TaskEvent] = []
                while batch := await reads.feed_after(connection, owner, after, BATCH):
                    events, after = [*events, *batch], batch[-1].position
                return Backlog([*await _with_tasks(connection, events, wanted)], after=after)
            active = await reads.active_tasks(connection, owner, wanted, MAX_SNAPSHOTS)
        reset = [] if after is None else [FeedReset(newest, "The cursor is older than the events that are kept.")]
        snapshots = [TaskChange(snapshot(task, position), task) for task, position in active]
        return Backlog([*reset, *snapshots], {task.id: task.seq for task, _ in active}, newest)


def feed_listener(owner: str, wanted: TaskFilter, queue: SubscriberQueue[TaskChange | FeedReset]) -> Listener:
    """Puts those changes into the mailbox that the owner wants to see."""

    def hear(change: TaskChange) -> None:
        if change.task.owner == owner and wanted.met_by(change.task):
            queue.put(change.event, change)

    return hear


def snapshot(task: Task, position: int = 0) -> TaskEvent:
    """The present state as an event; it stores nothing and has the seq of the last stored one."""
    return TaskEvent(
        task_id=task.id,
        seq=task.seq,
        position=position,
        type=EventType.SNAPSHOT,
        at_ms=task.updated_at_ms,
        status=task.status,
        stage=task.stage,
        progress=task.progress,
        attempt=task.attempt,
    )


async def _kept(connection: AsyncConnection, owner: str, after: int) -> bool:
    """Whether all events after this position are still there."""
    oldest, newest = await reads.event_range(connection, owner)
    return oldest <= after + 1 <= newest + 1


async def _with_tasks(connection: AsyncConnection, events: list[TaskEvent], wanted: TaskFilter) -> list[TaskChange]:
    tasks = await reads.tasks_by_id(connection, {event.task_id for event in events}, wanted)
    return [TaskChange(event, tasks[event.task_id]) for event in coalesced(events) if event.task_id in tasks]
