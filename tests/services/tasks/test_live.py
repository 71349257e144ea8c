# pyright: reportPrivateUsage=false
# The test breaks a part from inside.
import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from resolvers.live import cursor
from schema.execution.results import OperationRefused
from services.errors import ErrorCode, failed
from services.live.event_stream import snapshot
from services.live.notifier import ChangeNotifier
from services.live.task_cache import TaskCache, coalesced
from services.store import writes
from services.store.records import EventType, ProgressUpdate, Stage, StageProgress, Status, Task
from services.tasks.manager import TaskManager
from tests.services.tasks.conftest import OWNER, Tasks
from tests.support.subscriptions import FEED, PROGRESS, Json, subscribed

Run = Callable[..., None]
GONE = failed(ErrorCode.RENDER_FAILED, "broken", "坏了").failure


async def take(source: AsyncIterator[Json], count: int) -> list[Json]:
    """The next items, within ten seconds."""
    async with asyncio.timeout(10):
        return [await anext(source) for _ in range(count)]


async def enter(tasks: Tasks, task: Task, stage: Stage, progress: int) -> Task:
    stages = (*task.stages, StageProgress(stage=stage, started_at_ms=task.updated_at_ms))
    update = ProgressUpdate(type=EventType.STAGE_CHANGED, stages=stages, progress=progress)
    return await tasks.write(writes.advance, task, update)


async def count_up(tasks: Tasks, task: Task, progress: int) -> Task:
    return await tasks.write(writes.advance, task, ProgressUpdate(progress=progress))


async def missed(tasks: Tasks, task: Task, after: int | None) -> list[tuple[int, str]]:
    """Seqs and types of all events that a subscription to an ended task delivers."""
    async with asyncio.timeout(10), subscribed(tasks.manager, PROGRESS, id=task.id, after=after) as source:
        return [(event["seq"], event["type"]) async for event in source]


def types(items: list[Json]) -> list[tuple[str, str]]:
    """The draft and the type of each event of the feed."""
    return [(item["event"]["task"]["draftUrl"][-1], item["event"]["type"]) for item in items]


