"""Queries for tasks and events. Queries for callers are scoped by owner."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.pages import filter_condition
from services.store.records import QueueState, Status, Task, TaskEvent, TaskFilter, ThroughputPoint
from services.store.rows import event_of, task_of
from services.store.tables import events, idempotency_keys, is_active, is_pending, is_processing, tasks

MINUTE_MS = 60_000


async def task(connection: AsyncConnection, owner: str, task_id: str) -> Task | None:
    """The task with this id; None when the owner has none."""
    return await _one(connection, sa.select(tasks).where(tasks.c.id == task_id, tasks.c.owner == owner))


async def any_task(connection: AsyncConnection, task_id: str) -> Task | None:
    """The task with this id, of any owner: for workers."""
    return await _one(connection, sa.select(tasks).where(tasks.c.id == task_id))


async def newest_task(connection: AsyncConnection, owner: str, draft_url: str) -> Task | None:
    """The newest task of a draft URL."""
    same = sa.select(tasks).where(tasks.c.owner == owner, tasks.c.draft_url == draft_url)
    return await _one(connection, same.order_by(tasks.c.created_at_ms.desc(), tasks.c.id.desc()).limit(1))


async def active_tasks(
    connection: AsyncConnection, owner: str, wanted: TaskFilter, limit: int
) -> list[tuple[Task, int]]:
    """The active tasks that meet the filter, each with the position of its newest event, ordered by it."""
    newest = sa.and_(events.c.task_id == tasks.c.id, events.c.seq == tasks.c.seq)
    chosen = sa.select(tasks, events.c.position).join(events, newest)
    mine = chosen.where(tasks.c.owner == owner, is_active, filter_condition(wanted))
    rows = await connection.execute(mine.order_by(events.c.position.desc()).limit(limit))
    return [(task_of(row), row["position"]) for row in rows.mappings()][::-1]


async def any_tasks(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Task]:
    """The tasks with these ids, of any owner."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = await connection.execute(sa.select(tasks).where(tasks.c.id.in_(wanted)))
    return {row["id"]: task_of(row) for row in rows.mappings()}


async def tasks_by_id(connection: AsyncConnection, ids: Iterable[str], wanted: TaskFilter) -> dict[str, Task]:
    """Those of the tasks that meet the filter."""
    rows = await connection.execute(sa.select(tasks).where(tasks.c.id.in_(list(ids)), filter_condition(wanted)))
    return {row["id"]: task_of(row) for row in rows.mappings()}


async def keyed_task(connection: AsyncConnection, owner: str, key: str) -> tuple[str, str] | None:
    """The task id and the request hash that an idempotency key is bound to."""
    row = await connection.execute(
        sa.select(idempotency_keys.c.task_id, idempotency_keys.c.request_sha256).where(
            idempotency_keys.c.owner == owner, idempotency_keys.c.key == key
        )
    )
    found = row.one_or_none()
    return None if found is None else (found.task_id, found.request_sha256)


async def pending_count(connection: AsyncConnection) -> int:
    """The number of PENDING tasks of all owners."""
    return await connection.scalar(sa.select(sa.func.count(tasks.c.queued_at_ms)).where(is_pending)) or 0


async def active_count(connection: AsyncConnection, owner: str) -> int:
    """The number of active tasks of the owner."""
    return await connection.scalar(sa.select(sa.func.count()).where(tasks.c.owner == owner, is_active)) or 0


async def queue_positions(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, int]:
    """The position in the queue, from 1, by the id of each of these tasks that is waiting."""
    order = (tasks.c.priority.desc(), tasks.c.turn, tasks.c.queued_at_ms, tasks.c.id)
    numbered = sa.select(tasks.c.id, sa.func.row_number().over(order_by=order).label("position")).where(is_pending)
    queue = numbered.subquery()
    rows = await connection.execute(sa.select(queue.c.id, queue.c.position).where(queue.c.id.in_(ids)))
    return {row.id: row.position for row in rows}


async def active_besides(connection: AsyncConnection, queued: sa.Select[str, int]) -> list[Task]:
    """The active tasks whose id and run are not among those of the query, those first in the queue first."""
    missing = sa.select(tasks).where(is_active, sa.tuple_(tasks.c.id, tasks.c.run).not_in(queued))
    rows = await connection.execute(missing.order_by(tasks.c.queued_at_ms, tasks.c.id))
    return [task_of(row) for row in rows.mappings()]


async def outdated(
    connection: AsyncConnection, before_ms: int, after: tuple[int, str] | None = None, limit: int = 100
) -> list[Task]:
    """Tasks that ended before a time, oldest first, continuing `after` an end time and id."""
    ended = sa.select(tasks).where(tasks.c.completed_at_ms < before_ms, ~is_active)
    place = sa.tuple_(tasks.c.completed_at_ms, tasks.c.id)
    if after is not None:
        ended = ended.where(place > sa.tuple_(sa.literal(after[0], sa.BigInteger), sa.literal(after[1])))
    rows = await connection.execute(ended.order_by(tasks.c.completed_at_ms, tasks.c.id).limit(limit))
    return [task_of(row) for row in rows.mappings()]


