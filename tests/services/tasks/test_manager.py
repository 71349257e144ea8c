import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from services import clock
from services.errors import (
    ErrorCode,
    IdempotencyConflict,
    InvalidInput,
    InvalidState,
    QueueFull,
    TaskNotFound,
    failed,
)
from services.store import reads, writes
from services.store.records import (
    Order,
    OrderField,
    PageRequest,
    Stage,
    StageProgress,
    Status,
    Task,
    TaskFilter,
    TaskRequest,
    Video,
)
from tests.services.tasks.conftest import OWNER, Tasks

Run = Callable[..., None]
NOW_MS = 1_800_000_000_000
GONE = failed(ErrorCode.MATERIAL_UNREACHABLE, "gone", "没了").failure
VIDEO = Video(
    key="v", thumbnail_key=None, width=2, height=2, duration_us=1, frames=1, frame_rate=30.0, has_sound=False,
    size_bytes=1, sha256="0",
)  # fmt: skip


def test_the_same_url_joins_the_active_task(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        submits = (tasks.manager.submit(OWNER, TaskRequest(draft_url="http://a.example/x")) for _ in range(20))
        answers = await asyncio.gather(*submits)
        assert len({answer.task.id for answer in answers}) == 1
        assert sum(answer.created for answer in answers) == 1

    run(scenario)


def test_a_submit_that_cannot_be_stored_costs_none_beside_it(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        wanted = [TaskRequest(draft_url=f"http://a.example/{number}") for number in range(4)]
        wanted[1] = TaskRequest(draft_url="http://a.example/1", idempotency_key="half a pair: \ud83d")
        found = await asyncio.gather(*(tasks.manager.submit(OWNER, each) for each in wanted), return_exceptions=True)
        assert isinstance(found.pop(1), InvalidInput)
        assert [each.created for each in found if not isinstance(each, BaseException)] == [True] * 3

    run(scenario)


def test_the_database_itself_has_one_active_task_of_an_owner_and_url(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit()
        again = TaskRequest(draft_url=first.draft_url)
        with pytest.raises(IntegrityError):
            async with tasks.database.write() as connection:
                await writes.create(connection, OWNER, "second", again)
        async with tasks.database.write() as connection:
            await writes.create(connection, "another", "third", again)

    run(scenario)


def test_after_a_final_state_the_same_url_is_a_new_task(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit()
        await tasks.manager.cancel(OWNER, first.id)
        second = await tasks.submit()
        assert second.id != first.id
        newest = await tasks.manager.task_by_url(OWNER, first.draft_url)
        assert newest is not None
        assert newest.id == second.id

    run(scenario)


def test_the_newest_task_of_a_draft_is_the_one_submitted_last_though_the_clock_was_set_back(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(tasks: Tasks) -> None:
        for back_ms in (0, 0, 3_600_000):
            monkeypatch.setattr(clock, "time", SimpleNamespace(time_ns=lambda ms=back_ms: (NOW_MS - ms) * 1_000_000))
            last = await tasks.submit()
            await tasks.manager.cancel(OWNER, last.id)
            remembered = await tasks.manager.task_by_url(OWNER, last.draft_url)
            async with tasks.database.read() as connection:
                stored = await reads.newest_task(connection, OWNER, last.draft_url)
            assert remembered is not None
            assert stored is not None
            assert {remembered.id, stored.id} == {last.id}

    run(scenario)


def test_owners_do_not_see_each_other(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        assert await tasks.manager.task("other", task.id) is None
        assert await tasks.manager.task_by_url("other", task.draft_url) is None
        assert (await tasks.manager.tasks("other", TaskFilter(), Order(), PageRequest())).total == 0
        for wish in (tasks.manager.cancel, tasks.manager.retry):
            with pytest.raises(TaskNotFound):
                await wish("other", task.id)

    run(scenario)


def test_an_idempotency_key_gives_its_task_for_ever(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit(idempotency_key="k")
        await tasks.manager.cancel(OWNER, first.id)
        assert (await tasks.submit(idempotency_key="k")).id == first.id
        with pytest.raises(IdempotencyConflict):
            await tasks.submit("http://other.example/", idempotency_key="k")

    run(scenario)


def test_a_key_that_joined_an_active_task_keeps_it(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit()
        assert (await tasks.submit(idempotency_key="late")).id == first.id
        await tasks.manager.cancel(OWNER, first.id)
        assert (await tasks.submit(idempotency_key="late")).id == first.id

    run(scenario)


def test_a_full_queue_takes_no_more(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        await tasks.submit("http://a.example/1")
        await tasks.submit("http://a.example/2")
        with pytest.raises(QueueFull):
            await tasks.submit("http://a.example/3")
        assert (await tasks.submit("http://a.example/2")).status is Status.PENDING

    run(scenario, max_queued=2)


@pytest.mark.parametrize(
    "request_",
    [
        {"draft_url": ""}, {"draft_url": "x"}, {"draft_url": "ftp://a.example/"}, {"draft_url": "http://"},
        {"draft_url": "http://a.example/" + "x" * 2048}, {"draft_url": "http://a.example:99999/"},
        {"idempotency_key": ""}, {"idempotency_key": "k" * 300}, {"priority": 5000}, {"expires_in_seconds": 0},
        {"metadata": {"a": "x" * 17_000}},
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_by_its_field(run: Run, request_: dict[str, Any]) -> None:
    async def scenario(tasks: Tasks) -> None:
        fields: dict[str, Any] = {"draft_url": "http://a.example/", **request_}
        wrong = TaskRequest(**fields)
        with pytest.raises(InvalidInput) as caught:
            await tasks.manager.submit(OWNER, wrong)
        name = caught.value.path[0]
        assert name.lower() == next(iter(request_)).replace("_", "")
        assert name in caught.value.message.en
        assert name in caught.value.message.zh

    run(scenario)


def test_invisible_characters_do_not_make_another_url(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit("http://a.example/x")
        assert (await tasks.submit("\ufeff http://a.example/\u200bx ")).id == first.id

    run(scenario)


def test_a_canceled_task_is_final_and_fences_its_worker(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        canceled = await tasks.manager.cancel(OWNER, task.id)
        assert canceled.status is Status.CANCELED
        assert (await tasks.manager.cancel(OWNER, task.id)).seq == canceled.seq
        async with tasks.database.write() as connection:
            assert await writes.complete(connection, task, list(task.stages), VIDEO) is None
            assert await writes.fail(connection, task, GONE) is None
        assert await tasks.now(task) == canceled

    run(scenario)


def test_an_attempt_that_was_replaced_writes_nothing(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.claimed()
        second = await tasks.write(writes.claim, first)
        assert second.attempt == first.attempt + 1
        async with tasks.database.write() as connection:
            assert await writes.complete(connection, first, list(first.stages), VIDEO) is None
        done = await tasks.write(writes.complete, second, list(second.stages), VIDEO)
        assert (done.status, done.progress, done.stage) == (Status.COMPLETED, 100, Stage.DONE)

    run(scenario)


def test_a_retry_is_a_new_attempt_of_the_same_task(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        broken = await tasks.write(writes.fail, task, GONE)
        assert broken.failure == GONE
        waiting = await tasks.manager.retry(OWNER, task.id)
        assert (waiting.id, waiting.status, waiting.progress, waiting.failure) == (task.id, Status.PENDING, 0, None)
        again = await tasks.write(writes.claim, waiting)
        assert again.attempt == 2
        done = await tasks.write(writes.complete, again, list(again.stages), VIDEO)
        with pytest.raises(InvalidState):
            await tasks.manager.retry(OWNER, done.id)

    run(scenario)


def test_a_retry_gives_way_to_an_active_task_of_the_same_url(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        first = await tasks.submit()
        await tasks.manager.cancel(OWNER, first.id)
        await tasks.submit()
        with pytest.raises(InvalidState):
            await tasks.manager.retry(OWNER, first.id)
        assert (await tasks.now(first)).status is Status.CANCELED

    run(scenario)


def test_events_are_numbered_without_a_gap(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        await tasks.write(writes.fail, task, GONE)
        await tasks.manager.retry(OWNER, task.id)
        page = await tasks.manager.events(OWNER, task.id, PageRequest())
        assert [event.seq for event in page.events] == [1, 2, 3, 4]
        assert [event.status for event in page.events] == [
            Status.PENDING, Status.PROCESSING, Status.FAILED, Status.PENDING,
        ]  # fmt: skip

    run(scenario)


async def five(tasks: Tasks) -> list[str]:
    """The ids of five tasks, oldest first."""
    return [(await tasks.submit(f"http://a.example/{number}")).id for number in range(5)]


def ids(found: tuple[Task, ...]) -> list[str]:
    return [task.id for task in found]


def test_pages_go_both_ways_without_gap_or_repeat(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        created = await five(tasks)
        order = Order(OrderField.CREATED_AT, descending=False)
        whole = ids((await tasks.manager.tasks(OWNER, TaskFilter(), order, PageRequest())).tasks)
        assert sorted(whole) == sorted(created)
        forwards: list[str] = []
        backwards: list[str] = []
        after = before = None
        while True:
            page = await tasks.manager.tasks(OWNER, TaskFilter(), order, PageRequest(first=2, after=after))
            forwards += ids(page.tasks)
            assert page.total == 5
            assert page.has_previous is (after is not None)
            if not page.has_next:
                break
            after = page.cursors[-1]
        while True:
            page = await tasks.manager.tasks(OWNER, TaskFilter(), order, PageRequest(last=2, before=before))
            backwards = ids(page.tasks) + backwards
            assert page.has_next is (before is not None)
            if not page.has_previous:
                break
            before = page.cursors[0]
        assert forwards == backwards == whole
        reverse = await tasks.manager.tasks(OWNER, TaskFilter(), Order(), PageRequest())
        assert ids(reverse.tasks) == whole[::-1]

    run(scenario)


def test_tasks_that_are_not_done_come_last_by_completion(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        created = await five(tasks)
        await tasks.manager.cancel(OWNER, created[2])
        for descending in (True, False):
            order = Order(OrderField.COMPLETED_AT, descending)
            found = await tasks.manager.tasks(OWNER, TaskFilter(), order, PageRequest(first=1))
            assert ids(found.tasks) == [created[2]]

    run(scenario)


def test_filters_narrow_the_list(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        created = await five(tasks)
        await tasks.manager.cancel(OWNER, created[0])
        broken = await tasks.write(writes.fail, await tasks.claimed(draft_url="http://b.example/%_"), GONE)

        async def found(**conditions: Any) -> list[str]:
            page = await tasks.manager.tasks(OWNER, TaskFilter(**conditions), Order(), PageRequest())
            return sorted(ids(page.tasks))

        assert await found(status=(Status.CANCELED,)) == [created[0]]
        assert await found(error_code=(ErrorCode.MATERIAL_UNREACHABLE,)) == [broken.id]
        assert await found(stage=(Stage.STARTED,)) == [broken.id]
        assert await found(draft_url="http://a.example/3") == [created[3]]
        assert await found(search="%_") == [broken.id]
        for named in (created[1], created[1][:6]):
            assert await found(search=named) == [created[1]]
        assert await found(search=created[1][1:8]) == await found(search=created[1][:5]) == []
        assert await found(created_after_ms=broken.created_at_ms) == []
        assert await found(status=()) == []

    run(scenario)


@pytest.mark.parametrize(
    "page",
    [
        PageRequest(first=101), PageRequest(first=-1), PageRequest(last=101), PageRequest(first=1, last=1),
        PageRequest(after="nonsense"), PageRequest(after="WzFd"), PageRequest(before="e30"),
    ],
)  # fmt: skip
def test_a_wrong_page_is_refused(run: Run, page: PageRequest) -> None:
    async def scenario(tasks: Tasks) -> None:
        with pytest.raises(InvalidInput):
            await tasks.manager.tasks(OWNER, TaskFilter(), Order(), page)

    run(scenario)


def test_the_queue_counts_and_places_its_tasks(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        running = await tasks.claimed(draft_url="http://a.example/run")
        usual = await tasks.submit("http://a.example/usual")
        flush_now = await tasks.submit("http://a.example/urgent", priority=5)
        state = await tasks.manager.queue(OWNER)
        assert (state.pending, state.processing, state.capacity) == (2, 1, 1)
        assert state.oldest_pending_at_ms == usual.queued_at_ms
        assert await tasks.manager.queue_positions([usual, flush_now, running]) == [2, 1, None]
        assert await tasks.manager.active_count(OWNER) == 3

    run(scenario)


def test_throughput_counts_the_ends_of_each_minute(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        done = await tasks.claimed(draft_url="http://a.example/1")
        await tasks.write(writes.complete, done, list(done.stages), VIDEO)
        await tasks.write(writes.fail, await tasks.claimed(draft_url="http://a.example/2"), GONE)
        points = await tasks.manager.throughput(OWNER, 10)
        assert len(points) == 10
        assert (sum(point.completed for point in points), sum(point.failed for point in points)) == (1, 1)
        assert points[-1].completed + points[-2].completed == 1
        with pytest.raises(InvalidInput):
            await tasks.manager.throughput(OWNER, 0)

    run(scenario)


def test_waiting_for_a_change_ends_with_it_or_with_the_time(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.submit()
        assert (await tasks.manager.wait_for_change(OWNER, task.id, since=0, seconds=20)).seq == 1
        assert (await tasks.manager.wait_for_change(OWNER, task.id, since=1, seconds=0.05)).seq == 1
        waiting = asyncio.create_task(tasks.manager.wait_for_change(OWNER, task.id, since=1, seconds=20))
        await tasks.manager.cancel(OWNER, task.id)
        assert (await waiting).status is Status.CANCELED

    run(scenario)


def test_stages_of_an_attempt_are_kept_with_their_times(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        task = await tasks.claimed()
        assert [stage.stage for stage in task.stages] == [Stage.QUEUED, Stage.STARTED]
        assert task.stages[0].completed_at_ms is not None
        exporting = StageProgress(stage=Stage.EXPORTING, started_at_ms=task.updated_at_ms, done=1.0, total=2.0)
        done = await tasks.write(writes.complete, task, [*task.stages, exporting], VIDEO)
        assert [stage.stage for stage in done.stages][-2:] == [Stage.EXPORTING, Stage.DONE]
        assert all(stage.completed_at_ms is not None for stage in done.stages[2:])
        assert (await tasks.now(task)) == done

    run(scenario)
