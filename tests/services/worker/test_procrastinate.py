"""Facts about procrastinate 3.10 that `services.worker.queue.queue_postgres` is built on or around. A release in which
one of them has changed is looked at before it is taken.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import psycopg
import pytest
from procrastinate import App, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker
from psycopg import sql
from psycopg_pool import AsyncNullConnectionPool

from services.worker.queue.queue_postgres import CHANNEL, NOTIFICATION, QUEUE
from tests.support.programs import Postgres

SECONDS = 20
FAR_SECONDS = 3600.0
"""An interval that no test waits for."""


class Again(BaseRetryStrategy):
    """Every job comes again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """See procrastinate."""
        del exception, job
        return RetryDecision()


class Connector(PsycopgConnector):
    """A connector whose answers a test may hold up or replace by errors."""

    before_answer: Callable[[str], Awaitable[None]] | None = None
    told: asyncio.Event

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        """See procrastinate."""
        answer: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        if self.before_answer is not None:
            await self.before_answer(query)
        return answer

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """See procrastinate."""
        await super().execute_query_async(query, **arguments)
        if self.before_answer is not None:
            await self.before_answer(query)

    async def listen_notify(self, on_notification: Any, channels: Any) -> None:
        """See procrastinate."""

        async def heard(*, channel: str, payload: str) -> None:
            await on_notification(channel=channel, payload=payload)
            self.told.set()

        await super().listen_notify(heard, channels)


class Engine:
    """procrastinate on a database, with a task "job" that does what `act` does."""

    def __init__(self, app: App, connector: Connector) -> None:
        self.app, self.connector, self.manager = app, connector, app.job_manager
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.act: Callable[[JobContext], Awaitable[None]] | None = None

        @app.task(name="job", queue=QUEUE, pass_context=True, retry=Again())
        async def job(context: JobContext, /, name: str) -> None:
            self.begun.put_nowait(name)
            if self.act is not None:
                await self.act(context)

    async def add(self, name: str, task: str = "job") -> Job:
        """A job, added."""
        job = Job(queue=QUEUE, task_name=task, task_kwargs={"name": name}, lock=None, queueing_lock=None)
        return await self.manager.defer_job_async(job)

    async def fetched(self) -> Job:
        """The next job, held by a new worker."""
        job = await self.manager.fetch_job([QUEUE], await self.manager.register_worker())
        assert job is not None
        return job

    async def statuses(self) -> list[str]:
        """The status of each job that is there."""
        return [f"{job.status}" for job in await self.manager.list_jobs_async()]

    def worker(self, *, slots: int = 2, beat_seconds: float = FAR_SECONDS, patience: float | None = 0) -> Worker:
        """A worker as ours, that looks by itself for nothing."""
        return Worker(
            self.app,
            queues=[QUEUE],
            concurrency=slots,
            fetch_job_polling_interval=FAR_SECONDS,
            shutdown_graceful_timeout=patience,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=beat_seconds,
            stalled_worker_timeout=FAR_SECONDS,
        )

    @asynccontextmanager
    async def running(self, worker: Worker) -> AsyncGenerator[asyncio.Task[None]]:
        """The worker, stopped at the end of the block."""
        loop = asyncio.ensure_future(_run(worker))
        try:
            yield loop
        finally:
            _stop(worker)
            await loop


async def _run(worker: Worker) -> None:
    await worker.run()  # type: ignore[no-untyped-call] # procrastinate has not annotated it


def _stop(worker: Worker) -> None:
    worker.stop()  # type: ignore[no-untyped-call] # procrastinate has not annotated it


Scenario = Callable[[Engine], Awaitable[None]]


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.emptied_database()


@pytest.fixture
def run(url: str) -> Callable[[Scenario], None]:
    """Runs a scenario against the engine."""

    async def whole(scenario: Scenario) -> None:
        connector = Connector()
        connector.told = asyncio.Event()
        app = App(connector=connector)
        async with asyncio.timeout(SECONDS), AsyncNullConnectionPool(url, max_size=9, open=False) as pool:
            await app.open_async(pool)
            await scenario(Engine(app, connector))

    return lambda scenario: asyncio.run(whole(scenario))


async def until(holds: Callable[[], bool]) -> None:
    """Let others run until it holds."""
    while not holds():  # noqa: ASYNC110 - nothing else tells of what is looked for here
        await asyncio.sleep(0)


def test_its_release_and_tables_are_those_of_our_revision() -> None:
    assert version("procrastinate").startswith("3.10.")
    digest = hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()
    assert digest == "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


