"""The parts of shared videos in the database: the worker of each part, and its fencing token."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.records import MAX_LOSSES, Task
from services.store.tables import is_active, is_processing, parts, tasks, workers


class PartStatus(StrEnum):
    """The state of a part, as it is stored: workers of other releases read the same rows."""

    OPEN = "OPEN"
    RESERVED = "PROMISED"
    """Assigned to an assistant that is still preparing the draft."""
    RUNNING = "RUNNING"
    DONE = "MADE"
    ENDED = "ENDED"
    """The task has ended; the row stays until the file is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a task's video: `frames` frames from `first_frame` on."""

    task_id: str
    number: int
    attempt: int
    digest: str
    first_frame: int
    frames: int
    status: PartStatus
    worker: str | None
    fencing_token: Annotated[int, Field(alias="claims")]
    """Rises with each claim; a write that carries an older one has no effect."""
    losses: int
    frames_done: int
    key: str | None
    size_bytes: int | None
    sha256: str | None


_PART = TypeAdapter(Part)


def _part(row: sa.RowMapping) -> Part:
    return _PART.validate_python(dict(row))


async def announce(
    connection: AsyncConnection, task: Task, digest: str, spans: Sequence[tuple[int, int]]
) -> list[Part] | None:
    """Store the parts of an attempt, each a pair of first and last frame (exclusive). Uploaded parts of an earlier
    attempt with the same digest are kept as DONE. None when the attempt no longer owns the task.
    """
    mine = sa.select(tasks.c.id).where(
        tasks.c.id == task.id,
        tasks.c.attempt == task.attempt,
        is_processing,
        tasks.c.worker.is_not_distinct_from(task.worker),
    )
    if await connection.scalar(mine.with_for_update()) is None:
        return None
    known = {part.number: part for part in await of_task(connection, task.id)}
    made = {
        number
        for number, part in known.items()
        if (part.digest, part.status) == (digest, PartStatus.DONE)
        and part.key
        and number < len(spans)
        and spans[number] == (part.first_frame, part.first_frame + part.frames)
    }
    ours = parts.c.task_id == task.id
    await connection.execute(sa.delete(parts).where(ours, parts.c.number.not_in(made)))
    await connection.execute(sa.update(parts).where(ours).values(attempt=task.attempt))
    fresh = [
        {"number": number, "first_frame": start, "frames": end - start, "task_id": task.id, "attempt": task.attempt}
        for number, (start, end) in enumerate(spans)
        if number not in made
    ]
    blank = {"digest": digest, "status": PartStatus.OPEN, "claims": 0, "losses": 0, "frames_done": 0}
    if fresh:
        await connection.execute(sa.insert(parts), [{**values, **blank} for values in fresh])
    return await of_task(connection, task.id)


async def of_task(connection: AsyncConnection, task_id: str) -> list[Part]:
    """The parts of a task, ordered by number."""
    rows = await connection.execute(sa.select(parts).where(parts.c.task_id == task_id).order_by(parts.c.number))
    return [_part(row) for row in rows.mappings()]


async def open_parts_of_others(
    connection: AsyncConnection, worker: str, besides: Collection[str] = (), limit: int = 20
) -> list[Part]:
    """Open parts of tasks of other workers, without the tasks in `besides`; tasks that started first come first."""
    found = (
        sa.select(parts)
        .join(tasks, (tasks.c.id == parts.c.task_id) & (tasks.c.attempt == parts.c.attempt))
        .where(parts.c.status == PartStatus.OPEN, parts.c.losses < MAX_LOSSES, parts.c.task_id.not_in(besides))
        .where(is_processing, tasks.c.worker.is_not(None), tasks.c.worker != worker)
        .order_by(tasks.c.started_at_ms, parts.c.task_id, parts.c.number)
    )
    return [_part(row) for row in (await connection.execute(found.limit(limit))).mappings()]


async def claim(connection: AsyncConnection, part: Part, worker: str, status: PartStatus) -> Part | None:
    """Assign the part to the worker, with a new fencing token. None when it has changed since it was read."""
    values = {"status": status, "worker": worker, "claims": part.fencing_token + 1, "frames_done": 0}
    return await _changed(connection, part, **values)


async def begin(connection: AsyncConnection, part: Part) -> Part | None:
    """Mark a reserved part as running. None when it was assigned to another worker."""
    return await _changed(connection, part, status=PartStatus.RUNNING)


async def advance(connection: AsyncConnection, part: Part, frames_done: int) -> Part | None:
    """Store the number of rendered frames. None when the part was assigned to another worker."""
    return await _changed(connection, part, frames_done=frames_done)


async def finish(connection: AsyncConnection, part: Part, stored: tuple[str, int, str] | None) -> Part | None:
    """Mark the part as done. `stored` is the key, size in bytes and SHA-256 of its upload; None: the file is local to
    its worker. None when the part was assigned to another worker.
    """
    key, size_bytes, sha256 = stored or (None, None, None)
    values = {"status": PartStatus.DONE, "frames_done": part.frames, "worker": part.worker}
    return await _changed(connection, part, key=key, size_bytes=size_bytes, sha256=sha256, **values)


async def release(connection: AsyncConnection, part: Part, *, lost: bool = False) -> Part | None:
    """Reopen the part; `lost` counts as a loss. None when it was assigned to another worker."""
    values = {"status": PartStatus.OPEN, "worker": None, "frames_done": 0, "key": None}
    return await _changed(connection, part, losses=part.losses + int(lost), **values)


async def any_lost(connection: AsyncConnection) -> bool:
    """Whether there are parts of workers without a row in the registry."""
    return await connection.scalar(sa.select(parts.c.number).where(_is_lost()).limit(1)) is not None


async def release_lost(connection: AsyncConnection) -> int:
    """Reopen the parts of workers without a row in the registry; returns their number."""
    freed = await connection.execute(
        sa.update(parts)
        .where(_is_lost())
        .values(status=PartStatus.OPEN, worker=None, losses=parts.c.losses + 1, frames_done=0)
    )
    return freed.rowcount


def _is_lost() -> sa.ColumnElement[bool]:
    under_way = parts.c.status.in_([PartStatus.RESERVED, PartStatus.RUNNING])
    return under_way & parts.c.worker.not_in(sa.select(workers.c.id))


async def end(connection: AsyncConnection, task_id: str) -> None:
    """End all parts of a task: every fencing token becomes invalid."""
    await connection.execute(sa.update(parts).where(parts.c.task_id == task_id).values(status=PartStatus.ENDED))


async def remove(connection: AsyncConnection, task_id: str) -> None:
    """Delete the parts of a task."""
    await connection.execute(sa.delete(parts).where(parts.c.task_id == task_id))


async def of_ended_tasks(connection: AsyncConnection) -> list[str]:
    """The ids of tasks with parts that are neither PENDING nor PROCESSING."""
    active = sa.select(tasks.c.id).where(is_active)
    found = sa.select(parts.c.task_id).where(parts.c.task_id.not_in(active)).distinct()
    return list((await connection.execute(found)).scalars())


async def _changed(connection: AsyncConnection, part: Part, **values: object) -> Part | None:
    """The changed part; None when its attempt, fencing token or status is no longer current."""
    same = (parts.c.task_id == part.task_id) & (parts.c.number == part.number)
    held = (parts.c.attempt == part.attempt) & (parts.c.claims == part.fencing_token) & (parts.c.status == part.status)
    row = await connection.execute(sa.update(parts).where(same, held).values(**values).returning(parts))
    found = row.mappings().one_or_none()
    return None if found is None else _part(found)
