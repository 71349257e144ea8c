"""The backlog of a subscription to one task or to the feed.

A subscriber listens to new events first and reads its backlog then, so that no event is missed in between. A percentage
may be replaced by a newer event of its task; milestones never are.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import Bilingual, TaskNotFound
from services.live.task_cache import BATCH, TaskCache, coalesced
from services.store import reads
from services.store.database import Database
from services.store.records import EventType, FeedReset, Task, TaskChange, TaskEvent, TaskFilter

MAX_SNAPSHOTS = 100
"""Maximum number of active tasks whose snapshots begin a feed."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The beginning of a subscription: its first changes. They cover all events up to the position `after` and, by
    task, up to the seq in `delivered`; `complete`: no event follows them. See `SubscriberQueue.open`.
    """

    first: list[TaskChange | FeedReset]
    delivered: dict[str, int] = field(default_factory=dict[str, int])
    after: int = -1
    complete: bool = False


class EventStream:
    """Backlogs of subscriptions. The caller must be listening to the task cache already."""

    def __init__(self, database: Database, task_cache: TaskCache) -> None:
        self._database = database
        self._task_cache = task_cache

    async def task_backlog(self, owner: str, task_id: str, after: int | None) -> Backlog:
        """The backlog of a task: its snapshot, or with `after`, the last seq seen, the events since then. Reads the
        store only if events were missed. Raises `TaskNotFound`.
        """
        task = await self._task_cache.task(owner, task_id)
        if task is None:
            raise TaskNotFound(Bilingual("There is no such task.", "没有这个任务。"), path=("id",))
        return self.snapshot_backlog(task) if after is None or after > task.seq else await self._missed(task, after)

    def snapshot_backlog(self, task: Task) -> Backlog:
        """The backlog of a subscriber without a position: the task's snapshot."""
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
        last = found[-1].seq if found else after
        return Backlog([*changes], {task.id: last}, complete=now.status.final and last == now.seq)

    async def feed_batches(
        self, owner: str, wanted: TaskFilter, after: int | None
    ) -> AsyncGenerator[tuple[int, list[TaskChange]]]:
        """The events after a position, in batches of `BATCH`, each with the position of its last event. Less than a
        batch is left to `feed_backlog`; nothing is yielded where the position is no longer stored.
        """
        while after is not None:
            async with self._database.read() as connection:
                if not await _stored(connection, owner, after):
                    return
                events = await reads.feed_after(connection, owner, after, BATCH)
                if len(events) < BATCH:
                    return
                changes = await _with_tasks(connection, events, wanted)
            after = events[-1].position
            yield after, changes

    async def feed_backlog(self, owner: str, wanted: TaskFilter, after: int | None) -> Backlog:
        """The backlog of a feed: the snapshots of active tasks, ordered by their newest events, or the events after a
        position. A position that is no longer stored yields a `FeedReset` and the snapshots.
        """
        async with self._database.read() as connection:
            _, newest = await reads.event_range(connection, owner)
            if after is not None and await _stored(connection, owner, after):
                events: list[TaskEvent] = []
                while batch := await reads.feed_after(connection, owner, after, BATCH):
                    events, after = [*events, *batch], batch[-1].position
                return Backlog([*await _with_tasks(connection, events, wanted)], after=after)
            active = await reads.active_tasks(connection, owner, wanted, MAX_SNAPSHOTS)
        reset = [] if after is None else [FeedReset(newest, "The cursor is older than the events that are kept.")]
        snapshots = [TaskChange(snapshot(task, position), task) for task, position in active]
        return Backlog([*reset, *snapshots], {task.id: task.seq for task, _ in active}, newest)


def snapshot(task: Task, position: int = 0) -> TaskEvent:
    """The state of a task as an event with the seq of its newest stored event; it is not stored."""
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


async def _stored(connection: AsyncConnection, owner: str, after: int) -> bool:
    """Whether all events after this position are stored."""
    oldest, newest = await reads.event_range(connection, owner)
    return oldest <= after + 1 <= newest + 1


async def _with_tasks(connection: AsyncConnection, events: list[TaskEvent], wanted: TaskFilter) -> list[TaskChange]:
    tasks = await reads.tasks_by_id(connection, {event.task_id for event in events}, wanted)
    return [TaskChange(event, tasks[event.task_id]) for event in coalesced(events) if event.task_id in tasks]
