"""The crew: the processes of the service, who of them lives, and who looks after the rest.

Every process moves its own row (`beat`) and watches the others'. A row that has not moved for the dead-after
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
from services.store.workers import Member

log = logging.getLogger(__name__)

BEATS = 5
"""How often a process beats within the dead-after time."""


class Crew:
    """The place of this process among all of them. `slots` is 0 for one that renders nothing."""

    def __init__(
        self,
        database: Database,
        place: str,
        slots: int,
        dead_after_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._dead_after_seconds = dead_after_seconds
        self._clock = clock
        self._members: dict[str, Member] = {}
        self._moved_at: dict[str, float] = {}
        self._looked_at = float("-inf")
        self.me = Member(
            id=uuid.uuid4().hex,
            place=place,
            host=socket.gethostname(),
            pid=os.getpid(),
            slots=slots,
            beat=0,
            started_at_ms=now_ms(),
        )
        self.on_fenced: Callable[[], None] = lambda: None
        """Called when this process may have been taken for dead: what it runs is not its own any more."""

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Be there while the block lasts."""
        async with self._database.write() as connection:
            await workers.enter(connection, self.me)
            if self.me.slots:  # what the worker before us left is free at once
                await writes.release(connection, workers.absent())
                await parts.release(connection)
        await self._look()
        beating = asyncio.create_task(self._beat_for_ever(), name="crew")
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            with suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(2), self._database.note() as connection:
                    await workers.leave(connection, [self.me.id])

    @property
    def capacity(self) -> int:
        """How many renders run at once, on all machines."""
        return sum(member.slots for member in self.living())

    @property
    def has_company(self) -> bool:
        """Whether other processes render, too."""
        return any(member.slots for member in self.living() if member.id != self.me.id)

    @property
    def keeper(self) -> bool:
        """Whether it is on this process to look after all."""
        return self.in_touch and min(self.living(), key=lambda member: member.seniority).id == self.me.id

    @property
    def in_touch(self) -> bool:
        """Whether the database has heard of this process within the dead-after time."""
        return self._clock() - self._looked_at < self._dead_after_seconds

    def living(self) -> list[Member]:
        """The processes that are there, this one among them."""
        dead = {member.id for member in self.dead()}
        others = [member for member in self._members.values() if member.id not in dead and member.id != self.me.id]
        return [self.me, *others]

    def dead(self) -> list[Member]:
        """The processes whose rows have stopped moving."""
        late = self._looked_at - self._dead_after_seconds
        return [self._members[name] for name, moved in self._moved_at.items() if moved < late and name != self.me.id]

    async def _beat_for_ever(self) -> None:
        pause = self._dead_after_seconds / BEATS
        while True:
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(self._dead_after_seconds / 2):
                    await self.beat()
            except (StoreUnavailable, TimeoutError) as error:
                log.warning("no beat reached the database: %s", str(error).partition("\n")[0])
            if not self.in_touch:
                self.on_fenced()

    async def beat(self) -> None:
        """Move our row and look at the others'. Raises `StoreUnavailable`."""
        async with self._database.note() as connection:
            known = await workers.beat(connection, self.me.id)
        if not known:
            log.warning("this process was taken for dead; it begins anew")
            self.on_fenced()
            async with self._database.note() as connection:
                await workers.enter(connection, self.me)
        await self._look()

    async def _look(self) -> None:
        async with self._database.read() as connection:
            found = {member.id: member for member in await workers.members(connection)}
        now = self._clock()
        blind = now - self._looked_at > self._dead_after_seconds / 2
        for name, member in found.items():
            known = self._members.get(name)
            if blind or known is None or known.beat != member.beat:
                self._moved_at[name] = now
        self._moved_at = {name: self._moved_at[name] for name in found}
        self._members = found
        self._looked_at = now
