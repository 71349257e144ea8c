# pyright: reportPrivateUsage=false
# The tests write behind the back of the read model, as another process does.
import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.live.notifier import ALL_TASKS, ChangeNotifier
from services.live.task_cache import TaskCache
from services.store import reads, writes
from services.store.records import ProgressUpdate, Status, TaskChange, TaskFilter, TaskRequest
from tests.services.tasks.conftest import OWNER, Tasks

Run = Callable[..., None]


async def elsewhere(tasks: Tasks, change: Any, *arguments: Any) -> Any:
    """A change by another process: it is in the store, and a notification arrives."""
    async with tasks.database.write() as connection:
        changed = await change(connection, *arguments)
    tasks.task_cache._notifier.notify(changed.task.id, changed.task.seq)
    return changed.task


async def heard(tasks: Tasks, task_id: str, wanted: Callable[[TaskChange], bool]) -> list[TaskChange]:
    """The changes up to the wanted one."""
    found: list[TaskChange] = []
    enough = asyncio.Event()

    def hear(change: TaskChange) -> None:
        found.append(change)
        if wanted(change):
            enough.set()

    with tasks.task_cache.listen(task_id, hear):
        async with asyncio.timeout(10):
            await enough.wait()
    return found


def test_what_this_process_writes_can_be_read_at_once_without_the_store(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit("http://a.example/1")
        assert tasks.task_cache.get_cached(OWNER, task.id) == task
        assert tasks.task_cache.get_cached_by_url(OWNER, "http://a.example/1") == task
        canceled = await tasks.manager.cancel(OWNER, task.id)
        again = await tasks.submit("http://a.example/1")
        assert tasks.task_cache.get_cached(OWNER, task.id) == canceled
        assert tasks.task_cache.get_cached_by_url(OWNER, "http://a.example/1") == again

    run(scenario)


def test_nobody_reads_the_tasks_of_others(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit("http://a.example/1")
        assert tasks.task_cache.get_cached("other", task.id) is None
        assert tasks.task_cache.get_cached_by_url("other", task.draft_url) is None
        assert await tasks.task_cache.task("other", task.id) is None

    run(scenario)


def test_a_change_of_another_process_arrives_by_the_doorbell(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit("http://a.example/1")
        listening = asyncio.create_task(heard(tasks, task.id, lambda change: change.last))
        await asyncio.sleep(0)
        claimed = await elsewhere(tasks, writes.claim, task)
        await elsewhere(tasks, writes.cancel, claimed)
        assert [change.event.seq for change in await listening] == [2, 3]
        found = tasks.task_cache.get_cached(OWNER, task.id)
        assert found is not None
        assert found.status is Status.CANCELED

    run(scenario)


def test_a_newer_task_of_the_url_from_another_process_is_found(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit("http://a.example/1")
        await tasks.manager.cancel(OWNER, task.id)
        listening = asyncio.create_task(heard(tasks, ALL_TASKS, lambda change: change.task.id == "f" * 32))
        await asyncio.sleep(0)
        await elsewhere(tasks, writes.create, OWNER, "f" * 32, TaskRequest(draft_url="http://a.example/1"))
        await listening
        found = tasks.task_cache.get_cached_by_url(OWNER, "http://a.example/1")
        assert found is not None
        assert found.id == "f" * 32

    run(scenario)


def test_changes_are_told_in_the_order_of_the_store_whoever_wrote_them(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        ours, theirs = await tasks.submit("http://a.example/1"), await tasks.submit("http://a.example/2")
        listening = asyncio.create_task(heard(tasks, ALL_TASKS, lambda change: change.task.id == ours.id))
        await asyncio.sleep(0)
        async with tasks.database.write() as connection:
            assert await writes.claim(connection, theirs) is not None
        await tasks.write(writes.claim, ours)
        assert [change.task.id for change in await listening] == [theirs.id, ours.id]

    run(scenario)


def test_a_change_is_told_once_though_it_is_written_here_and_rung_for(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        listening = asyncio.create_task(heard(tasks, task.id, lambda change: change.last))
        await asyncio.sleep(0)
        task = await tasks.write(writes.claim, task)
        await tasks.task_cache._read_events()
        await tasks.manager.cancel(OWNER, task.id)
        assert [change.event.seq for change in await listening] == [2, 3]

    run(scenario)


def test_memory_that_could_not_be_refreshed_is_not_trusted(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task_cache = TaskCache(tasks.database, ChangeNotifier("memory://"))
        task = await tasks.submit()
        assert await task_cache.task(OWNER, task.id) == task
        assert task_cache.get_cached(OWNER, task.id) is None
        async with task_cache.run():
            assert task_cache.get_cached(OWNER, task.id) == task

    run(scenario)


def test_a_filter_means_the_same_in_memory_and_in_sql(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit("http://a.example/Draft%5F1")
        second = await tasks.submit("http://a.example/draft_2")
        await tasks.manager.cancel(OWNER, second.id)
        filters = [
            TaskFilter(),
            TaskFilter(search="DRAFT"),
            TaskFilter(search="t_2"),
            TaskFilter(search="%"),
            TaskFilter(search=first.id),
            TaskFilter(search=second.id[:6]),
            TaskFilter(search=second.id[1:]),
            TaskFilter(search=""),
            TaskFilter(status=(Status.PENDING,)),
            TaskFilter(status=()),
            TaskFilter(stage=(first.stage,)),
            TaskFilter(error_code=()),
            TaskFilter(draft_url=second.draft_url),
            TaskFilter(created_after_ms=first.created_at_ms),
            TaskFilter(created_before_ms=first.created_at_ms + 1, search="draft"),
        ]
        for wanted in filters:
            for task in (await tasks.now(first), await tasks.now(second)):
                async with tasks.database.read() as connection:
                    found = await reads.tasks_by_id(connection, [task.id], wanted)
                assert wanted.met_by(task) == (task.id in found), wanted

    run(scenario)


def test_a_burst_of_others_is_published_without_its_percentages(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        listening = asyncio.create_task(heard(tasks, task.id, lambda change: change.event.seq == 12))
        await asyncio.sleep(0)
        async with tasks.database.write() as connection:
            for progress in range(11, 21):
                change = await writes.advance(connection, task, ProgressUpdate(progress=progress))
                assert change is not None
                task = replace(change.task)
        tasks.task_cache._notifier.notify(task.id, task.seq)
        assert [change.event.seq for change in await listening] == [12]

    run(scenario)
