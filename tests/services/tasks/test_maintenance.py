from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
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
from services.worker.queue.engine import Queue
from services.worker.registry import WorkerRegistry
from tests.services.tasks.conftest import OWNER, Scenario, Tasks
from tests.services.tasks.test_manager import VIDEO


@asynccontextmanager
async def keeping(
    tasks: Tasks, keep_days: int = 0
) -> AsyncGenerator[tuple[Maintenance, WorkerRegistry, FileStore, Queue]]:
    """A maintenance that runs when the test calls it."""
    files = FileStore(tasks.settings.files, "http://here")
    queue = Queue(str(tasks.database.url.render_as_string(hide_password=False)))
    registry = WorkerRegistry(tasks.database, "here", 1, 100)
    with closing(queue):
        async with registry.serve():
            yield (
                Maintenance(tasks.database, queue, tasks.task_cache, files, registry, keep_days=keep_days),
                registry,
                files,
                queue,
            )


async def alter(tasks: Tasks, task: Task, **values: object) -> None:
    """Change a row behind everyone's back."""
    async with tasks.database.write() as connection:
        await connection.execute(sa.update(table).where(table.c.id == task.id).values(values))


def test_a_lost_workers_task_is_free_and_has_a_ticket(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks) as (maintenance, registry, _files, queue):
            queue.sweep([])
            task = await tasks.write(writes.claim, await tasks.submit(), "gone")
            own = await tasks.write(writes.claim, await tasks.submit("http://a.example/own"), registry.me.id)
            await maintenance.run_once()
            assert (await tasks.now(task)).worker is None
            assert (await tasks.now(own)).worker == registry.me.id
            assert queue.has_tickets()
            async with tasks.database.write() as connection:
                assert await writes.complete(connection, task, list(task.stages), VIDEO) is None

    run(scenario)


def test_a_task_that_waited_too_long_ends(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks) as (maintenance, *_):
            late = await tasks.submit(expires_in_seconds=60)
            patient = await tasks.submit("http://a.example/patient")
            await alter(tasks, late, expires_at_ms=1)
            await maintenance.run_once()
            ended = await tasks.now(late)
            assert ended.failure is not None
            assert (ended.status, ended.failure.code) == (Status.FAILED, ErrorCode.EXPIRED)
            assert (await tasks.now(patient)).status is Status.PENDING

    run(scenario)


def test_a_waiting_task_whose_ticket_is_gone_gets_another(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks) as (maintenance, _registry, _files, queue):
            await tasks.submit()
            engine_rows = "dbos.workflow_status" if not tasks.database.embedded else "workflow_status"
            async with tasks.database.write() as connection:
                await connection.execute(sa.text(f"DELETE FROM {engine_rows}"))
            assert not queue.has_tickets()
            await maintenance.run_once()
            assert queue.has_tickets()

    run(scenario)


def test_used_tickets_are_swept_and_others_stay(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks) as (maintenance, _registry, _files, queue):
            await tasks.submit()
            await tasks.submit("http://a.example/2")
            engine_rows = "dbos.workflow_status" if not tasks.database.embedded else "workflow_status"
            async with tasks.database.write() as connection:
                taken = f"UPDATE {engine_rows} SET status = 'PENDING', executor_id = 'gone'"
                one = f"SELECT min(workflow_uuid) FROM {engine_rows}"
                await connection.execute(sa.text(f"{taken} WHERE workflow_uuid = ({one})"))
            await maintenance.sweep()
            async with tasks.database.read() as connection:
                assert await connection.scalar(sa.text(f"SELECT count(*) FROM {engine_rows}")) == 1
            assert queue.has_tickets()

    run(scenario)


@pytest.mark.parametrize("keep_days", [0, 7])
def test_what_is_outdated_goes_with_its_events_and_files(
    run: Callable[[Scenario], None], tmp_path: Path, keep_days: int
) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with keeping(tasks, keep_days) as (maintenance, _registry, files, _queue):
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
        while (task := await claim_next(tasks)) is not None:
            served.append(f"{task.owner} {task.draft_url[-1]}")
            if len(served) == 4:
                await submit("late", "0")
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
        told = {task.id: await tasks.manager.queue_position(task) for task in waiting}
        served: list[str] = []
        while (task := await claim_next(tasks)) is not None:
            served.append(task.id)
        assert served == sorted(told, key=lambda name: told[name] or 0)
        assert sorted(told.values(), key=lambda place: place or 0) == list(range(1, 7))

    run(scenario)


def request(draft_url: str, priority: int) -> TaskRequest:
    return TaskRequest(draft_url=draft_url, priority=priority)


async def claim_next(tasks: Tasks) -> Task | None:
    """What a worker would run next, claimed."""
    async with tasks.database.write() as connection:
        task = await reads.next_to_run(connection)
        claimed = None if task is None else await writes.claim(connection, task, "worker")
        return None if claimed is None else claimed.task


async def everything(tasks: Tasks) -> list[Task]:
    """All tasks of all owners."""
    async with tasks.database.read() as connection:
        found = [await reads.any_task(connection, name) for name in await reads.active_ids(connection)]
    return [task for task in found if task is not None]
