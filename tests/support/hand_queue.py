"""A work queue whose jobs a test hands out by hand, in the order of the contract, to whom and when it wants."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.queue.queue import Handle, Job, WorkQueue

STEP = 1000


class HandQueue(WorkQueue):
    """Jobs in memory: by number, how often each was handed out, and who holds it."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._handed: dict[int, int] = {}
        self._holders: dict[int, str] = {}
        self._newest = 0

    async def enqueue(self, connection: AsyncConnection, added: Sequence[Job]) -> None:
        """See `WorkQueue`."""
        del connection
        for job in added:
            self._newest += 1
            self._jobs[self._newest] = job

    async def cancel(self, connection: AsyncConnection, task: str, run: int) -> None:
        """See `WorkQueue`."""
        del connection
        self._jobs = {key: job for key, job in self._jobs.items() if (job.task, job.run) != (task, run)}

    def queued(self) -> sa.Select[str, int]:
        """See `WorkQueue`."""
        there = [(job.task, job.run) for job in self._jobs.values()] or [("", 0)]
        rows = [sa.select(sa.literal(task).label("task"), sa.literal(run).label("run")) for task, run in there]
        found = sa.union_all(*rows).subquery()
        return sa.select(found.c.task, found.c.run)

    def wake(self) -> None:
        """See `WorkQueue`."""

    async def run(self, slots: int, handle: Handle) -> None:
        """Hand out nothing."""

    async def stop(self) -> None:
        """See `WorkQueue`."""

    def hand_out(self, holder: str) -> Job | None:
        """The next job, which is now the holder's."""

        def place(key: int) -> tuple[int, bool, int, int]:
            return -self._jobs[key].priority, key not in self._handed, self._jobs[key].turn, key

        key = min((key for key in self._jobs if key not in self._holders), key=place, default=None)
        if key is None:
            return None
        self._holders[key] = holder
        self._handed[key] = self._handed.get(key, 0) + 1
        return replace(self._jobs[key], token=key * STEP + self._handed[key])

    def take_back(self, holders: Collection[str]) -> set[tuple[str, int]]:
        """Have the jobs of these holders handed out again. Returns their tasks and runs."""
        lost = {key for key, holder in self._holders.items() if holder in holders}
        self._holders = {key: holder for key, holder in self._holders.items() if key not in lost}
        return {(self._jobs[key].task, self._jobs[key].run) for key in lost if key in self._jobs}

    def over(self, job: Job) -> None:
        """The handle of the job has returned; without effect when it was handed out again meanwhile."""
        key, handed = divmod(job.token, STEP)
        if self._handed.get(key) == handed and key in self._holders:
            self._jobs.pop(key, None)

    @property
    def holders(self) -> set[str]:
        """All who hold a job."""
        return set(self._holders.values())
