"""What each queue does. The tests hold for both kinds of database."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from services.store.database import Database
from services.worker.queue.queue import FencedOff, Job, JobKind, WorkQueue
from tests.services.worker.queues import Handles, add, add_job, cancel, process, queue_on, queued, running, told

Scenario = Callable[[Database, WorkQueue], Awaitable[None]]
SECONDS = 30


@pytest.fixture
def run(database_url: str) -> Callable[[Scenario], None]:
    """Runs a scenario with an empty queue."""

    def run_scenario(scenario: Scenario) -> None:
        async def whole() -> None:
            database = Database(database_url)
            try:
                async with asyncio.timeout(SECONDS):
                    await scenario(database, queue_on(database))
            finally:
                await database.close()

        asyncio.run(whole())

    return run_scenario


def test_a_job_comes_as_it_was_added(run: Callable[[Scenario], None]) -> None:
    wanted = [
        Job(task="film", run=2, priority=7, turn=4),
        Job(task="film", run=2, kind=JobKind.JOIN),
        Job(task="film", run=2, kind=JobKind.PART, part=3, priority=-1000, turn=5_000_000),
    ]

    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles()
        await add(database, queue, *wanted)
        async with running(queue, handles):
            await handles.until(begun=3)
        assert [replace(job, token=0) for job in handles.begun] == wanted
        assert all(job.token > 0 for job in handles.begun)

    run(scenario)


def test_jobs_come_by_priority_then_turn_then_age(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles()
        await add(database, queue, Job(task="low", run=1, priority=-1), Job(task="late", run=1, turn=2))
        await add(database, queue, Job(task="third", run=1, turn=1), Job(task="fourth", run=1, turn=1))
        await add(database, queue, Job(task="second", run=1), Job(task="first", run=1, priority=1000, turn=9))
        async with running(queue, handles):
            await handles.until(begun=6)
        assert handles.tasks == ["first", "second", "third", "fourth", "late", "low"]

    run(scenario)


def test_what_is_not_committed_does_not_happen(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles()
        await add(database, queue, Job(task="kept", run=1))
        with suppress(ZeroDivisionError):
            async with database.write() as connection:
                await queue.enqueue(connection, [Job(task="undone", run=1, priority=1)])
                await queue.cancel(connection, "kept", 1)
                raise ZeroDivisionError
        async with running(queue, handles):
            await handles.until(begun=1)
        assert handles.tasks == ["kept"]
        assert "undone" not in await queued(database, queue)

    run(scenario)


def test_no_more_run_at_once_than_there_are_slots(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles(stay=["stays 1", "stays 2"])
        await add(database, queue, *(Job(task=f"stays {number}", run=1, priority=1) for number in (1, 2)))
        await add(database, queue, *(Job(task=f"quick {number}", run=1) for number in range(5)))
        async with running(queue, handles, slots=2):
            await handles.until(begun=2)
            assert sorted(handles.tasks) == ["stays 1", "stays 2"]
            await cancel(database, queue, "stays 1")
            await handles.until(begun=7)
            assert not {"stays 1", "stays 2"} & set(handles.tasks[2:])

    run(scenario)


def test_a_job_that_is_added_later_here_or_elsewhere_is_begun(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles()
        async with running(queue, handles, slots=3):
            for number, adding in enumerate([queue, queue_on(database)] * 3):
                await add(database, adding, Job(task=f"{number}", run=1))
                await handles.until(begun=number + 1)

    run(scenario)


def test_a_canceled_job_does_not_begin_and_one_that_runs_ends(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles(stay=["stays"])
        await add(database, queue, Job(task="stays", run=1, priority=1), Job(task="waits", run=1))
        await add(database, queue, Job(task="waits", run=2, turn=1))
        async with running(queue, handles):
            await handles.until(begun=1)
            await cancel(database, queue, "waits", 1)
            await cancel(database, queue, "stays", 2)
            assert await queued(database, queue) == ["stays", "waits"]
            await cancel(database, queue, "stays")
            await handles.until(begun=2, cancelled=1)
        assert [(job.task, job.run) for job in handles.begun] == [("stays", 1), ("waits", 2)]
        assert "stays" not in await queued(database, queue)

    run(scenario)


def test_a_canceled_job_may_take_its_time_to_end(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles, may_end = Handles(), asyncio.Event()
        cancels = asyncio.Queue[None]()

        async def handle(job: Job) -> None:
            await handles(job)
            while job.task == "slow" and not may_end.is_set():
                try:
                    await (may_end.wait() if cancels.qsize() else asyncio.Event().wait())
                except asyncio.CancelledError:
                    cancels.put_nowait(None)

        await add(database, queue, Job(task="slow", run=1))
        async with running(queue, handle, slots=2):
            await handles.until(begun=1)
            await cancel(database, queue, "slow")
            for number in range(3):  # each is a round of the queue
                await add(database, queue, Job(task=f"other {number}", run=1))
                await handles.until(begun=2 + number)
            may_end.set()
        assert cancels.qsize() == 1

    run(scenario)


def test_a_job_that_fails_comes_again_and_tokens_rise(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles(fail=["film"])
        await add(database, queue, Job(task="film", run=1))
        async with running(queue, handles):
            await handles.until(begun=2)
            await add(database, queue, Job(task="film", run=1, kind=JobKind.JOIN))
            await handles.until(begun=3)
            assert len(await queued(database, queue)) <= 1  # who returned is over
        tokens = [job.token for job in handles.begun]
        assert sorted(set(tokens)) == tokens

    run(scenario)


def test_jobs_of_a_queue_that_stops_come_first_elsewhere(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        before, after = Handles(stay=["stays 1", "stays 2"]), Handles()
        await add(database, queue, Job(task="stays 1", run=1, turn=8), Job(task="stays 2", run=1, turn=9))
        async with running(queue, before, slots=2):
            await before.until(begun=2)
            await add(database, queue, Job(task="new", run=1, turn=0), Job(task="urgent", run=1, priority=1))
        assert len(before.cancelled) == 2
        async with running(other := queue_on(database), after):
            await after.until(begun=4)
            assert set(await queued(database, other)) <= {"new"}
        assert after.tasks[0] == "urgent"
        assert sorted(after.tasks[1:3]) == ["stays 1", "stays 2"]
        assert after.tasks[3] == "new"
        tokens = {job.task: job.token for job in before.begun}
        assert all(job.token > tokens[job.task] for job in after.begun if job.task in tokens)

    run(scenario)


def test_a_queue_that_is_fenced_off_cancels_all_and_ends_none(run: Callable[[Scenario], None]) -> None:
    async def scenario(database: Database, queue: WorkQueue) -> None:
        handles = Handles(stay=["stays"])

        async def handle(job: Job) -> None:
            await handles(job)
            if job.task == "fenced off":
                raise FencedOff("another has it")

        await add(database, queue, Job(task="stays", run=1, priority=1), Job(task="fenced off", run=1))
        with pytest.raises(FencedOff):
            await queue.run(2, handle)
        assert [job.task for job in handles.cancelled] == ["stays"]
        assert await queued(database, queue) == ["fenced off", "stays"]

    run(scenario)


@pytest.mark.slow
def test_a_job_of_a_killed_process_comes_again_elsewhere(database_url: str) -> None:
    with process(database_url) as first:
        asyncio.run(add_job(database_url, "stays"))
        task, token = told(first)
        first.kill()
        with process(database_url) as second:
            again, next_token = told(second)
            assert (again, next_token > token) == (task, True)
