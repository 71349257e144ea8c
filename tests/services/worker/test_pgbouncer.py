"""The service's database behind PgBouncer in session mode."""

import asyncio

from services.migrate import migrate
from services.store.database import Database
from services.worker.queue.queue import Job
from tests.services.worker.queues import Handles, add, cancel, queue_on, running
from tests.support.programs import Postgres, pgbouncer

SECONDS = 30


def test_the_database_is_migrated_and_jobs_are_run_behind_pgbouncer(postgres: Postgres) -> None:
    async def scenario(url: str) -> None:
        database, handles = Database(url), Handles(stay=["stays"])
        queue = queue_on(database)
        async with asyncio.timeout(SECONDS), running(queue, handles):
            for number in range(10):  # more than it takes until statements are prepared
                await add(database, queue, Job(task=f"{number}", run=1))
                await handles.until(begun=number + 1)
            await add(database, queue, Job(task="stays", run=1))
            await handles.until(begun=11)
            await cancel(database, queue, "stays")
            await handles.until(cancelled=1)
        await database.close()

    with pgbouncer(postgres.database()) as url:
        migrate(url)
        asyncio.run(scenario(url))