def test_who_ends_a_job_need_not_hold_it(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        await engine.add("film")
        slept = await engine.fetched()
        await engine.manager.retry_job(slept)
        await engine.fetched()
        await engine.manager.finish_job(slept, Status.SUCCEEDED, delete_job=True)
        assert await engine.statuses() == []

    run(scenario)


def test_who_returns_a_job_need_not_hold_it(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        await engine.add("film")
        slept = await engine.fetched()
        await engine.manager.retry_job(slept)
        await engine.fetched()
        await engine.manager.retry_job(slept)
        assert await engine.statuses() == ["todo"]

    run(scenario)


def test_attempts_rise_when_a_job_is_returned_and_a_date_in_the_future_hides_it(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(engine: Engine) -> None:
        await engine.add("film")
        first = await engine.fetched()
        await engine.manager.retry_job(first, retry_at=None)
        second = await engine.fetched()
        assert (first.attempts, second.attempts) == (0, 1)
        await engine.manager.retry_job(second, retry_at=datetime.now(UTC) + timedelta(minutes=1))
        assert await engine.manager.fetch_job([QUEUE], await engine.manager.register_worker()) is None

    run(scenario)


def test_a_notification_during_a_look_is_forgotten(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        looks = 0

        async def add_after_the_look(query: str) -> None:
            nonlocal looks
            if "fetch_job" in query:
                looks += 1
                if looks == 2:  # the look that the first notification led to; it has found nothing
                    engine.connector.told.clear()
                    await engine.add("missed")
                    await engine.connector.told.wait()

        async with engine.running(engine.worker()):
            await until(lambda: "listen" in str([task.get_name() for task in asyncio.all_tasks()]))
            engine.connector.before_answer = add_after_the_look
            await wake(engine, until=lambda: looks >= 1)
            await wake(engine, until=lambda: looks >= 2)
            await engine.connector.told.wait()
            for _ in range(100):
                await asyncio.sleep(0)
            assert (looks, engine.begun.empty()) == (2, True)
            await wake(engine, until=lambda: looks >= 3)
            assert await engine.begun.get() == "missed"

    run(scenario)


async def wake(engine: Engine, until: Callable[[], bool]) -> None:
    """Notify the worker until it holds: it may not listen yet."""
    while not until():
        await engine.connector.execute_query_async(
            "SELECT pg_notify(%(channel)s, %(payload)s)", channel=CHANNEL, payload=NOTIFICATION
        )


def test_a_job_that_is_added_notifies_and_one_that_is_returned_does_not(
    run: Callable[[Scenario], None], url: str
) -> None:
    async def scenario(engine: Engine) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listener:
            await listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            added = await engine.add("film")
            await engine.manager.retry_job(await engine.fetched())
            await listener.execute("SELECT pg_notify(%s, 'end')", (CHANNEL,))
            heard = [notice.payload async for notice in listener.notifies(stop_after=2)]
        assert [json.loads(heard[0]), heard[1]] == [{"type": "job_inserted", "job_id": added.id}, "end"]

    run(scenario)


def test_the_heart_of_a_worker_that_waits_for_its_jobs_stands_still(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        go_on = asyncio.Event()
        engine.act = lambda _: go_on.wait()  # type: ignore[assignment,return-value] # what it returns is not used
        worker = engine.worker(beat_seconds=0.01, patience=None)
        await engine.add("film")
        async with engine.running(worker):
            await engine.begun.get()
            _stop(worker)
            await until(lambda: "update_heartbeats" not in {task.get_name() for task in asyncio.all_tasks()})
            assert await engine.statuses() == ["doing"]
            go_on.set()

    run(scenario)


def test_a_heart_that_failed_once_stands_still_and_its_worker_works_on(run: Callable[[Scenario], None]) -> None:
    """Its monitor of such tasks has ended before, with the first that ends: the one for periodic jobs, of which we have
    none.
    """

    async def scenario(engine: Engine) -> None:
        async def fail(query: str) -> None:
            if "update_heartbeat" in query:
                raise ConnectorException

        engine.connector.before_answer = fail
        await engine.add("film")
        async with engine.running(engine.worker(beat_seconds=0.01)):
            await engine.begun.get()
            await until(lambda: "update_heartbeats" not in {task.get_name() for task in asyncio.all_tasks()})
            await engine.add("next")
            assert await engine.begun.get() == "next"

    run(scenario)


def test_the_heart_of_a_removed_worker_beats_on_and_it_ends_at_its_next_look(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        removed = await engine.manager.register_worker()
        await engine.manager.unregister_worker(removed)
        await engine.manager.update_heartbeat(removed)
        await engine.add("film")
        with pytest.raises(ConnectorException) as found:
            await engine.manager.fetch_job([QUEUE], removed)
        assert isinstance(found.value.__cause__, psycopg.errors.ForeignKeyViolation)

    run(scenario)


def test_the_jobs_of_a_removed_worker_have_none(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        await engine.add("film")
        job = await engine.fetched()
        assert job.worker_id is not None
        await engine.manager.unregister_worker(job.worker_id)
        (left,) = await engine.manager.list_jobs_async()
        assert (left.status, left.worker_id) == ("doing", None)

    run(scenario)


def test_a_canceled_job_that_passes_the_cancellation_on_stays_as_a_failed_row(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        reasons: list[AbortReason | None] = []

        async def act(context: JobContext) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                reasons.append(context.abort_reason())

        engine.act = act
        job = await engine.add("film")
        async with engine.running(engine.worker()):
            await engine.begun.get()
            await engine.manager.cancel_job_by_id_async(job.id or 0, abort=True, delete_job=True)
            await until(lambda: bool(reasons))
        assert reasons == [AbortReason.USER_REQUEST]
        assert await engine.statuses() == ["failed"]

    run(scenario)


def test_a_job_of_an_unknown_task_is_ended(run: Callable[[Scenario], None]) -> None:
    async def scenario(engine: Engine) -> None:
        await engine.add("unknown", task="of another release")
        await engine.add("film")
        async with engine.running(engine.worker(slots=1)):
            await engine.begun.get()
        assert "todo" not in await engine.statuses()

    run(scenario)
