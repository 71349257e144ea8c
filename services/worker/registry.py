"""The crew: the processes of the service, who of them lives, and who looks after the rest.

Every process moves its own row (`heartbeat`) and watches the others'. A row that has not moved for the dead-after
time, by the watcher's monotonic clock, is a dead process: no wall clock is compared, so none can mislead. Time in which
the watcher itself could not look counts for nobody. The senior of those who live is the keeper, who
acts on what it sees (`services.worker.maintenance`); if two hold themselves for it for a moment, no harm is done.
"""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from services.clock import now_ms
from services.errors import StoreUnavailable
from services.store import parts, workers, writes
from services.store.database import Database
from services.store.workers import WorkerRecord

log = logging.getLogger(__name__)

HEARTBEATS = 5
"""How often a process beats within the dead-after time."""


class WorkerRegistry:
    """The place of this process among all of them. `slots` is 0 for one that renders nothing."""

    def __init__(
        self,
        database: Database,
        data_dir_id: str,
        slots: int,
        dead_after_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._dead_after_seconds = dead_after_seconds
        self._clock = clock
        self._records: dict[str, WorkerRecord] = {}
        self._moved_at: dict[str, float] = {}
        self._looked_at = float("-inf")
        self.me = WorkerRecord(
            id=uuid.uuid4().hex,
            data_dir_id=data_dir_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            slots=slots,
            heartbeat=0,
            started_at_ms=now_ms(),
        )
        self.on_lease_lost: Callable[[], None] = lambda: None
        """Called when this process may have been taken for dead: what it runs is not its own any more."""

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Be there while the block lasts."""
        async with self._database.write() as connection:
            await workers.register(connection, self.me)
            if self.me.slots:  # what the worker before us left is free at once
                await writes.release(connection, workers.worker_gone())
                await parts.release_lost(connection)
        await self._look()
        beating = asyncio.create_task(self._run(), name="crew")
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            with suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(2), self._database.note() as connection:
                    await workers.unregister(connection, [self.me.id])

    @property
    def capacity(self) -> int:
        """How many renders run at once, on all machines."""
        return sum(record.slots for record in self.live_workers())

    @property
    def has_peers(self) -> bool:
        """Whether other processes render, too."""
        return any(record.slots for record in self.live_workers() if record.id != self.me.id)

    @property
    def is_leader(self) -> bool:
        """Whether it is on this process to look after all."""
        return self.lease_valid and min(self.live_workers(), key=lambda record: record.seniority).id == self.me.id

    @property
    def lease_valid(self) -> bool:
        """Whether the database has heard of this process within the dead-after time."""
        return self._clock() - self._looked_at < self._dead_after_seconds

    def live_workers(self) -> list[WorkerRecord]:
        """The processes that are there, this one among them."""
        dead_workers = {record.id for record in self.dead_workers()}
        others = [
            record for record in self._records.values() if record.id not in dead_workers and record.id != self.me.id
        ]
        return [self.me, *others]

    def dead_workers(self) -> list[WorkerRecord]:
        """The processes whose rows have stopped moving."""
        late = self._looked_at - self._dead_after_seconds
        return [self._records[name] for name, moved in self._moved_at.items() if moved < late and name != self.me.id]

    async def _run(self) -> None:
        pause = self._dead_after_seconds / HEARTBEATS
        while True:
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(self._dead_after_seconds / 2):
                    await self.heartbeat()
            except (StoreUnavailable, TimeoutError) as error:
                log.warning("no beat reached the database: %s", str(error).partition("\n")[0])
            if not self.lease_valid:
                self.on_lease_lost()

    async def heartbeat(self) -> None:
        """Move our row and look at the others'. Raises `StoreUnavailable`."""
        async with self._database.note() as connection:
            known = await workers.heartbeat(connection, self.me.id)
        if not known:
            log.warning("this process was taken for dead; it begins anew")
            self.on_lease_lost()
            async with self._database.note() as connection:
                await workers.register(connection, self.me)
        await self._look()

    async def _look(self) -> None:
        async with self._database.read() as connection:
            found = {record.id: record for record in await workers.all_workers(connection)}
        now = self._clock()
        blind = now - self._looked_at > self._dead_after_seconds / 2
        for name, record in found.items():
            known = self._records.get(name)
            if blind or known is None or known.heartbeat != record.heartbeat:
                self._moved_at[name] = now
        self._moved_at = {name: self._moved_at[name] for name in found}
        self._records = found
        self._looked_at = now
