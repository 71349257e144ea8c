"""What the queue on PostgreSQL does beside the contract: it judges workers, and bears a database that goes away."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from services.store.database import Database
from services.worker.queue import queue_postgres
from services.worker.queue.connector import KeptConnections, PatientConnector
from services.worker.queue.queue import Job
from services.worker.queue.queue_postgres import PostgresQueue
from tests.services.worker.queues import SOON_SECONDS, Handles, add, add_job, cancel, process, queued, running, told
from tests.support.programs import Postgres

SECONDS = 30
Scenario = Callable[[Database, PostgresQueue], Awaitable[None]]


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.emptied_database()


@pytest.fixture
def run(url: str) -> Callable[..., None]:
    """Runs a scenario with an empty queue whose workers are soon dead."""

    async def whole(scenario: Scenario, dead_after_seconds: float) -> None:
        database = Database(url)
        try:
            async with asyncio.timeout(SECONDS):
                await scenario(database, PostgresQueue(database, dead_after_seconds))
        finally:
            await database.close()

    def run_scenario(scenario: Scenario, dead_after_seconds: float = SOON_SECONDS) -> None:
        asyncio.run(whole(scenario, dead_after_seconds))

    return run_scenario


@pytest.mark.slow
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


def test_connections_that_the_server_ends_cost_no_job(run: Callable[..., None]) -> None:
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


def test_a_connection_is_kept_until_the_server_ends_it(url: str) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(SECONDS), KeptConnections(url, open=False) as pool:
            processes: list[int] = []
            for _ in range(3):
                async with pool.connection() as connection:
                    processes.append(connection.info.backend_pid)
            assert len(set(processes)) == 1
            async with pool.connection(), pool.connection() as other:
                await other.execute("SELECT pg_terminate_backend(%s)", processes[:1])
            async with pool.connection() as one, pool.connection() as two:
                assert processes[0] not in {one.info.backend_pid, two.info.backend_pid}

    asyncio.run(scenario())


class HeldUp(PatientConnector):
    """A connector that answers the first look for a job late: after `meanwhile`, and after a notification."""

    meanwhile: Callable[[], Awaitable[None]] | None = None
    wake: Callable[[], Awaitable[None]]

    async def patiently(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """See `PatientConnector`."""
        answer = await super().patiently(ask)
        if self.meanwhile is not None and "fetch_job" in str(ask):
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
            while self.missed is None:
                await self.wake()
        return answer


def test_a_job_that_is_added_during_a_look_is_begun(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_postgres, "POLL_SECONDS", 3600.0)

    async def scenario(database: Database, queue: PostgresQueue) -> None:
        async def wake() -> None:
            async with database.write() as connection:
                await connection.execute(queue_postgres.NOTIFY)

        handles, connector = Handles(), HeldUp()
        connector.wake, connector.meanwhile = wake, partial(add, database, queue, Job(task="film", run=1))
        queue.connector = connector
        async with running(queue, handles):
            await handles.until(begun=1)

    run(scenario)


def test_a_job_that_its_worker_does_not_know_comes_again(run: Callable[..., None]) -> None:
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


def test_a_canceled_job_of_a_dead_worker_is_removed(run: Callable[..., None]) -> None:
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


def test_a_worker_that_cannot_look_gives_up_its_jobs_and_has_them_again(run: Callable[..., None]) -> None:
    async def scenario(database: Database, queue: PostgresQueue) -> None:
        handles = Handles(stay=["stays"])
        await add(database, queue, Job(task="stays", run=1))
        async with running(queue, handles):
            await handles.until(begun=1)
            async with database.write() as connection:
                await connection.execute(sa.text("LOCK TABLE procrastinate_workers"))
                await handles.until(cancelled=1)
            await handles.until(begun=2)

    run(scenario, dead_after_seconds=0.5)
