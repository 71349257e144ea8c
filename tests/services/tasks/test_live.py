# pyright: reportPrivateUsage=false
# The test breaks a part from inside.
import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

import pytest

from services.errors import ErrorCode, TaskNotFound, failed
from services.live.event_stream import snapshot
from services.live.notifier import ChangeNotifier
from services.live.task_cache import TaskCache, coalesced
from services.store import writes
from services.store.records import EventType, FeedReset, Stage, StageProgress, Status, Task, TaskChange, TaskFilter
from services.tasks.manager import TaskManager
from tests.services.tasks.conftest import OWNER, Tasks

Run = Callable[..., None]
T = TypeVar("T")
GONE = failed(ErrorCode.RENDER_FAILED, "broken", "坏了").failure


async def take(source: AsyncGenerator[T], count: int) -> list[T]:
    """The next ones, within a few seconds."""
    async with asyncio.timeout(10):
        return [await anext(source) for _ in range(count)]


async def enter(tasks: Tasks, task: Task, stage: Stage, progress: int) -> Task:
    stages = [*task.stages, StageProgress(stage=stage, started_at_ms=task.updated_at_ms)]
    return await tasks.write(writes.advance, task, EventType.STAGE_CHANGED, writes.stage_values(stages, progress))


async def count_up(tasks: Tasks, task: Task, progress: int) -> Task:
    return await tasks.write(writes.advance, task, EventType.PROGRESS, {"progress": progress})


def test_a_follower_gets_a_snapshot_then_every_change_then_the_end(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        async with aclosing(tasks.manager.follow(OWNER, task.id, None)) as source:
            seen = await take(source, 1)
            task = await tasks.write(writes.claim, task)
            seen += await take(source, 1)
            task = await enter(tasks, task, Stage.EXPORTING, 70)
            seen += await take(source, 1)
            task = await count_up(tasks, task, 80)
            seen += await take(source, 1)
            await tasks.write(writes.fail, task, GONE)
            seen += [change async for change in source]
        assert [change.event.type for change in seen] == [
            EventType.SNAPSHOT, EventType.STATUS_CHANGED, EventType.STAGE_CHANGED, EventType.PROGRESS,
            EventType.STATUS_CHANGED,
        ]  # fmt: skip
        assert [change.event.seq for change in seen] == [1, 2, 3, 4, 5]
        assert [change.event.progress for change in seen] == [0, 10, 70, 80, 80]
        assert all(change.task.seq >= change.event.seq for change in seen)
        assert seen[-1].event.status is Status.FAILED

    run(scenario)


def test_after_brings_what_was_missed_and_nothing_else(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        task = await enter(tasks, task, Stage.PREPARING, 30)
        task = await count_up(tasks, task, 31)
        task = await count_up(tasks, task, 32)
        task = await enter(tasks, task, Stage.EXPORTING, 70)
        await tasks.write(writes.fail, task, GONE)
        followed = [change.event async for change in tasks.manager.follow(OWNER, task.id, 2)]
        assert [(event.seq, event.type) for event in followed] == [
            (3, EventType.STAGE_CHANGED), (6, EventType.STAGE_CHANGED), (7, EventType.STATUS_CHANGED),
        ]  # fmt: skip
        assert [change async for change in tasks.manager.follow(OWNER, task.id, 7)] == []
        beyond = [change.event async for change in tasks.manager.follow(OWNER, task.id, 99)]
        assert [(event.seq, event.type) for event in beyond] == [(7, EventType.SNAPSHOT)]

    run(scenario)


def test_a_retry_that_was_missed_is_told_from_the_first_failure_on(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.write(writes.fail, await tasks.claimed(), GONE)
        again = await tasks.write(writes.claim, await tasks.manager.retry(OWNER, task.id))
        await tasks.write(writes.fail, again, GONE)
        followed = [change.event async for change in tasks.manager.follow(OWNER, task.id, 0)]
        assert [event.seq for event in followed] == [1, 2, 3, 4, 5, 6]

    run(scenario)


def test_a_reader_cut_off_among_the_snapshots_of_a_feed_misses_none(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        for number in range(4):
            await tasks.submit(f"http://a.example/{number}")
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(), None)) as source:
            seen = await take(source, 2)
        assert isinstance(seen[-1], TaskChange)
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(), seen[-1].event.position)) as source:
            seen += await take(source, 2)
        assert sorted(url for url, _ in told(seen)) == ["0", "1", "2", "3"]

    run(scenario)


