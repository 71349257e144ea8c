"""The worker registry: the live processes of the service, and the one that leads.

Every process raises the heartbeat in its own row and reads those of the others, for the metrics and the choice of a
leader. A row that has not changed for the
dead-after time, by the monotonic clock of the reader, belongs to a dead process; no wall clocks are compared, and time
in which the reader itself could not read counts for no row. The live process that started first is the leader and runs
`services.worker.maintenance`; two leaders for a moment do no harm.
"""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from services.background import background, every
from services.clock import now_ms
from services.errors import StoreUnavailable
from services.store import workers
from services.store.database import Changes, Database
from services.store.workers import WorkerRecord

log = logging.getLogger(__name__)

HEARTBEATS = 5
"""Heartbeats within the dead-after time."""


class WorkerRegistry:
    """The registration of this process. `slots` is its number of concurrent renders, 0 without a worker."""

    def __init__(
        self,
        database: Database,
        data_dir_id: str,
        slots: int,
        dead_after_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._changes = Changes(database)
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

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Stay registered while the block lasts."""
        async with self._database.write(serialized=False) as connection:
            await workers.register(connection, self.me)
        await self._look()
        try:
            async with background("heartbeat", every(self._dead_after_seconds / HEARTBEATS, "heartbeat", self._beat)):
                yield
        finally:
            with suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(2), self._database.write(serialized=False) as connection:
                    await workers.unregister(connection, [self.me.id])

    @property
    def capacity(self) -> int:
        """The number of concurrent renders of all processes."""
        return sum(record.slots for record in self.live_workers())

    async def has_peers(self) -> bool:
        """Whether other processes render. Reads the registry again before it says no: one may have started since the
        last heartbeat. Raises `StoreUnavailable`.
        """
        if not self._known_peers:
            await self._look()
        return self._known_peers

    @property
    def _known_peers(self) -> bool:
        return any(record.slots for record in self.live_workers() if record.id != self.me.id)

    @property
    def is_leader(self) -> bool:
        """Whether this process runs the maintenance. One that has not reached the database for the dead-after time does
        not lead.
        """
        if self._clock() - self._looked_at >= self._dead_after_seconds:
            return False
        able = (record for record in self.live_workers() if record.takes_jobs)
        return min(able, key=lambda record: record.seniority).id == self.me.id

    def live_workers(self) -> list[WorkerRecord]:
        """The live processes, including this one."""
        dead_workers = {record.id for record in self.dead_workers()}
        others = [
            record for record in self._records.values() if record.id not in dead_workers and record.id != self.me.id
        ]
        return [self.me, *others]

    def dead_workers(self) -> list[WorkerRecord]:
        """The processes whose heartbeats have stopped."""
        late = self._looked_at - self._dead_after_seconds
        return [self._records[name] for name, moved in self._moved_at.items() if moved < late and name != self.me.id]

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(self._dead_after_seconds / 2):
                await self.heartbeat()
        except TimeoutError as error:
            raise StoreUnavailable("a heartbeat took too long") from error

    async def heartbeat(self) -> None:
        """Raise the own heartbeat and read those of the others. Raises `StoreUnavailable`.

        A process that is alone on an SQLite file writes nothing: it sees when another comes.
        """
        if not (self._database.embedded and self._records.keys() == {self.me.id}):
            await self._beat_once()
        await self._look()

    async def _beat_once(self) -> None:
        async with self._database.write(serialized=False) as connection:
            known = await workers.heartbeat(connection, self.me.id)
        if not known:
            log.warning("this process was taken for dead and registers again")
            async with self._database.write(serialized=False) as connection:
                await workers.register(connection, self.me)

    async def _look(self) -> None:
        found = self._records
        with self._changes.look() as changed:
            if changed:
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
