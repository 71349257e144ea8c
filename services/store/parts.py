"""The parts of shared videos in the database: how far each is, its worker, and the fencing token of its job."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.records import Task
from services.store.tables import is_active, parts, tasks


class PartStatus(StrEnum):
    """The state of a part, as it is stored."""

    OPEN = "OPEN"
    RESERVED = "PROMISED"
    """Of the release before only."""
    RUNNING = "RUNNING"
    DONE = "MADE"
    ENDED = "ENDED"
    """No longer made in parts: the task has ended, or one worker renders it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a task's video: `frames` frames from `first_frame` on. One without frames is the sound."""

    task_id: str
    number: int
    attempt: int
    digest: str
    first_frame: int
    frames: int
    status: PartStatus
    worker: str | None
    """The worker that renders it, or has rendered it; None also when it was handed back."""
    fence: int
    """The fencing token of the job that began it; a write that carries an older one has no effect."""
    losses: int
    frames_done: int
    key: str | None
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded part."""

    key: str
    size_bytes: int
    sha256: str


_PART = TypeAdapter(Part)


def _part(row: sa.RowMapping) -> Part:
    return _PART.validate_python(dict(row))


async def share(connection: AsyncConnection, task: Task, digest: str, spans: Sequence[tuple[int, int]]) -> list[Part]:
    """Store the parts of an attempt, each a pair of first and last frame (exclusive), and return those to render. Parts
    that an earlier attempt has made with the same digest are kept.
    """
    kept = {
        part.number
        for part in await of_task(connection, task.id)
        if (part.digest, part.status) == (digest, PartStatus.DONE)
        and part.key is not None
        and part.number < len(spans)
        and spans[part.number] == (part.first_frame, part.first_frame + part.frames)
    }
    ours = parts.c.task_id == task.id
    await connection.execute(sa.delete(parts).where(ours, parts.c.number.not_in(kept)))
    await connection.execute(sa.update(parts).where(ours).values(attempt=task.attempt))
    blank = {"task_id": task.id, "attempt": task.attempt, "digest": digest, "status": PartStatus.OPEN}
    counts = {"claims": 0, "losses": 0, "frames_done": 0}
    fresh = [
        {"number": number, "first_frame": start, "frames": end - start, **blank, **counts}
        for number, (start, end) in enumerate(spans)
        if number not in kept
    ]
    if fresh:
        await connection.execute(sa.insert(parts), fresh)
    return [part for part in await of_task(connection, task.id) if part.number not in kept]


async def of_task(connection: AsyncConnection, task_id: str) -> list[Part]:
    """The parts of a task, ordered by number."""
    rows = await connection.execute(sa.select(parts).where(parts.c.task_id == task_id).order_by(parts.c.number))
    return [_part(row) for row in rows.mappings()]


async def one(connection: AsyncConnection, task_id: str, number: int | None) -> Part | None:
    """The part of a task with this number."""
    wanted = sa.select(parts).where(parts.c.task_id == task_id, parts.c.number == number)
    found = (await connection.execute(wanted)).mappings().one_or_none()
    return None if found is None else _part(found)


async def begin(connection: AsyncConnection, part: Part, worker: str, token: int) -> Part | None:
    """Assign the part to the worker of its job. One that was not handed back has lost its worker. None when it has
    changed, or the token is not above the last one.
    """
    if token <= part.fence:
        return None
    losses = part.losses + (part.worker is not None)
    values = {"status": PartStatus.RUNNING, "worker": worker, "fence": token, "losses": losses, "frames_done": 0}
    return await _changed(connection, part, **values)


async def advance(connection: AsyncConnection, part: Part, frames_done: int) -> Part | None:
    """Store the number of rendered frames. None when the part has another worker."""
    return await _changed(connection, part, frames_done=frames_done)


async def frames_done(connection: AsyncConnection, task_id: str) -> int:
    """The rendered frames of all parts of the task."""
    done = sa.func.coalesce(sa.func.sum(parts.c.frames_done), 0)
    return await connection.scalar(sa.select(done).where(parts.c.task_id == task_id)) or 0


async def finish(connection: AsyncConnection, part: Part, stored: StoredFile) -> Part | None:
    """Mark the part as done. None when it has another worker."""
    values = {"key": stored.key, "size_bytes": stored.size_bytes, "sha256": stored.sha256}
    return await _changed(connection, part, status=PartStatus.DONE, frames_done=part.frames, **values)


async def left(connection: AsyncConnection, task_id: str) -> int:
    """The number of parts that are not made."""
    open_ = sa.select(sa.func.count()).where(parts.c.task_id == task_id, parts.c.status != PartStatus.DONE)
    return await connection.scalar(open_) or 0


async def release(connection: AsyncConnection, part: Part, *, lost: bool = False) -> Part | None:
    """Reopen the part; `lost` counts as a loss. None when it has another worker."""
    values = {"status": PartStatus.OPEN, "worker": None, "frames_done": 0, "key": None}
    return await _changed(connection, part, losses=part.losses + int(lost), **values)


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


def shared(task: Task, found: Collection[Part]) -> bool:
    """Whether the attempt of the task is rendered in these parts."""
    return any(part.attempt == task.attempt and part.status is not PartStatus.ENDED for part in found)


async def _changed(connection: AsyncConnection, part: Part, **values: object) -> Part | None:
    """The changed part; None when its attempt, fencing token or status is no longer current."""
    same = (parts.c.task_id == part.task_id) & (parts.c.number == part.number)
    held = (parts.c.attempt == part.attempt) & (parts.c.fence == part.fence) & (parts.c.status == part.status)
    row = await connection.execute(sa.update(parts).where(same, held).values(**values).returning(parts))
    found = row.mappings().one_or_none()
    return None if found is None else _part(found)