def test_a_finished_task_is_told_by_its_snapshot(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        await tasks.manager.cancel(OWNER, task.id)
        (only,) = [change async for change in tasks.manager.follow(OWNER, task.id, None)]
        assert (only.event.type, only.task.status) == (EventType.SNAPSHOT, Status.CANCELED)

    run(scenario)


def test_an_unknown_task_is_not_followed(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        with pytest.raises(TaskNotFound):
            await anext(tasks.manager.follow(OWNER, "nothing", None))

    run(scenario)


def test_a_lost_ring_costs_a_moment_and_no_event(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task_cache = TaskCache(tasks.database, ChangeNotifier("memory://"))
        deaf = TaskManager(tasks.database, tasks.manager._queue, task_cache, max_queued=10, capacity=lambda: 1)
        task = await tasks.submit()
        async with task_cache.run(), aclosing(deaf.follow(OWNER, task.id, None)) as source:
            await take(source, 1)
            waiting = asyncio.create_task(take(source, 1))
            await tasks.manager.cancel(OWNER, task.id)
            (change,) = await waiting
        assert change.event.status is Status.CANCELED

    run(scenario)


def test_percentages_give_way_to_newer_events_and_milestones_never(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        base = snapshot(await tasks.submit())
        kinds = [EventType.PROGRESS, EventType.STAGE_CHANGED, EventType.PROGRESS, EventType.PROGRESS]
        found = [replace(base, seq=seq, type=kind) for seq, kind in enumerate(kinds)]
        other = replace(base, task_id="other", seq=9, type=EventType.PROGRESS)
        assert [(event.task_id, event.seq) for event in coalesced([other, *found])] == [
            ("other", 9), (base.task_id, 1), (base.task_id, 3),
        ]  # fmt: skip

    run(scenario)


def told(changes_: list[TaskChange | FeedReset]) -> list[tuple[str, EventType]]:
    return [(change.task.draft_url[-1], change.event.type) for change in changes_ if isinstance(change, TaskChange)]


def test_a_feed_begins_with_the_active_tasks_and_goes_on_with_all_changes(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit("http://a.example/1")
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(), None)) as source:
            seen = await take(source, 1)
            await tasks.submit("http://a.example/2")
            seen += await take(source, 1)
            await tasks.manager.cancel(OWNER, first.id)
            seen += await take(source, 1)
        assert told(seen) == [
            ("1", EventType.SNAPSHOT), ("2", EventType.STATUS_CHANGED), ("1", EventType.STATUS_CHANGED),
        ]  # fmt: skip

    run(scenario)


def test_a_feed_goes_on_where_its_reader_left_it(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        await tasks.submit("http://a.example/1")
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(), None)) as source:
            (seen,) = await take(source, 1)
        assert isinstance(seen, TaskChange)
        await tasks.submit("http://a.example/2")
        await tasks.submit("http://a.example/3")
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(), seen.event.position)) as source:
            assert told(await take(source, 2)) == [("2", EventType.STATUS_CHANGED), ("3", EventType.STATUS_CHANGED)]

    run(scenario)


def test_a_feed_whose_cursor_is_not_kept_starts_anew(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        await tasks.submit("http://a.example/1")
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(), 10_000)) as source:
            reset, *rest = await take(source, 2)
        assert isinstance(reset, FeedReset)
        assert told(rest) == [("1", EventType.SNAPSHOT)]

    run(scenario)


def test_a_feed_tells_only_what_its_filter_lets_through(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with aclosing(tasks.manager.feed(OWNER, TaskFilter(search="/2"), None)) as source:
            waiting = asyncio.create_task(take(source, 1))
            await tasks.submit("http://a.example/1")
            await tasks.submit("http://a.example/2")
            assert told(await waiting) == [("2", EventType.STATUS_CHANGED)]

    run(scenario)
