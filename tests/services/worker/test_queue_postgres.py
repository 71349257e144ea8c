"""What the queue on PostgreSQL does beside the contract: it judges workers, and bears a database that goes away."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from services.store.database import Database
from services.worker.queue.queue import Job
from services.worker.queue.queue_postgres import PostgresQueue
from tests.services.worker.queues import Handles, add, add_job, cancel, process, queued, running, told
from tests.support.programs import Postgres

SECONDS = 30
SOON_SECONDS = 0.5
Scenario = Callable[[Database, PostgresQueue], Awaitable[None]]


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.emptied_database()


@pytest.fixture
def run(url: str) -> Callable[[Scenario], None]:
    """Runs a scenario with an empty queue whose workers are soon dead."""

    async def whole(scenario: Scenario) -> None:
        database = Database(url)
        try:
            async with asyncio.timeout(SECONDS):
                await scenario(database, PostgresQueue(database, SOON_SECONDS))
        finally:
            await database.close()

    return lambda scenario: asyncio.run(whole(scenario))


def test_a_process_that_slept_has_lost_its_job_and_starts_anew(url: str) -> None:
    with process(url) as sleeper:
        asyncio.run(add_job(url, "stays"))
        task, token = told(sleeper)
        sleeper.send_signal(signal.SIGSTOP)
        with process(url) as other:
            taken, next_token = told(other)
            assert (taken, next_token > token) == (task, True)
            sleeper.send_signal(signal.SIGCONT)
            assert told(sleeper)[0] == "starts"


def test_connections_that_the_server_ends_cost_no_job(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: PostgresQueue) -> None:
        handles = Handles(stay=["stays"])
        await add(database, queue, Job(task="stays", run=1))
        async with running(queue, handles, slots=2):
            await handles.until(begun=1)
            for number in range(5):
                async with database.write() as connection:
                    await connection.execute(
                        sa.text(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
                        )
                    )
                await add(database, queue, Job(task=f"{number}", run=1))
                await handles.until(begun=number + 2)
            assert handles.cancelled == []
            await cancel(database, queue, "stays")
            await handles.until(cancelled=1)

    run(scenario)


def test_a_job_that_its_worker_does_not_know_comes_again(run: Callable[[Scenario], None]) -> None:
    """As after an answer that was lost."""

    async def scenario(database: Database, queue: PostgresQueue) -> None:
        handles = Handles(stay=["stays"])
        await add(database, queue, Job(task="stays", run=1, priority=1))
        async with running(queue, handles, slots=2):
            await handles.until(begun=1)
            async with database.write() as connection:
                await queue.enqueue(connection, [Job(task="stranded", run=1)])
                await connection.execute(
                    sa.text(
                        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = procrastinate_workers.id"
                        " FROM procrastinate_workers WHERE status = 'todo'"
                    )
                )
            await handles.until(begun=2)
        assert handles.tasks == ["stays", "stranded"]

    run(scenario)


def test_a_canceled_job_of_a_dead_worker_is_removed(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: PostgresQueue) -> None:
        handles = Handles()
        await add(database, queue, Job(task="canceled", run=1))
        async with database.write() as connection:
            await connection.execute(sa.text("UPDATE procrastinate_jobs SET status = 'doing'"))
            await queue.cancel(connection, "canceled", 1)
        async with running(queue, handles):
            while await queued(database, queue):  # noqa: ASYNC110 - nothing else tells of what is looked for here
                await asyncio.sleep(0.01)
            await add(database, queue, Job(task="next", run=1))
            await handles.until(begun=1)
        assert handles.tasks == ["next"]

    run(scenario)


def test_a_worker_that_cannot_look_gives_up_its_jobs_and_has_them_again(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: PostgresQueue) -> None:
        handles = Handles(stay=["stays"])
        await add(database, queue, Job(task="stays", run=1))
        async with running(queue, handles):
            await handles.until(begun=1)
            async with database.write() as connection:
                await connection.execute(sa.text("LOCK TABLE procrastinate_workers"))
                await handles.until(cancelled=1)
            await handles.until(begun=2)

    run(scenario)
