"""What the queue on SQLite does beside the contract."""

import asyncio
from pathlib import Path

from services.migrate import migrate
from services.store.database import Database
from services.worker.queue.queue import Job
from services.worker.queue.queue_local import LocalQueue
from tests.services.worker.queues import Handles, add, cancel, running

SECONDS = 30


class LateAnswers(LocalQueue):
    """A queue whose running handles end while it reads that their jobs are gone."""

    go_on = asyncio.Event()

    async def _read(self, slots: int) -> tuple[list[int], list[int]]:
        gone, free = await super()._read(slots)
        if gone:
            self.go_on.set()
            await asyncio.wait([self._running[key] for key in gone])
        return gone, free


def test_a_canceled_job_may_end_by_itself_meanwhile(tmp_path: Path) -> None:
    async def scenario(url: str) -> None:
        database, handles = Database(url), Handles()
        queue = LateAnswers(database)
        queue.go_on = asyncio.Event()

        async def handle(job: Job) -> None:
            await handles(job)
            if job.task == "canceled":
                await queue.go_on.wait()

        async with asyncio.timeout(SECONDS), running(queue, handle):
            await add(database, queue, Job(task="canceled", run=1))
            await handles.until(begun=1)
            await cancel(database, queue, "canceled")
            await add(database, queue, Job(task="next", run=1))
            await handles.until(begun=2)
        await database.close()

    migrate(url := f"sqlite:///{tmp_path / 'draftcast.sqlite'}")
    asyncio.run(scenario(url))