async def expired(connection: AsyncConnection, now_ms: int, limit: int = 100) -> list[Task]:
    """PENDING tasks whose expiry has passed."""
    late = sa.select(tasks).where(is_pending, tasks.c.expires_at_ms <= now_ms)
    return [task_of(row) for row in (await connection.execute(late.limit(limit))).mappings()]


async def next_expiry_ms(connection: AsyncConnection) -> int | None:
    """When the next PENDING task expires; None without one that may."""
    next_ = sa.select(tasks.c.expires_at_ms).where(is_pending, tasks.c.expires_at_ms.is_not(None))
    return await connection.scalar(next_.order_by(tasks.c.expires_at_ms).limit(1))


async def active_ids(connection: AsyncConnection) -> set[str]:
    """The ids of all active tasks of all owners."""
    rows = await connection.execute(sa.select(tasks.c.id).where(is_active))
    return set(rows.scalars())


async def queue_state(connection: AsyncConnection, owner: str, capacity: int) -> QueueState:
    """The numbers of the owner's PENDING and PROCESSING tasks."""
    rows = await connection.execute(
        sa.select(tasks.c.status, sa.func.count(), sa.func.min(tasks.c.queued_at_ms))
        .where(tasks.c.owner == owner, is_active)
        .group_by(tasks.c.status)
    )
    found: dict[str, tuple[int, int]] = {status: (count, oldest) for status, count, oldest in rows}
    pending, oldest = found.get(Status.PENDING, (0, None))
    processing, _ = found.get(Status.PROCESSING, (0, None))
    return QueueState(pending=pending, processing=processing, capacity=capacity, oldest_pending_at_ms=oldest)


async def queue_totals(connection: AsyncConnection) -> tuple[int, int, int | None]:
    """The numbers of PENDING and PROCESSING tasks of all owners, and since when the oldest is PENDING."""
    state = sa.select(sa.func.count(), sa.func.min(tasks.c.queued_at_ms))
    pending, oldest = (await connection.execute(state.where(is_pending))).one()
    processing, _ = (await connection.execute(state.where(is_processing))).one()
    return pending, processing, oldest


async def throughput(connection: AsyncConnection, owner: str, since_ms: int) -> dict[int, ThroughputPoint]:
    """Tasks that ended since a time, by the start of the minute in ms; minutes without one are left out."""
    minute = sa.cast(tasks.c.completed_at_ms - tasks.c.completed_at_ms % MINUTE_MS, sa.BigInteger)
    rows = await connection.execute(
        sa.select(minute, tasks.c.status, sa.func.count())
        .where(tasks.c.owner == owner, tasks.c.completed_at_ms >= since_ms)
        .group_by(minute, tasks.c.status)
    )
    counts: dict[int, dict[str, int]] = {}
    for at_ms, status, count in rows:
        counts.setdefault(at_ms, {})[status] = count
    return {
        at_ms: ThroughputPoint(at_ms, found.get(Status.COMPLETED, 0), found.get(Status.FAILED, 0))
        for at_ms, found in counts.items()
    }


async def events_after(connection: AsyncConnection, task_id: str, seq: int, limit: int) -> list[TaskEvent]:
    """The events of the task after `seq`, in order."""
    newer = sa.select(events).where(events.c.task_id == task_id, events.c.seq > seq)
    return await _events(connection, newer.order_by(events.c.seq).limit(limit))


async def feed_after(connection: AsyncConnection, owner: str, position: int, limit: int) -> list[TaskEvent]:
    """The events of the owner after `position`, in order."""
    newer = sa.select(events).where(events.c.owner == owner, events.c.position > position)
    return await _events(connection, newer.order_by(events.c.position).limit(limit))


async def events_since(connection: AsyncConnection, position: int, limit: int) -> list[TaskEvent]:
    """The events of all owners after `position`, in order."""
    newer = sa.select(events).where(events.c.position > position)
    return await _events(connection, newer.order_by(events.c.position).limit(limit))


async def newest_position(connection: AsyncConnection) -> int:
    """The position of the newest event of all owners; 0 without one."""
    return await connection.scalar(sa.select(sa.func.max(events.c.position))) or 0


async def event_range(connection: AsyncConnection, owner: str) -> tuple[int, int]:
    """The positions of the oldest and the newest stored event of the owner; (0, 0) without one."""
    mine = sa.select(events.c.position).where(events.c.owner == owner).order_by(events.c.position).limit(1)
    oldest = await connection.scalar(mine)
    newest = await connection.scalar(mine.order_by(None).order_by(events.c.position.desc()))
    return oldest or 0, newest or 0


async def _events(connection: AsyncConnection, query: sa.Select[Any]) -> list[TaskEvent]:
    return [event_of(row) for row in (await connection.execute(query)).mappings()]


async def _one(connection: AsyncConnection, query: sa.Select[Any]) -> Task | None:
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else task_of(row)
