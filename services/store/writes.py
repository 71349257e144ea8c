"""Changes of tasks, each with its event, within a transaction of the caller.

After the commit the caller passes the `TaskChange`s to `TaskCache.publish`.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.clock import now_ms
from services.errors import Failure
from services.store import outbox
from services.store.parts import PartStatus
from services.store.records import (
    MAX_LOSSES,
    EventType,
    ProgressUpdate,
    Stage,
    StageProgress,
    Status,
    Task,
    TaskChange,
    TaskEvent,
    TaskRequest,
    Video,
    closed_stages,
)
from services.store.rows import stages_json, task_of, warnings_json
from services.store.tables import events, idempotency_keys, is_active, is_pending, is_processing, parts, tasks

_INSERT_TASK = sa.insert(tasks).returning(tasks)
_INSERT_EVENT = sa.insert(events).returning(events.c.position)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a request before its task is stored."""

    active: str | None
    """The id of the PENDING or PROCESSING task of the same draft URL and variant."""
    waiting: int
    """The number of PENDING tasks of all owners."""
    created_ms: int
    """When the draft's newest task was created; 0 without one. The next is later, even when the clock was set back."""
    turn: int
    """The turn after the own waiting tasks and parts of the owner, not before the round that is being served."""


def _place_statement() -> sa.Select[*tuple[Any, ...]]:
    """One statement for all: they share the cost of a statement, and PostgreSQL plans plain values in a fifth of the
    time that it needs for unions. Waiting tasks are counted by a column that only their index holds.
    """
    owner, draft_url, variant, priority = (
        column == sa.bindparam(column.name)
        for column in (tasks.c.owner, tasks.c.draft_url, tasks.c.output_key, tasks.c.priority)
    )
    of_part = parts.join(tasks, tasks.c.id == parts.c.task_id)
    open_ = is_processing & priority & (parts.c.status == PartStatus.OPEN)
    task_turn, part_turn, last, first = tasks.c.turn, tasks.c.turn + parts.c.number, sa.func.max, sa.func.min
    found = (
        sa.select(tasks.c.id).where(owner, draft_url, variant, is_active),
        sa.select(sa.func.count(tasks.c.queued_at_ms)).where(is_pending),
        sa.select(last(tasks.c.created_at_ms)).where(owner, draft_url),
        sa.select(last(task_turn)).where(is_pending, priority, owner),
        sa.select(last(part_turn)).select_from(of_part).where(open_, owner),
        sa.select(first(task_turn)).where(is_pending, priority),
        sa.select(first(part_turn)).select_from(of_part).where(open_),
    )
    return sa.select(*(each.scalar_subquery() for each in found))


_PLACE = _place_statement()


async def place(connection: AsyncConnection, owner: str, draft_url: str, variant: str, priority: int) -> Place:
    """The place of a request of the owner. It holds until the end of the transaction."""
    values = {"owner": owner, "draft_url": draft_url, "output_key": variant, "priority": priority}
    active, waiting, created_ms, *turns = (await connection.execute(_PLACE, values)).one()
    own, all_ = ([turn for turn in two if turn is not None] for two in (turns[:2], turns[2:]))
    return Place(active, waiting, created_ms or 0, max(own) + 1 if own else min(all_, default=0))


async def create(
    connection: AsyncConnection, owner: str, task_id: str, request: TaskRequest, known: Place | None = None
) -> TaskChange:
    """Insert a task and its first event, at the place that is `known` in this transaction, if it was asked for. Raises
    IntegrityError when the draft URL has an active task.
    """
    now = now_ms()
    found = known or await place(connection, owner, request.draft_url, request.variant, request.priority)
    made = max(now, found.created_ms + 1)
    values = {
        "id": task_id,
        "owner": owner,
        "draft_url": request.draft_url,
        **_waiting(now, None if request.expires_in_seconds is None else now + request.expires_in_seconds * 1000),
        "turn": found.turn,
        "attempt": 0,
        "max_attempts": MAX_LOSSES + 1,
        "priority": request.priority,
        "strict": request.strict,
        "metadata": request.metadata,
        **_webhook(request),
        "output": request.output.to_json() or None,
        "replacements": [each.to_json() for each in request.replacements] or None,
        "output_key": request.variant,
        "created_at_ms": made,
        "updated_at_ms": made,
        "seq": 1,
    }
    row = await connection.execute(_INSERT_TASK, values)
    return await _recorded(connection, task_of(row.mappings().one()), EventType.STATUS_CHANGED)


