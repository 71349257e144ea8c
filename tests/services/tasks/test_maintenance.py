import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.errors import ErrorCode, TaskNotFound
from services.files.store import FileStore
from services.store import reads, writes
from services.store.records import PageRequest, Status, Task, TaskRequest
from services.store.tables import tasks as table
from services.worker import maintenance as keeper_module
from services.worker.maintenance import Maintenance
from services.worker.queue.queue import Handle, Job
from services.worker.registry import WorkerRegistry
from tests.services.tasks.conftest import OWNER, Scenario, Tasks
from tests.services.tasks.test_manager import VIDEO


@asynccontextmanager
async def keeping(tasks: Tasks, keep_days: int = 0) -> AsyncGenerator[tuple[Maintenance, FileStore]]:
    """A maintenance that runs when the test calls it."""
    files = FileStore(tasks.settings.files, "http://here")
    registry = WorkerRegistry(tasks.database, "here", 1, 100)
    async with registry.serve():
        yield Maintenance(tasks.database, tasks.queue, tasks.task_cache, files, registry, keep_days=keep_days), files


async def queued(tasks: Tasks) -> list[tuple[str, int]]:
    """The tasks and runs of all jobs."""
    async with tasks.database.read() as connection:
        return sorted((task_id, run) for task_id, run in await connection.execute(tasks.queue.queued()))


async def alter(tasks: Tasks, task: Task, **values: object) -> None:
    """Change a row behind everyone's back."""
    async with tasks.database.write() as connection:
        await connection.execute(sa.update(table).where(table.c.id == task.id).values(values))


def test_a_task_that_waited_too_long_ends(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks) as (maintenance, _):
            late = await tasks.submit(expires_in_seconds=60)
            patient = await tasks.submit("http://a.example/patient")
            await alter(tasks, late, expires_at_ms=1)
            await maintenance.run_once()
            ended = await tasks.now(late)
            assert ended.failure is not None
            assert (ended.status, ended.failure.code) == (Status.FAILED, ErrorCode.EXPIRED)
            assert (await tasks.now(patient)).status is Status.PENDING
            assert await queued(tasks) == [(patient.id, 1)]

    run(scenario)


def test_an_active_task_without_a_job_gets_one(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks) as (maintenance, _):
            with_job = await tasks.submit()
            async with tasks.database.write() as connection:  # as a process of the release before does
                created = await writes.create(connection, OWNER, "a" * 32, request("http://a.example/2", 3))
                ended = await writes.create(connection, OWNER, "b" * 32, request("http://a.example/3", 0))
                await writes.cancel(connection, ended.task)
            for _ in range(2):
                await maintenance.add_missing_jobs()
            assert await queued(tasks) == sorted([(with_job.id, 1), (created.task.id, 1)])

    run(scenario)


@pytest.mark.parametrize("keep_days", [0, 7])
def test_what_is_outdated_goes_with_its_events_and_files(
    run: Callable[[Scenario], None], tmp_path: Path, keep_days: int
) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks, keep_days) as (maintenance, files):
            done: list[Task] = []
            for number in range(3):
                claimed = await tasks.write(writes.claim, await tasks.submit(f"http://a.example/{number}"))
                done.append(await tasks.write(writes.complete, claimed, list(claimed.stages), VIDEO))
                (tmp_path / "video").write_bytes(b"x")
                await files.put(f"videos/{claimed.id}/1/video.mp4", tmp_path / "video")
            await alter(tasks, done[0], completed_at_ms=done[0].created_at_ms - 8 * keeper_module.DAY_MS)
            await alter(tasks, done[1], completed_at_ms=done[0].created_at_ms - 6 * keeper_module.DAY_MS)
            await maintenance.sweep()
            kept = done[1:] if keep_days else done
            for task in done:
                there = task in kept
                assert (files.local_path(f"videos/{task.id}/1/video.mp4") is not None) is there
                assert (await tasks.manager.task(OWNER, task.id) is not None) is there
            if keep_days:
                with pytest.raises(TaskNotFound):
                    await tasks.manager.events(OWNER, done[0].id, PageRequest())

    run(scenario)


def test_owners_take_turns_within_a_priority(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async def submit(owner: str, name: str, priority: int = 0) -> None:
            await tasks.manager.submit(owner, request(f"http://{owner}.example/{name}", priority))

        for number in range(4):
            await submit("crowd", str(number))
        await submit("guest", "0")
        await submit("guest", "1")
        await submit("late", "urgent", 5)
        served: list[str] = []

        async def serve(job: Job) -> None:
            task = await begun(tasks, job)
            served.append(f"{task.owner} {task.draft_url[-1]}")
            if len(served) == 4:
                await submit("late", "0")

        await all_served(tasks, serve, 8, served)
        assert served == [
            "late t", "crowd 0", "guest 0", "crowd 1", "guest 1", "late 0", "crowd 2", "crowd 3",
        ]  # fmt: skip

    run(scenario)


def test_the_place_in_the_queue_is_the_order_of_service(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        for owner, priority in [("a", 0), ("a", 0), ("b", 0), ("a", 3), ("b", -1), ("c", 0)]:
            number = len(await everything(tasks))
            await tasks.manager.submit(owner, request(f"http://a.example/{number}", priority))
        waiting = await everything(tasks)
        positions = await tasks.manager.queue_positions(waiting)
        told = {task.id: position for task, position in zip(waiting, positions, strict=True)}
        served: list[str] = []

        async def serve(job: Job) -> None:
            served.append((await begun(tasks, job)).id)

        await all_served(tasks, serve, 6, served)
        assert served == sorted(told, key=lambda name: told[name] or 0)
        assert sorted(told.values(), key=lambda place: place or 0) == list(range(1, 7))

    run(scenario)


def request(draft_url: str, priority: int) -> TaskRequest:
    return TaskRequest(draft_url=draft_url, priority=priority)


async def begun(tasks: Tasks, job: Job) -> Task:
    """The task of the job, which runs now."""
    async with tasks.database.read() as connection:
        task = await reads.any_task(connection, job.task)
    assert task is not None
    return await tasks.write(writes.claim, task, "worker", job.token)


async def all_served(tasks: Tasks, serve: Handle, wanted: int, served: list[str]) -> None:
    """Run the queue, one job at a time, until so many are served."""

    async def handle(job: Job) -> None:
        await serve(job)
        if len(served) == wanted:
            done.set()

    done = asyncio.Event()
    running = asyncio.create_task(tasks.queue.run(1, handle))
    await done.wait()
    await tasks.queue.stop()
    await running


async def everything(tasks: Tasks) -> list[Task]:
    """All tasks of all owners."""
    async with tasks.database.read() as connection:
        found = [await reads.any_task(connection, name) for name in await reads.active_ids(connection)]
    return [task for task in found if task is not None]
