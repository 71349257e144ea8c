"""One execution for all who ask the same, and for nobody else."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from resolvers.context import Context
from schema.execution import shared
from schema.execution.build import build_schema
from schema.execution.executor import OperationExecutor, ResultStream
from schema.execution.results import Operation, OperationRefused, StreamItem
from schema.execution.shared import Subscription
from services.access.callers import OPEN, OPEN_OWNER
from services.compose import Services, open_services
from services.settings import load
from services.store import writes
from services.store.records import EventType, ProgressUpdate, Stage, StageProgress, Task, TaskChange, TaskRequest

PLAIN = (
    "subscription($id: ID!, $after: Int) { videoTaskProgress(id: $id, after: $after) { seq type task { progress } } }"
)
NOT_PLAIN = (
    "subscription($id: ID!) { videoTaskProgress(id: $id) { seq task { queuePosition events { nodes { seq } } } } }"
)
FEED = "subscription { videoTaskFeed { ... on VideoTaskFeedEvent { cursor event { seq } } } }"


@dataclass(frozen=True)
class Place:
    """A service without a worker, and what answers from it."""

    services: Services
    answers: OperationExecutor

    async def task(self, number: int = 1) -> Task:
        request = TaskRequest(draft_url=f"http://a.example/{number}")
        return (await self.services.manager.submit(OPEN_OWNER, request)).task

    async def write(self, change: Any, *arguments: Any) -> Task:
        task_cache = self.services.manager.task_cache
        async with task_cache._database.write() as connection:  # pyright: ignore[reportPrivateUsage]  # the test plays the worker
            changed: TaskChange = await change(connection, *arguments)
        task_cache.publish(changed)
        return changed.task

    async def stream(self, query: str, owner: str = OPEN_OWNER, **variables: Any) -> ResultStream:
        return await self.answers.stream(
            Context(self.services, replace(OPEN, owner=owner)), Operation(query, variables or None)
        )

    @property
    def shared(self) -> int:
        return len(self.answers._subscriptions)  # pyright: ignore[reportPrivateUsage]  # clients cannot see it


Scenario = Callable[[Place], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., None]:
    @asynccontextmanager
    async def place(accelerated: bool) -> AsyncGenerator[Place]:
        async with open_services(load(data_dir=tmp_path), work=False) as services:
            yield Place(services, OperationExecutor(build_schema(), accelerated=accelerated))

    def run_scenario(scenario: Scenario, *, accelerated: bool = True) -> None:
        async def whole() -> None:
            async with asyncio.timeout(30), place(accelerated) as made:
                await scenario(made)

        asyncio.run(whole())

    return run_scenario


async def both(one: ResultStream, other: ResultStream) -> tuple[StreamItem, StreamItem]:
    return await anext(one), await anext(other)


@pytest.mark.parametrize("query", [PLAIN, NOT_PLAIN])
def test_subscribers_of_the_same_get_the_same_part(run: Any, query: str) -> None:
    async def scenario(place: Place) -> None:
        task = await place.task()
        async with aclosing(await place.stream(query, id=task.id)) as one:
            async with aclosing(await place.stream(query, id=task.id)) as other:
                snapshots = await both(one, other)
                assert place.shared == 1
                task = await place.write(writes.claim, task)
                first, second = await both(one, other)
                assert first is second
                assert first.text != snapshots[0].text
            assert place.shared == 1
        assert place.shared == 0
        assert place.services.manager.task_cache.listeners == 0

    run(scenario)


def test_nothing_is_shared_by_different_tasks_documents_or_owners(run: Any) -> None:
    async def scenario(place: Place) -> None:
        one, other = await place.task(1), await place.task(2)
        streams = [
            await place.stream(PLAIN, id=one.id),
            await place.stream(PLAIN, id=other.id),
            await place.stream(PLAIN.replace("seq", "id"), id=one.id),
            await place.stream(FEED),
            await place.stream(FEED, owner="other"),
        ]
        assert place.shared == len(streams)
        for stream in streams:
            await stream.aclose()
        with pytest.raises(OperationRefused):
            await place.stream(PLAIN, owner="other", id=one.id)
        assert place.shared == 0

    run(scenario)


def test_who_resumes_gets_what_was_missed_and_then_shares_with_the_others(run: Any) -> None:
    async def scenario(place: Place) -> None:
        task = await place.write(writes.claim, await place.task())
        async with (
            aclosing(await place.stream(PLAIN, id=task.id)) as fresh,
            aclosing(await place.stream(PLAIN, id=task.id, after=0)) as resuming,
        ):
            assert '"SNAPSHOT"' in (await anext(fresh)).text
            assert [(await anext(resuming)).position for _ in range(2)] == ["1", "2"]
            assert place.shared == 1
            await place.write(writes.cancel, task)
            one, other = await both(fresh, resuming)
            assert one is other
            assert [part async for part in fresh] == [part async for part in resuming] == []

    run(scenario)


def test_percentages_in_quick_succession_are_told_as_one_and_milestones_singly(run: Any) -> None:
    async def scenario(place: Place) -> None:
        task = await place.write(writes.claim, await place.task())
        async with aclosing(await place.stream(PLAIN, id=task.id)) as stream:
            await anext(stream)
            for progress in range(11, 31):
                task = await place.write(writes.advance, task, ProgressUpdate(progress=progress))
            for stage in (Stage.PARSING_DRAFT, Stage.PREPARING):
                stages = (*task.stages, StageProgress(stage=stage, started_at_ms=0))
                task = await place.write(
                    writes.advance, task, ProgressUpdate(type=EventType.STAGE_CHANGED, stages=stages)
                )
            await place.write(writes.cancel, task)
            told = [part.text async for part in stream]
        kinds = [text.split('"type":"')[1].split('"')[0] for text in told]
        assert kinds[-3:] == ["STAGE_CHANGED", "STAGE_CHANGED", "STATUS_CHANGED"]
        assert kinds.count("PROGRESS") < 20

    run(scenario)


class Reads:
    """Takes everything at once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._news = asyncio.Event()

    def take(self, message: StreamItem) -> bool:
        self.texts.append(message.text)
        self._news.set()
        return True

    def end(self, error: Exception | None) -> None:
        assert error is None

    @property
    def percentages(self) -> list[int]:
        found = [json.loads(text)["data"]["videoTaskProgress"]["task"]["progress"] for text in self.texts]
        return [progress for progress in found if progress > 10]

    async def until(self, percentages: list[int]) -> None:
        while self.percentages != percentages:
            self._news.clear()
            await self._news.wait()