async def remember_key(connection: AsyncConnection, owner: str, key: str, task_id: str, request_sha256: str) -> None:
    """Bind an idempotency key to a task."""
    await connection.execute(
        sa.insert(idempotency_keys).values(
            owner=owner, key=key, task_id=task_id, request_sha256=request_sha256, created_at_ms=now_ms()
        )
    )


async def attach_webhook(connection: AsyncConnection, task: Task, request: TaskRequest) -> None:
    """Set the webhook of the request on a task without one."""
    lacking = (tasks.c.id == task.id) & tasks.c.webhook_url.is_(None)
    await connection.execute(sa.update(tasks).where(lacking).values(**_webhook(request)))


async def requeue(connection: AsyncConnection, task: Task) -> TaskChange | None:
    """Requeue an ended task for a new attempt. None when it has changed."""
    found = await place(connection, task.owner, task.draft_url, "", task.priority)
    values = _waiting(now_ms(), None) | {
        "turn": found.turn,
        "run": task.run + 1,
        "max_attempts": task.attempt + MAX_LOSSES + 1,
        "started_at_ms": None,
        "completed_at_ms": None,
    }
    unchanged = (tasks.c.status == task.status) & (tasks.c.seq == task.seq)
    return await _change(connection, task.id, unchanged, EventType.STATUS_CHANGED, values)


async def claim(
    connection: AsyncConnection, task: Task, worker: str = "", token: int | None = None
) -> TaskChange | None:
    """Begin the next attempt, owned by the worker, with the fencing token of its job (None: the next one). A task that
    was not handed back has lost its worker. None when the task has changed, or the token is not above the last one.
    """
    now = now_ms()
    started = StageProgress(stage=Stage.STARTED, started_at_ms=now)
    values = {
        "status": Status.PROCESSING,
        "stage": Stage.STARTED,
        "progress": 10,
        "stages": stages_json([*_queued_stage(task, now), started]),
        "attempt": task.attempt + 1,
        "worker": worker,
        "fence": tasks.c.fence + 1 if token is None else token,
        "started_at_ms": task.started_at_ms or now,
        "estimated_completion_at_ms": None,
        "preview_key": None,
        "warnings": [],
    }
    newer = sa.true() if token is None else tasks.c.fence < token
    return await _change(connection, task.id, _fence(task) & newer, EventType.STATUS_CHANGED, values)


async def advance(connection: AsyncConnection, task: Task, update: ProgressUpdate) -> TaskChange | None:
    """Store progress of the attempt in `task`. None when the attempt no longer owns the task."""
    return await _change(connection, task.id, _fence(task), update.type, _progress_values(update))


async def complete(
    connection: AsyncConnection, task: Task, stages: list[StageProgress], video: Video
) -> TaskChange | None:
    """Complete the task; the file is stored already. None when the attempt no longer owns the task."""
    now = now_ms()
    done = StageProgress(stage=Stage.DONE, started_at_ms=now, completed_at_ms=now)
    values = _ended(Status.COMPLETED, now) | {
        "stage": Stage.DONE,
        "progress": 100,
        "stages": stages_json([*closed_stages(stages, now), done]),
        "video": asdict(video),
    }
    return await _change(connection, task.id, _fence(task), EventType.STATUS_CHANGED, values)


async def fail(
    connection: AsyncConnection, task: Task, failure: Failure, stage: Stage | None = None
) -> TaskChange | None:
    """Fail the task with an error at `stage`. None when the attempt no longer owns the task."""
    now = now_ms()
    values = _ended(Status.FAILED, now) | {
        "error_code": failure.code,
        "failure": asdict(failure),
        "failure_stage": stage or task.stage,
    }
    return await _change(connection, task.id, _fence(task), EventType.STATUS_CHANGED, values)


async def cancel(connection: AsyncConnection, task: Task) -> TaskChange | None:
    """Cancel an active task. None when it changed in between."""
    unchanged = (tasks.c.attempt == task.attempt) & (tasks.c.status == task.status)
    return await _change(connection, task.id, unchanged, EventType.STATUS_CHANGED, _ended(Status.CANCELED, now_ms()))


async def hand_back(connection: AsyncConnection, task: Task) -> bool:
    """Release the task without counting a loss, when the worker stops. False when it no longer owns it."""
    return await _held(connection, task, max_attempts=tasks.c.max_attempts + 1, worker=None)


async def share(connection: AsyncConnection, task: Task) -> bool:
    """Leave the attempt to the jobs of its parts. False when the worker no longer owns it."""
    return await _held(connection, task, worker=None)


