"""Live and dead processes are told apart by heartbeats and the reader's own clock, which these tests set."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from services.store import workers
from services.store.database import Database
from services.store.tables import workers as table
from services.worker.registry import WorkerRegistry
from tests.services.tasks.conftest import Scenario, Tasks

DEAD_AFTER = 100.0
"""So long that no process beats by itself while a test runs."""


@dataclass
class Clock:
    """A monotonic clock of the test's own."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def crew_of(database: Database, clock: Clock, *slots: int) -> AsyncGenerator[list[WorkerRegistry]]:
    """Processes, each at a place of its own, that beat when the test says so."""
    async with AsyncExitStack() as stack:
        found = [
            WorkerRegistry(database, f"place {number}", each, DEAD_AFTER, clock) for number, each in enumerate(slots)
        ]
        for each in found:
            await stack.enter_async_context(each.serve())
        for each in found:
            await each.heartbeat()
        yield found


async def pass_time(clock: Clock, seconds: float, *beating: WorkerRegistry) -> None:
    """Time goes by in which only these processes beat."""
    end = clock.now + seconds
    while clock.now < end:
        clock.now += DEAD_AFTER / 5
        for each in beating:
            await each.heartbeat()


def test_capacity_is_that_of_all_who_live(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        clock = Clock()
        async with crew_of(tasks.database, clock, 0, 2, 3) as (api, two, three):
            assert [each.capacity for each in (api, two, three)] == [5, 5, 5]
            assert [each.is_leader for each in (api, two, three)].count(True) == 1
            await pass_time(clock, DEAD_AFTER * 1.5, api, two)
            assert [record.id for record in api.dead_workers()] == [three.me.id]
            assert api.capacity == two.capacity == 2

    run(scenario)


def test_a_process_that_renders_is_found_before_the_next_heartbeat(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        clock = Clock()
        async with crew_of(tasks.database, clock, 1) as (first,):
            assert not await first.has_peers()
            async with WorkerRegistry(tasks.database, "an API", 0, DEAD_AFTER, clock).serve():
                assert not await first.has_peers()
                async with WorkerRegistry(tasks.database, "a worker", 1, DEAD_AFTER, clock).serve():
                    assert await first.has_peers()

    run(scenario)


def test_the_next_senior_keeps_when_the_keeper_dies(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        clock = Clock()
        async with crew_of(tasks.database, clock, 1, 1, 1) as registry:
            maintenance = next(each for each in registry if each.is_leader)
            others = [each for each in registry if each is not maintenance]
            await pass_time(clock, DEAD_AFTER * 1.5, *others)
            assert [each.is_leader for each in others].count(True) == 1
            assert not maintenance.is_leader

    run(scenario)


def test_time_in_which_the_watcher_was_blind_counts_for_nobody(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        clock = Clock()
        async with crew_of(tasks.database, clock, 1, 1) as (one, _other):
            await one.heartbeat()
            clock.now += DEAD_AFTER * 10  # the database was away, or this process slept
            await one.heartbeat()
            assert not one.dead_workers()
            await pass_time(clock, DEAD_AFTER * 1.5, one)
            assert len(one.dead_workers()) == 1

    run(scenario)


def test_a_process_without_its_database_does_not_lead(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        clock = Clock()
        async with crew_of(tasks.database, clock, 1) as (one,):
            assert one.is_leader
            clock.now += DEAD_AFTER * 1.1
            assert not one.is_leader

    run(scenario)


def test_a_process_alone_on_a_file_is_silent_until_another_comes(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async def heartbeat() -> int:
            async with tasks.database.read() as connection:
                beats = {record.id: record.heartbeat for record in await workers.all_workers(connection)}
            return beats[one.me.id]

        clock = Clock()
        async with crew_of(tasks.database, clock, 1) as (one,):
            begun = await heartbeat()
            await pass_time(clock, DEAD_AFTER * 3, one)
            assert one.is_leader
            assert (await heartbeat() == begun) is tasks.database.embedded
            async with crew_of(tasks.database, clock, 0) as (other,):
                await pass_time(clock, DEAD_AFTER * 3, one, other)
                assert await heartbeat() > begun
                assert other.capacity == 1

    run(scenario)


def test_a_process_that_was_taken_for_dead_registers_again(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with crew_of(tasks.database, Clock(), 1) as (one,):
            async with tasks.database.write(serialized=False) as connection:
                await workers.unregister(connection, [one.me.id])
            await one.heartbeat()
            assert one.capacity == 1

    run(scenario)


def test_a_worker_replaces_the_one_before_it_in_its_folder(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with (
            WorkerRegistry(tasks.database, "here", 1, DEAD_AFTER).serve(),
            WorkerRegistry(tasks.database, "elsewhere", 1, DEAD_AFTER).serve(),
        ):
            after = WorkerRegistry(tasks.database, "here", 2, DEAD_AFTER)
            async with after.serve():
                assert after.capacity == 3

    run(scenario)


def test_a_process_of_the_release_before_does_not_lead(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        before = WorkerRegistry(tasks.database, "before", 1, DEAD_AFTER)
        async with before.serve():
            async with tasks.database.write(serialized=False) as connection:
                await connection.execute(sa.update(table).values(takes_jobs=False))
            one = WorkerRegistry(tasks.database, "here", 1, DEAD_AFTER)
            async with one.serve():
                assert one.is_leader
                assert one.capacity == 2

    run(scenario)