async def read(place: Place) -> tuple[Reads, Task]:
    """Somebody who reads a task that was just begun, and has read its snapshot."""
    task = await place.write(writes.claim, await place.task())
    stream = await place.stream(PLAIN, id=task.id)
    assert isinstance(stream, Subscription)
    reads = Reads()
    stream.queue.attach(reads)
    return reads, task


def test_who_reads_fast_is_told_percentages_at_a_pace_and_a_milestone_at_once(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PERCENTAGES_SECONDS", 1000)

    async def scenario(place: Place) -> None:
        reads, task = await read(place)
        for progress in range(11, 15):
            task = await place.write(writes.advance, task, ProgressUpdate(progress=progress))
        assert reads.percentages == [11]
        await place.write(writes.advance, task, ProgressUpdate(type=EventType.STAGE_CHANGED, progress=20))
        assert reads.percentages == [11, 20]

    run(scenario)


def test_a_percentage_that_had_to_wait_is_told_without_another_change(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PERCENTAGES_SECONDS", 1)

    async def scenario(place: Place) -> None:
        reads, task = await read(place)
        for progress in (11, 12):
            task = await place.write(writes.advance, task, ProgressUpdate(progress=progress))
        await reads.until([11, 12])

    run(scenario)


def test_without_the_accelerator_everybody_is_served_alone_and_the_same(run: Any) -> None:
    async def scenario(place: Place) -> None:
        task = await place.task()
        async with (
            aclosing(await place.stream(PLAIN, id=task.id)) as one,
            aclosing(await place.stream(PLAIN, id=task.id)) as other,
        ):
            assert place.shared == 2
            await both(one, other)
            await place.write(writes.claim, task)
            first, second = await both(one, other)
            assert (first.text, first.position) == (second.text, second.position)

    run(scenario, accelerated=False)


def test_a_feed_resumes_from_the_store_and_goes_on_live(run: Any) -> None:
    async def scenario(place: Place) -> None:
        task = await place.task()
        async with aclosing(await place.stream(FEED)) as stream:
            cursor = (await anext(stream)).position
        task = await place.write(writes.claim, task)
        resumed = FEED.replace("Feed {", f'Feed(after: "{cursor}") {{', 1)
        async with aclosing(await place.stream(resumed)) as stream:
            assert '"seq":2' in (await anext(stream)).text
            await place.write(writes.cancel, task)
            assert '"seq":3' in (await anext(stream)).text

    run(scenario)