async def hold(connection: AsyncConnection, task: Task, worker: str, token: int) -> Task:
    """Assign an attempt whose parts are made to the worker that joins them. The token must be above the last one."""
    await _held(connection, task, worker=worker, fence=token)
    return replace(task, worker=worker, fence=token)


async def _held(connection: AsyncConnection, task: Task, **values: object) -> bool:
    """Change who owns the attempt, without an event. False when it has another owner."""
    changed = await connection.execute(sa.update(tasks).where(tasks.c.id == task.id, _fence(task)).values(**values))
    return changed.rowcount > 0


async def remove(connection: AsyncConnection, task: Task) -> bool:
    """Delete an ended task with its events, deliveries and keys. False when it has changed."""
    gone = await connection.execute(sa.delete(tasks).where(tasks.c.id == task.id, tasks.c.seq == task.seq))
    if not gone.rowcount:
        return False
    await connection.execute(sa.delete(events).where(events.c.task_id == task.id))
    await outbox.remove(connection, task)
    await connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.task_id == task.id))
    return True


def _progress_values(update: ProgressUpdate) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if update.stages is not None:
        values["stage"] = update.stages[-1].stage
        values["stages"] = stages_json(update.stages)
        values["estimated_completion_at_ms"] = update.estimated_completion_at_ms
    if update.warnings is not None:
        values["warnings"] = warnings_json(update.warnings)
    if update.progress is not None:
        values["progress"] = update.progress
    if update.preview_key is not None:
        values["preview_key"] = update.preview_key
    if update.stream is not None:
        values["stream"] = update.stream
    return values


def _fence(task: Task) -> sa.ColumnElement[bool]:
    """Condition: the attempt and its worker still own the row."""
    return sa.and_(
        tasks.c.attempt == task.attempt,
        tasks.c.status == task.status,
        tasks.c.worker.is_not_distinct_from(task.worker),
        tasks.c.fence == task.fence,
    )


async def _change(
    connection: AsyncConnection,
    task_id: str,
    condition: sa.ColumnElement[bool],
    event: EventType,
    values: dict[str, Any],
) -> TaskChange | None:
    """Apply `values` where `condition` holds, with the next seq and its event. None where it does not hold."""
    row = await connection.execute(
        sa.update(tasks)
        .where(tasks.c.id == task_id, condition)
        .values(**values, seq=tasks.c.seq + 1, updated_at_ms=now_ms())
        .returning(tasks)
    )
    found = row.mappings().one_or_none()
    if found is None:
        return None
    return await _recorded(connection, task_of(found), event)


async def _recorded(connection: AsyncConnection, task: Task, kind: EventType) -> TaskChange:
    """The newest change of the task, with its event stored."""
    event = TaskEvent(
        task_id=task.id,
        seq=task.seq,
        position=0,
        type=kind,
        at_ms=task.updated_at_ms,
        status=task.status,
        stage=task.stage,
        progress=task.progress,
        attempt=task.attempt,
    )
    values = {name: value for name, value in asdict(event).items() if name != "position"} | {"owner": task.owner}
    position = (await connection.execute(_INSERT_EVENT, values)).scalar_one()
    if task.webhook_events and kind in task.webhook_events:
        await outbox.add(connection, event)
    return TaskChange(replace(event, position=position), task)


def _waiting(now: int, expires_at_ms: int | None) -> dict[str, Any]:
    queued = StageProgress(stage=Stage.QUEUED, started_at_ms=now)
    return {
        "status": Status.PENDING,
        "worker": None,
        "stage": Stage.QUEUED,
        "progress": 0,
        "stages": stages_json([queued]),
        "queued_at_ms": now,
        "expires_at_ms": expires_at_ms,
        "estimated_completion_at_ms": None,
        "preview_key": None,
        "stream": None,
        "video": None,
        "error_code": None,
        "failure": None,
        "failure_stage": None,
        "warnings": [],
    }


def _webhook(request: TaskRequest) -> dict[str, Any]:
    wanted = request.webhook_events or (EventType.STATUS_CHANGED,)
    return {"webhook_url": request.webhook_url, "webhook_events": list(wanted) if request.webhook_url else None}


def _ended(status: Status, now: int) -> dict[str, Any]:
    return {"status": status, "completed_at_ms": now, "estimated_completion_at_ms": None, "preview_key": None}


def _queued_stage(task: Task, now: int) -> list[StageProgress]:
    return closed_stages([stage for stage in task.stages if stage.stage is Stage.QUEUED], now)
