"""The outbox: what is to be sent to webhooks, written in the transaction of the event it tells of."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tasks.records import Delivery, DeliveryState, Task, TaskChange, TaskEvent
from services.tasks.store.rows import delivery_of, event_of, task_of
from services.tasks.store.tables import deliveries, events, tasks

_WAITING = deliveries.c.state == DeliveryState.WAITING


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that has come to its turn, with what it tells."""

    delivery: Delivery
    change: TaskChange


async def add(connection: AsyncConnection, event: TaskEvent) -> None:
    """An event of a task that wants to be told of it."""
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


async def any_due(connection: AsyncConnection, now_ms: int) -> bool:
    """Whether there is something to send."""
    due = sa.select(deliveries.c.seq).where(_WAITING, deliveries.c.due_at_ms <= now_ms)
    return await connection.scalar(due.limit(1)) is not None


async def take_due(connection: AsyncConnection, now_ms: int, again_at_ms: int, limit: int) -> list[Due]:
    """Deliveries whose time has come, the oldest of each task only: a task's events arrive in order.

    They are the caller's until `again_at_ms`; then, if they are not settled, they are due once more.
    """
    older = deliveries.alias()
    blocked = sa.exists().where(
        older.c.task_id == deliveries.c.task_id,
        older.c.seq < deliveries.c.seq,
        older.c.state == DeliveryState.WAITING,
    )
    due = sa.select(deliveries).where(_WAITING, deliveries.c.due_at_ms <= now_ms, ~blocked)
    found = (await connection.execute(due.order_by(deliveries.c.due_at_ms).limit(limit))).mappings().all()
    taken = [delivery_of(row) for row in found]
    return [mine for each in taken if (mine := await _take(connection, each, again_at_ms))]


async def _take(connection: AsyncConnection, delivery: Delivery, again_at_ms: int) -> Due | None:
    """None when somebody else was faster."""
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
    change = TaskChange(
        event_of((await connection.execute(event)).mappings().one()),
        task_of((await connection.execute(task)).mappings().one()),
    )
    return Due(delivery_of(taken), change)


async def settle(connection: AsyncConnection, delivery: Delivery) -> None:
    """How an attempt went, unless somebody else has made one since."""
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
    """A task's newest deliveries, newest first."""
    wanted = sa.select(deliveries).where(deliveries.c.task_id == task_id)
    rows = await connection.execute(wanted.order_by(deliveries.c.seq.desc()).limit(limit))
    return [delivery_of(row) for row in rows.mappings()]


async def waiting_count(connection: AsyncConnection) -> int:
    """How many are to be sent yet."""
    return await connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(_WAITING)) or 0


async def remove(connection: AsyncConnection, task: Task) -> None:
    """Forget a task's deliveries."""
    await connection.execute(sa.delete(deliveries).where(deliveries.c.task_id == task.id))


def _this(delivery: Delivery) -> sa.ColumnElement[bool]:
    return (deliveries.c.task_id == delivery.task_id) & (deliveries.c.seq == delivery.seq)
