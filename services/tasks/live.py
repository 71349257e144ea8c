"""Changes as they come: of one task, or of all. Subscribe first, then read, then wait.

Percentages may be passed over when several have come at once; a change of stage or
status never is.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager, suppress

from services.errors import Bilingual, StoreUnavailable, TaskNotFound
from services.tasks.hub import EVERYTHING, Bell, Hub
from services.tasks.records import (
    EventType,
    FeedReset,
    Task,
    TaskChange,
    TaskEvent,
    TaskFilter,
)
from services.tasks.store import queries
from services.tasks.store.database import Database

BATCH = 500
"""Events read at a time."""
SNAPSHOTS = 100
"""Active tasks that a feed tells of at its beginning."""


async def follow(
    database: Database, hub: Hub, owner: str, task_id: str, after: int | None
) -> AsyncGenerator[TaskChange]:
    """A snapshot, then every change of the task in order; ends with the event of a final state
    that no retry has followed.

    With `after` (the last seq the caller has seen) there is no snapshot: the events since
    then come first, from the store. Raises `TaskNotFound` at the first step.
    """
    with hub.listen(task_id) as bell:
        task = await _task(database, owner, task_id)
        seen = task.seq if after is None else after
        if after is None or after > task.seq:
            yield TaskChange(snapshot(task), task)
            seen = task.seq
        if task.status.final and seen == task.seq:
            return
        async with aclosing(_changes(database, bell, owner, task_id, seen)) as changes:
            async for change in changes:
                yield change
                if change.event.status.final and change.event.seq == change.task.seq:
                    return


async def _changes(database: Database, bell: Bell, owner: str, task_id: str, seen: int) -> AsyncGenerator[TaskChange]:
    while True:
        found: list[TaskEvent] = []
        task: Task | None = None
        with _waiting_for_the_store():
            async with database.read() as connection:
                found = await queries.events_after(connection, task_id, seen, BATCH)
                task = await queries.task(connection, owner, task_id) if found else None
        if task is None:
            await bell.wait()
            continue
        for event in coalesced(found):
            yield TaskChange(event, task)
        seen = found[-1].seq


async def feed(
    database: Database, hub: Hub, owner: str, wanted: TaskFilter, after: int | None
) -> AsyncGenerator[TaskChange | FeedReset]:
    """The changes of all the owner's tasks that meet the filter, in order; it never ends.

    `after` is the position of the last event the caller has seen. Without it the active
    tasks come first, as snapshots in the order of their last events, so that a reader who is
    cut off among them misses none by going on from the last one it saw. A position that is
    not kept any more answers `FeedReset` first, and then the same snapshots.
    """
    with hub.listen(EVERYTHING) as bell:
        async with database.read() as connection:
            oldest, newest = await queries.event_range(connection, owner)
            active = await queries.active_tasks(connection, owner, wanted, SNAPSHOTS)
        told: dict[str, int] = {}
        if after is not None and not oldest <= after + 1 <= newest + 1:
            yield FeedReset(newest, "The cursor is older than the events that are kept.")
            after = None
        if after is None:
            for task, position in active:
                told[task.id] = task.seq
                yield TaskChange(snapshot(task, position), task)
        start = newest if after is None else after
        async with aclosing(_feed(database, bell, owner, wanted, start)) as changes:
            async for change in changes:
                if change.event.seq > told.get(change.event.task_id, 0):
                    yield change


async def _feed(
    database: Database, bell: Bell, owner: str, wanted: TaskFilter, seen: int
) -> AsyncGenerator[TaskChange]:
    while True:
        found: list[TaskEvent] = []
        tasks: dict[str, Task] = {}
        with _waiting_for_the_store():
            async with database.read() as connection:
                events = await queries.feed_after(connection, owner, seen, BATCH)
                tasks = await queries.tasks_by_id(connection, {event.task_id for event in events}, wanted)
                found = events
        if not found:
            await bell.wait()
            continue
        for event in coalesced(found):
            if event.task_id in tasks:
                yield TaskChange(event, tasks[event.task_id])
        seen = found[-1].position


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


def coalesced(found: list[TaskEvent]) -> list[TaskEvent]:
    """The events without those percentages that a newer event of the same task follows."""
    last_seq = {event.task_id: event.seq for event in found}
    return [event for event in found if event.type is not EventType.PROGRESS or event.seq == last_seq[event.task_id]]


@contextmanager
def _waiting_for_the_store() -> Generator[None]:
    """A database that is away for a while costs its subscribers a delay, not their subscription."""
    with suppress(StoreUnavailable):
        yield


async def _task(database: Database, owner: str, task_id: str) -> Task:
    async with database.read() as connection:
        task = await queries.task(connection, owner, task_id)
    if task is None:
        raise TaskNotFound(Bilingual("There is no such task.", "没有这个任务。"), path=("id",))
    return task
