"""The worker registry in the database: one row for each live process, with a heartbeat counter."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.tables import workers


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A process of the service. `slots` is the number of concurrent renders, 0 without a worker."""

    id: str
    data_dir_id: Annotated[str, Field(alias="place")]
    host: str
    pid: int
    slots: int
    heartbeat: Annotated[int, Field(alias="beat")]
    started_at_ms: int
    takes_jobs: bool = True
    """Whether its worker takes the jobs of the work queue; one of the release before does not."""

    @property
    def seniority(self) -> tuple[int, str]:
        """Sorts the process that started first to the front."""
        return self.started_at_ms, self.id


_RECORD = TypeAdapter(WorkerRecord)


async def register(connection: AsyncConnection, record: WorkerRecord) -> None:
    """Insert a process. A worker replaces the row of the earlier worker of its data folder."""
    if record.slots:
        same = workers.c.place == record.data_dir_id
        await connection.execute(sa.delete(workers).where(same, workers.c.slots > 0))
    await connection.execute(sa.insert(workers).values(_RECORD.dump_python(record, by_alias=True)))


async def heartbeat(connection: AsyncConnection, worker_id: str) -> bool:
    """Raise the heartbeat of a process. False when its row was removed because it was taken for dead."""
    moved = await connection.execute(
        sa.update(workers).where(workers.c.id == worker_id).values(beat=workers.c.beat + 1)
    )
    return moved.rowcount > 0


async def all_workers(connection: AsyncConnection) -> list[WorkerRecord]:
    """All rows, including dead processes that were not removed yet."""
    rows = await connection.execute(sa.select(workers))
    return [_RECORD.validate_python(dict(row)) for row in rows.mappings()]


async def unregister(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Remove processes."""
    await connection.execute(sa.delete(workers).where(workers.c.id.in_(ids)))


async def is_earlier_release(connection: AsyncConnection, worker_id: str | None) -> bool:
    """Whether a live process of the release before has this id."""
    earlier = sa.select(workers.c.id).where(workers.c.id == worker_id, ~workers.c.takes_jobs)
    return await connection.scalar(earlier) is not None
