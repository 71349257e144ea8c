"""The rows of a video's parts: who makes which, fenced by the number of the claim.

A part waits (OPEN), is spoken for by a worker that prepares itself (PROMISED), is being made (RUNNING), or is MADE.
When its task has ended it is ENDED, until its file is gone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.records import Task
from services.store.tables import is_active, is_processing, parts, tasks, workers

LOSSES_ALLOWED = 2
"""After so many losses a part is left to the worker whose task it is."""


class PartStatus(StrEnum):
    """Where a part is."""

    OPEN = "OPEN"
    PROMISED = "PROMISED"
    RUNNING = "RUNNING"
    MADE = "MADE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a task's video: `frames` of them from `first_frame` on. Equal claims are the same worker's."""

    task_id: str
    number: int
    attempt: int
    digest: str
    first_frame: int
    frames: int
    status: PartStatus
    worker: str | None
    claims: int
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
    """The parts of a task's attempt, those with files of an earlier one among them; None when the task is not the
    attempt's any more.
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
        if (part.digest, part.status) == (digest, PartStatus.MADE)
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
    """A task's parts, in order."""
    rows = await connection.execute(sa.select(parts).where(parts.c.task_id == task_id).order_by(parts.c.number))
    return [_part(row) for row in rows.mappings()]


async def open_elsewhere(
    connection: AsyncConnection, worker: str, besides: Collection[str] = (), limit: int = 20
) -> list[Part]:
    """Open parts of tasks that other workers run, but those `besides`; what was started first comes first."""
    found = (
        sa.select(parts)
        .join(tasks, (tasks.c.id == parts.c.task_id) & (tasks.c.attempt == parts.c.attempt))
        .where(parts.c.status == PartStatus.OPEN, parts.c.losses < LOSSES_ALLOWED, parts.c.task_id.not_in(besides))
        .where(is_processing, tasks.c.worker.is_not(None), tasks.c.worker != worker)
        .order_by(tasks.c.started_at_ms, parts.c.task_id, parts.c.number)
    )
    return [_part(row) for row in (await connection.execute(found.limit(limit))).mappings()]


async def claim(connection: AsyncConnection, part: Part, worker: str, status: PartStatus) -> Part | None:
    """The part, now this worker's, from whoever had it. None when it has changed since it was read."""
    values = {"status": status, "worker": worker, "claims": part.claims + 1, "frames_done": 0}
    return await _changed(connection, part, **values)


async def begin(connection: AsyncConnection, part: Part) -> Part | None:
    """What was promised is being made. None when it was given to another."""
    return await _changed(connection, part, status=PartStatus.RUNNING)


async def advance(connection: AsyncConnection, part: Part, frames_done: int) -> Part | None:
    """So many of its frames are out. None when it was given to another."""
    return await _changed(connection, part, frames_done=frames_done)


async def made(connection: AsyncConnection, part: Part, stored: tuple[str, int, str] | None) -> Part | None:
    """The part is made, and stored by that key, with so many bytes of that SHA-256, unless it stays where it was made.
    None when it was given to another.
    """
    key, size_bytes, sha256 = stored or (None, None, None)
    values = {"status": PartStatus.MADE, "frames_done": part.frames, "worker": part.worker}
    return await _changed(connection, part, key=key, size_bytes=size_bytes, sha256=sha256, **values)


async def give_back(connection: AsyncConnection, part: Part, *, lost: bool = False) -> Part | None:
    """Somebody else may make it. None when that is so already."""
    values = {"status": PartStatus.OPEN, "worker": None, "frames_done": 0, "key": None}
    return await _changed(connection, part, losses=part.losses + int(lost), **values)


async def release(connection: AsyncConnection) -> int:
    """Parts of workers that are not there any more are open. How many."""
    absent = parts.c.worker.not_in(sa.select(workers.c.id))
    under_way = parts.c.status.in_([PartStatus.PROMISED, PartStatus.RUNNING])
    freed = await connection.execute(
        sa.update(parts)
        .where(under_way, absent)
        .values(status=PartStatus.OPEN, worker=None, losses=parts.c.losses + 1, frames_done=0)
    )
    return freed.rowcount


async def end(connection: AsyncConnection, task_id: str) -> None:
    """Nobody is to make any of a task's parts: from now on no claim holds."""
    await connection.execute(sa.update(parts).where(parts.c.task_id == task_id).values(status=PartStatus.ENDED))


async def remove(connection: AsyncConnection, task_id: str) -> None:
    """Forget a task's parts."""
    await connection.execute(sa.delete(parts).where(parts.c.task_id == task_id))


async def of_ended_tasks(connection: AsyncConnection) -> list[str]:
    """The ids of tasks that have parts, and neither wait nor run."""
    active = sa.select(tasks.c.id).where(is_active)
    found = sa.select(parts.c.task_id).where(parts.c.task_id.not_in(active)).distinct()
    return list((await connection.execute(found)).scalars())


async def _changed(connection: AsyncConnection, part: Part, **values: object) -> Part | None:
    """The part after a change, if nobody else has claimed it."""
    same = (parts.c.task_id == part.task_id) & (parts.c.number == part.number)
    held = (parts.c.attempt == part.attempt) & (parts.c.claims == part.claims) & (parts.c.status == part.status)
    row = await connection.execute(sa.update(parts).where(same, held).values(**values).returning(parts))
    found = row.mappings().one_or_none()
    return None if found is None else _part(found)