def test_a_subscriber_gets_a_snapshot_then_every_change_then_the_end(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        async with subscribed(tasks.manager, PROGRESS, id=task.id) as source:
            seen = await take(source, 1)
            task = await tasks.write(writes.claim, task)
            seen += await take(source, 1)
            task = await enter(tasks, task, Stage.EXPORTING, 70)
            seen += await take(source, 1)
            task = await count_up(tasks, task, 80)
            seen += await take(source, 1)
            await tasks.write(writes.fail, task, GONE)
            seen += [event async for event in source]
        assert [event["type"] for event in seen] == [
            "SNAPSHOT", "STATUS_CHANGED", "STAGE_CHANGED", "PROGRESS", "STATUS_CHANGED",
        ]  # fmt: skip
        assert [event["seq"] for event in seen] == [1, 2, 3, 4, 5]
        assert [event["progress"] for event in seen] == [0, 10, 70, 80, 80]
        assert all(event["task"]["seq"] >= event["seq"] for event in seen)
        assert seen[-1]["status"] == Status.FAILED

    run(scenario)


def test_after_brings_what_was_missed_and_nothing_else(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        task = await enter(tasks, task, Stage.PREPARING, 30)
        task = await count_up(tasks, task, 31)
        task = await count_up(tasks, task, 32)
        task = await enter(tasks, task, Stage.EXPORTING, 70)
        await tasks.write(writes.fail, task, GONE)
        assert await missed(tasks, task, 2) == [(3, "STAGE_CHANGED"), (6, "STAGE_CHANGED"), (7, "STATUS_CHANGED")]
        assert await missed(tasks, task, 7) == []
        assert await missed(tasks, task, 99) == [(7, "SNAPSHOT")]

    run(scenario)


def test_a_retry_that_was_missed_is_delivered_from_the_first_failure_on(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.write(writes.fail, await tasks.claimed(), GONE)
        again = await tasks.write(writes.claim, await tasks.manager.retry(OWNER, task.id))
        await tasks.write(writes.fail, again, GONE)
        assert [seq for seq, _ in await missed(tasks, task, 0)] == [1, 2, 3, 4, 5, 6]

    run(scenario)


def test_a_reader_cut_off_among_the_snapshots_of_a_feed_misses_none(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        for number in range(4):
            await tasks.submit(f"http://a.example/{number}")
        async with subscribed(tasks.manager, FEED) as source:
            seen = await take(source, 2)
        async with subscribed(tasks.manager, FEED, after=seen[-1]["cursor"]) as source:
            seen += await take(source, 2)
        assert sorted(url for url, _ in types(seen)) == ["0", "1", "2", "3"]

    run(scenario)


def test_a_finished_task_is_delivered_as_its_snapshot(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        await tasks.manager.cancel(OWNER, task.id)
        async with subscribed(tasks.manager, PROGRESS, id=task.id) as source:
            (only,) = [event async for event in source]
        assert (only["type"], only["task"]["status"]) == ("SNAPSHOT", Status.CANCELED)

    run(scenario)


def test_an_unknown_task_is_refused(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        with pytest.raises(OperationRefused) as refused:
            async with subscribed(tasks.manager, PROGRESS, id="nothing"):
                pass
        (error,) = refused.value.errors
        assert (error["extensions"]["code"], error["path"]) == ("NOT_FOUND", ["videoTaskProgress"])

    run(scenario)


def test_a_lost_notification_delays_an_event_and_loses_none(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task_cache = TaskCache(tasks.database, ChangeNotifier("memory://"))
        deaf = TaskManager(tasks.database, tasks.manager._queue, task_cache, max_queued=10, capacity=lambda: 1)
        task = await tasks.submit()
        async with task_cache.run(), subscribed(deaf, PROGRESS, id=task.id) as source:
            await take(source, 1)
            waiting = asyncio.create_task(take(source, 1))
            await tasks.manager.cancel(OWNER, task.id)
            (event,) = await waiting
        assert event["status"] == Status.CANCELED

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


def test_a_feed_begins_with_the_active_tasks_and_goes_on_with_all_changes(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit("http://a.example/1")
        async with subscribed(tasks.manager, FEED) as source:
            seen = await take(source, 1)
            await tasks.submit("http://a.example/2")
            seen += await take(source, 1)
            await tasks.manager.cancel(OWNER, first.id)
            seen += await take(source, 1)
        assert types(seen) == [("1", "SNAPSHOT"), ("2", "STATUS_CHANGED"), ("1", "STATUS_CHANGED")]

    run(scenario)


def test_a_task_whose_caller_has_gone_is_told_of(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with subscribed(tasks.manager, FEED) as source:
            async with tasks.database.write() as other:
                await other.execute(sa.select(1))
                leaving = asyncio.create_task(tasks.submit("https://drafts.example/1"))
                for _ in range(100):  # until it waits for the other transaction
                    await asyncio.sleep(0)
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
            assert types(await take(source, 1)) == [("1", "STATUS_CHANGED")]

    run(scenario)


def test_a_feed_goes_on_where_its_reader_left_it(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        await tasks.submit("http://a.example/1")
        async with subscribed(tasks.manager, FEED) as source:
            (seen,) = await take(source, 1)
        await tasks.submit("http://a.example/2")
        await tasks.submit("http://a.example/3")
        async with subscribed(tasks.manager, FEED, after=seen["cursor"]) as source:
            assert types(await take(source, 2)) == [("2", "STATUS_CHANGED"), ("3", "STATUS_CHANGED")]

    run(scenario)


def test_a_feed_whose_cursor_is_not_kept_starts_anew(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        await tasks.submit("http://a.example/1")
        async with subscribed(tasks.manager, FEED, after=cursor(10_000)) as source:
            reset, *rest = await take(source, 2)
        assert reset["kind"] == "FeedReset"
        assert types(rest) == [("1", "SNAPSHOT")]

    run(scenario)


def test_a_feed_delivers_only_what_its_filter_lets_through(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with subscribed(tasks.manager, FEED, filter={"search": "/2"}) as source:
            waiting = asyncio.create_task(take(source, 1))
            await tasks.submit("http://a.example/1")
            await tasks.submit("http://a.example/2")
            assert types(await waiting) == [("2", "STATUS_CHANGED")]

    run(scenario)
