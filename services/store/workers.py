"""The processes that are there: their rows, which they keep moving while they live."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.tables import tasks, workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A process of the service. `slots` is how many renders it runs at once, 0 when it only serves the API."""

    id: str
    place: str
    host: str
    pid: int
    slots: int
    beat: int
    started_at_ms: int

    @property
    def seniority(self) -> tuple[int, str]:
        """Smaller for the one that has been there longer."""
        return self.started_at_ms, self.id


async def enter(connection: AsyncConnection, member: Member) -> None:
    """A process begins. A worker takes the place of the one that worked in its data folder before."""
    if member.slots:
        await connection.execute(sa.delete(workers).where(workers.c.place == member.place, workers.c.slots > 0))
    await connection.execute(
        sa.insert(workers).values(
            id=member.id,
            place=member.place,
            host=member.host,
            pid=member.pid,
            slots=member.slots,
            beat=member.beat,
            started_at_ms=member.started_at_ms,
        )
    )


async def beat(connection: AsyncConnection, member_id: str) -> bool:
    """The process lives. False when it was taken for dead and its row removed."""
    moved = await connection.execute(
        sa.update(workers).where(workers.c.id == member_id).values(beat=workers.c.beat + 1)
    )
    return moved.rowcount > 0


async def members(connection: AsyncConnection) -> list[Member]:
    """All rows, those of the dead that were not removed yet among them."""
    rows = await connection.execute(sa.select(workers))
    return [Member(**row) for row in rows.mappings()]


async def leave(connection: AsyncConnection, ids: Collection[str]) -> None:
    """These processes are gone."""
    await connection.execute(sa.delete(workers).where(workers.c.id.in_(ids)))


def absent() -> sa.ColumnElement[bool]:
    """Holds for tasks whose worker is not there any more."""
    return tasks.c.worker.not_in(sa.select(workers.c.id))
