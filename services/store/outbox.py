"""The outbox: webhooks to send, stored in the transaction of their event."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.records import Delivery, DeliveryState, Task, TaskChange, TaskEvent
from services.store.rows import delivery_of, event_of, task_of
from services.store.tables import deliveries, events, tasks

_WAITING = deliveries.c.state == DeliveryState.WAITING


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due, with its event and task."""

    delivery: Delivery
    change: TaskChange


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the deliveries to take: in all, and of each owner, of which `running` are under way."""

    places: int
    of_owner: int
    running: Mapping[str, int] = field(default_factory=dict[str, int])

    def chosen(self, due: Iterable[tuple[str, Delivery]]) -> list[Delivery]:
        """The first deliveries within the limits; each comes with its owner."""
        chosen: list[Delivery] = []
        taken = Counter(self.running)
        for owner, delivery in due:
            if len(chosen) < self.places and taken[owner] < self.of_owner:
                taken[owner] += 1
                chosen.append(delivery)
        return chosen


async def add(connection: AsyncConnection, event: TaskEvent) -> None:
    """Store the delivery of an event."""
    await connection.execute(
        sa.insert(deliveries).values(
            task_id=event.task_id,
            seq=event.seq,
            state=DeliveryState.WAITING,
            attempts=0,
            created_at_ms=event.at_ms,
            due_at_ms=event.at_ms,
        )
    )


async def next_due_ms(connection: AsyncConnection) -> int | None:
    """When the next delivery is due; None without one that waits."""
    due = sa.select(deliveries.c.due_at_ms).where(_WAITING).order_by(deliveries.c.due_at_ms)
    return await connection.scalar(due.limit(1))


async def take_due(connection: AsyncConnection, now_ms: int, again_at_ms: int, limits: Limits) -> list[Due]:
    """Take due deliveries, owners in turns, and of each task only the oldest: its events arrive in order.

    The caller must settle them before `again_at_ms`; after that they are due again.
    """
    older = deliveries.alias()
    blocked = sa.exists().where(
        older.c.task_id == deliveries.c.task_id,
        older.c.seq < deliveries.c.seq,
        older.c.state == DeliveryState.WAITING,
    )
    due = (
        sa.select(
            deliveries.c.task_id,
            deliveries.c.seq,
            tasks.c.owner,
            sa.func.row_number().over(partition_by=tasks.c.owner, order_by=deliveries.c.due_at_ms).label("turn"),
        )
        .outerjoin(tasks, tasks.c.id == deliveries.c.task_id)
        .where(_WAITING, deliveries.c.due_at_ms <= now_ms, ~blocked)
        .subquery()
    )
    same = (due.c.task_id == deliveries.c.task_id) & (due.c.seq == deliveries.c.seq)
    turns = sa.select(due.c.owner, deliveries).join(due, same).where(due.c.turn <= limits.of_owner)
    rows = (await connection.execute(turns.order_by(due.c.turn, deliveries.c.due_at_ms))).mappings()
    chosen = limits.chosen((row["owner"] or "", delivery_of(row)) for row in rows)
    return [mine for each in chosen if (mine := await _take(connection, each, again_at_ms))]


async def _take(connection: AsyncConnection, delivery: Delivery, again_at_ms: int) -> Due | None:
    """None when another process was faster, or the event is gone."""
    unchanged = (deliveries.c.attempts == delivery.attempts) & (deliveries.c.due_at_ms == delivery.due_at_ms)
    row = await connection.execute(
        sa.update(deliveries)
        .where(_this(delivery), _WAITING, unchanged)
        .values(attempts=delivery.attempts + 1, due_at_ms=again_at_ms)
        .returning(deliveries)
    )
    taken = row.mappings().one_or_none()
    if taken is None:
        return None
    event = sa.select(events).where(events.c.task_id == delivery.task_id, events.c.seq == delivery.seq)
    task = sa.select(tasks).where(tasks.c.id == delivery.task_id)
    found_event = (await connection.execute(event)).mappings().one_or_none()
    found_task = (await connection.execute(task)).mappings().one_or_none()
    if found_event is None or found_task is None:
        await connection.execute(sa.delete(deliveries).where(_this(delivery)))
        return None
    return Due(delivery_of(taken), TaskChange(event_of(found_event), task_of(found_task)))


async def settle(connection: AsyncConnection, delivery: Delivery) -> None:
    """Store the result of an attempt, unless a newer attempt has begun."""
    await connection.execute(
        sa.update(deliveries)
        .where(_this(delivery), _WAITING, deliveries.c.attempts == delivery.attempts)
        .values(
            state=delivery.state,
            due_at_ms=delivery.due_at_ms,
            ended_at_ms=delivery.ended_at_ms,
            answer=delivery.answer,
            error=delivery.error,
        )
    )


async def of_task(connection: AsyncConnection, task_id: str, limit: int) -> list[Delivery]:
    """The newest deliveries of a task, newest first."""
    wanted = sa.select(deliveries).where(deliveries.c.task_id == task_id)
    rows = await connection.execute(wanted.order_by(deliveries.c.seq.desc()).limit(limit))
    return [delivery_of(row) for row in rows.mappings()]


async def waiting_count(connection: AsyncConnection) -> int:
    """The number of deliveries not yet sent."""
    return await connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(_WAITING)) or 0


async def remove(connection: AsyncConnection, task: Task) -> None:
    """Delete the deliveries of a task."""
    await connection.execute(sa.delete(deliveries).where(deliveries.c.task_id == task.id))


def _this(delivery: Delivery) -> sa.ColumnElement[bool]:
    return (deliveries.c.task_id == delivery.task_id) & (deliveries.c.seq == delivery.seq)
