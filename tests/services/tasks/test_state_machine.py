"""The task manager, its workers and the maintenance do what a model says, in any order of events.

All are the real ones on real databases; only renders are left out, and clocks are turned by hand. DRAFTCAST_FUZZ
multiplies how many orders are tried; `make fuzz-tasks` sets it to 100.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from itertools import product
from math import ceil
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services import clock
from services.errors import ErrorCode, IdempotencyConflict, InvalidState, failed
from services.exporter_protocol.lines import StageLine
from services.files.store import FileStore
from services.store import reads, workers, writes
from services.store.records import EventType, Stage, Status, Task, TaskChange, TaskEvent, TaskRequest, Unit
from services.store.rows import event_of, task_of
from services.store.tables import events, tasks
from services.telemetry.traces import NO_TRACES
from services.worker.context import WorkerContext
from services.worker.maintenance import DAY_MS, Maintenance
from services.worker.progress import AttemptProgress
from services.worker.progress_writer import Attempt
from services.worker.queue.queue import FencedOff, Job
from services.worker.registry import WorkerRegistry
from services.worker.worker import Worker
from tests.services.tasks.conftest import Tasks, open_tasks
from tests.services.tasks.test_manager import VIDEO
from tests.support.hand_queue import HandQueue
from tests.support.programs import Postgres
from tests.support.subscriptions import PROGRESS, subscribed
from tests.support.task_model import Model, ModelTask, broken_by

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
EXAMPLES = {"sqlite": 8, "postgres": 2}
STEPS = 40
DEAD_AFTER = 100_000.0
"""So long that no process beats by itself meanwhile, however slow the machine is."""
LONGEST_PAUSE = DEAD_AFTER * 0.4
"""Between two beats of who lives."""
KEEP_DAYS = 60
DELIVERED = ("seq", "type", "status", "stage", "progress", "attempt")
"""The fields of an event that a subscriber gets."""
OWNERS = ("ann", "bob")
URLS = ("http://a.example/1", "http://a.example/2")
POISON = "http://a.example/poison"
"""A draft that kills every worker that begins it."""
PLACES = ("left", "right")
"""Where workers are."""
STAGES = (Stage.PARSING_DRAFT, Stage.PROCESSING_MATERIALS, Stage.EXPORTING, Stage.WRITING_FILE)
BROKEN = failed(ErrorCode.DRAFT_EMPTY, "empty", "空").failure
Found = TypeVar("Found")

keys = st.sampled_from([None, None, "k1", "k2"])
any_number = st.integers(0, 99)


@dataclass
class Clock:
    """Both clocks, in the test's hand. The one on the wall may be set."""

    CLOCK_BOOTTIME: ClassVar[int] = time.CLOCK_BOOTTIME
    wall_ms: int = 1_800_000_000_000
    steady: float = 0.0

    def time_ns(self) -> int:
        """As `time.time_ns`."""
        return self.wall_ms * 1_000_000

    def clock_gettime(self, _clock: int) -> float:
        """As `time.clock_gettime` of a clock that nobody sets."""
        return self.steady

    def __call__(self) -> float:
        return self.steady

    def go_on(self, seconds: float) -> None:
        """Time passes, for both."""
        self.wall_ms += int(1000 * seconds)
        self.steady += seconds


def recent(found: Iterable[Found], number: int) -> Found:
    """One of the last few: with them more can happen."""
    last = list(found)[-4:]
    return last[number % len(last)]


class Puppet(Worker):
    """A worker without renders, moved by hand."""

    @property
    def id(self) -> str:
        """Its name in the rows of what it runs."""
        return self._context.registry.me.id

    @property
    def running(self) -> set[Attempt]:
        """The attempts that it is at."""
        return self._writer.running

    async def heartbeat(self) -> None:
        """It lives."""
        await self._context.registry.heartbeat()

    async def begin(self, job: Job) -> Attempt | None:
        """The job's attempt, begun. Raises `FencedOff`."""
        task = await self._claim(job)
        if task is None:
            return None
        attempt = Attempt(task, self._context.settings.work_dir / task.id / str(task.attempt), AttemptProgress(task))
        self.running.add(attempt)
        return attempt

    async def store(self, attempt: Attempt) -> None:
        """The progress of the attempt so far is stored."""
        await self._writer.flush([attempt])

    async def finish(self, attempt: Attempt, good: bool) -> bool:
        """The attempt ends so; whether that counted. Raises `FencedOff`."""

        async def change(connection: AsyncConnection) -> TaskChange | None:
            if good:
                return await writes.complete(connection, attempt.task, attempt.progress.stages, VIDEO)
            return await writes.fail(connection, attempt.task, BROKEN, attempt.progress.stage)

        self.running.discard(attempt)
        attempt.ended = None  # the test may end it again
        await self._end(attempt, change)
        return attempt.ended is not None

    async def leave(self) -> None:
        """It is asked to stop: what it runs is handed back."""
        for attempt in self.running:
            with suppress(FencedOff):
                await self._hand_back(attempt)
        self.running.clear()
        async with self._context.database.write(serialized=False) as connection:
            await workers.unregister(connection, [self.id])


class Site:
    """A manager, the maintenance, and a worker in each data folder, without renders; all on one event loop."""

    def __init__(self, folder: Path, database_url: str, clock: Clock) -> None:
        self._folder = folder
        self._database_url = database_url
        self._clock = clock
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.queue = HandQueue()
        self.workers: dict[str, Puppet] = {}
        self.do(self._open())

    def do(self, what: Coroutine[Any, Any, Found]) -> Found:
        """Run it to its end, within a bound."""

        async def bounded() -> Found:
            async with asyncio.timeout(60):
                return await what

        return self._runner.run(bounded())

    def close(self) -> None:
        """Everything ends."""
        self.do(self._stack.aclose())
        self._runner.close()

    async def _open(self) -> None:
        self.tasks: Tasks = await self._stack.enter_async_context(
            open_tasks(self._folder, database_url=self._database_url, queue=self.queue)
        )
        self.files = FileStore(self.tasks.settings.files, "http://here")
        self.watching = await self._registry("", 0)
        self.maintenance = Maintenance(
            self.tasks.database, self.queue, self.tasks.task_cache, self.files, self.watching, keep_days=KEEP_DAYS
        )
        for place in PLACES:
            await self.begin(place)

    async def _registry(self, place: str, slots: int) -> WorkerRegistry:
        registry = WorkerRegistry(self.tasks.database, place, slots, DEAD_AFTER, self._clock)
        await self._stack.enter_async_context(registry.serve())
        return registry

    async def begin(self, place: str) -> None:
        """A worker starts there."""
        registry = await self._registry(place, 1)
        self.workers[place] = Puppet(
            WorkerContext(
                self.tasks.database,
                self.queue,
                self.tasks.task_cache,
                self.files,
                registry,
                lambda _: None,
                self.tasks.settings,
                NO_TRACES,
            )
        )

    async def pass_time(self, seconds: float) -> None:
        """Time passes while all live processes send heartbeats; in the end the maintenance runs."""
        live_workers: list[WorkerRegistry | Puppet] = [self.watching, *self.workers.values()]
        looks = ceil(seconds / LONGEST_PAUSE)
        for _ in range(looks):
            self._clock.go_on(seconds / looks)
            for each in live_workers:
                await each.heartbeat()
        await self.maintenance.run_once()

    async def all_workers(self) -> set[str]:
        """The ids of all processes that are held to be there."""
        async with self.tasks.database.read() as connection:
            return {record.id for record in await workers.all_workers(connection)}

    async def stored(self) -> tuple[dict[str, Task], dict[str, list[TaskEvent]]]:
        """All tasks, and their events."""
        async with self.tasks.database.read() as connection:
            rows = await connection.execute(sa.select(tasks))
            found = {row["id"]: task_of(row) for row in rows.mappings()}
            told: dict[str, list[TaskEvent]] = {task_id: [] for task_id in found}
            for row in (await connection.execute(sa.select(events).order_by(events.c.position))).mappings():
                told[row["task_id"]].append(event_of(row))
        return found, told


class Machine(RuleBasedStateMachine):
    """Callers, workers and clocks do what they like; after each step all that is stored is as the model has it."""

    def __init__(self, folder: Path, database_url: str, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.model = Model()
        self.site = Site(folder, database_url, clock)
        self.asleep: dict[str, Puppet] = {}
        self.attempts: list[tuple[Puppet, Attempt, Job]] = []
        """All that ever began, those of the dead among them: a process that was stopped may wake."""
        self.delayed: list[tuple[Puppet, Job]] = []
        """Jobs that were handed out and have not begun."""
        self.told: dict[str, list[TaskEvent]] = {}

    @property
    def now_ms(self) -> int:
        """What the clock on the wall shows."""
        return self.clock.wall_ms

    @initialize()
    def first_round(self) -> None:
        """The first run of a maintenance sweeps; later ones when the test says so."""
        self.site.do(self.site.maintenance.run_once())

    @initialize()
    def some_tasks_run_and_one_waits(self) -> None:
        """Where every example begins. The first run of a maintenance sweeps; later ones when the test says so."""
        self.site.do(self.site.maintenance.run_once())
        for owner, url in product(OWNERS, (POISON, *URLS)):
            self.submit(owner, url, None, 0, None, 1)
        for number in range(8):  # six of them are lost to the poison, each draft's next one ends it
            self.claim(number)

    # Callers

    @rule(
        owner=st.sampled_from(OWNERS),
        url=st.sampled_from([*URLS, POISON]),
        key=keys,
        priority=st.sampled_from([0, 0, 5]),
        expires=st.sampled_from([None, 60]),
        times=st.sampled_from([1, 1, 3]),
    )
    def submit(self, owner: str, url: str, key: str | None, priority: int, expires: int | None, times: int) -> None:
        """Once, or several times at once."""
        request = TaskRequest(draft_url=url, idempotency_key=key, priority=priority, expires_in_seconds=expires)
        manager = self.site.tasks.manager
        try:
            known = self.model.repeated(owner, request)
        except LookupError:
            with pytest.raises(IdempotencyConflict):
                self.site.do(manager.submit(owner, request))
            return

        async def together() -> list[tuple[str, bool]]:
            answers = await asyncio.gather(*(manager.submit(owner, request) for _ in range(times)))
            return [(answer.task.id, answer.created) for answer in answers]

        answers = self.site.do(together())
        assert len({task_id for task_id, _ in answers}) == 1
        assert sum(created for _, created in answers) == (known is None)
        assert known in (None, answers[0][0])
        self.model.submitted(owner, request, answers[0][0], self.now_ms)
        self.site.do(self._check_newest(owner, url))

    async def _check_newest(self, owner: str, url: str) -> None:
        newest = self.model.of_url(owner, url)[-1].id
        async with self.site.tasks.database.read() as connection:
            stored = await reads.newest_task(connection, owner, url)
        remembered = await self.site.tasks.manager.task_by_url(owner, url)
        assert stored is not None
        assert remembered is not None
        assert (stored.id, remembered.id) == (newest, newest)

    @precondition(lambda self: self.model.tasks)
    @rule(number=any_number, retry=st.booleans())
    def wish(self, number: int, retry: bool) -> None:
        """An owner wants a task to end, or to be tried again."""
        task = recent(self.model.tasks.values(), number)
        if retry:
            self._retry(task)
        else:
            self._cancel(task)

    def _cancel(self, task: ModelTask) -> None:
        """What has not ended ends; what was canceled stays so."""
        canceling = self.site.tasks.manager.cancel(task.owner, task.id)
        if task.active or task.status is Status.CANCELED:
            assert self.site.do(canceling).status is Status.CANCELED
            if task.active:
                task.end(Status.CANCELED, self.now_ms)
        else:
            with pytest.raises(InvalidState):
                self.site.do(canceling)

    def _retry(self, task: ModelTask) -> None:
        """What failed or was canceled waits again, unless another task of its draft is active."""
        retrying = self.site.tasks.manager.retry(task.owner, task.id)
        if self.model.may_retry(task):
            assert self.site.do(retrying).status is Status.PENDING
            self.model.retry(task)
        else:
            with pytest.raises(InvalidState):
                self.site.do(retrying)

    @precondition(lambda self: self.told)
    @rule(number=any_number, after=any_number)
    def follow(self, number: int, after: int) -> None:
        """Whoever comes back gets all that it has not seen, but for percentages that newer events replaced."""
        told = recent(self.told.values(), number)
        after %= len(told)
        task_id = told[0].task_id

        async def missed() -> list[tuple[Any, ...]]:
            seen: list[tuple[Any, ...]] = []
            owner, manager = self.model.tasks[task_id].owner, self.site.tasks.manager
            async with subscribed(manager, PROGRESS, owner, id=task_id, after=after) as source:
                async for event in source:
                    seen.append(tuple(event[name] for name in DELIVERED))
                    if event["seq"] == len(told):
                        break
            return seen

        seen = self.site.do(missed())
        expected = [
            (tuple(getattr(event, name) for name in DELIVERED), event.type is EventType.PROGRESS)
            for event in told[after:]
        ]
        assert seen == [event for event, percentage in expected if not percentage or event in seen]
        assert seen[-1] == expected[-1][0]

    # Workers

    @precondition(lambda self: self.site.workers)
    @rule(number=any_number)
    def claim(self, number: int) -> None:
        """A worker gets the next job and begins it. If that kills it, another takes its place at once."""
        place, worker = recent(self.site.workers.items(), number)
        job = self._handed_out(worker)
        if job is not None:
            self._begin(worker, job)
            if self.model.tasks[job.task].draft_url == POISON and self.model.tasks[job.task].worker == worker.id:
                del self.site.workers[place]
                self.wake_or_start(place)

    @precondition(lambda self: self.site.workers)
    @rule(number=any_number)
    def delay(self, number: int) -> None:
        """A worker gets the next job, and its machine is slow."""
        _, worker = recent(self.site.workers.items(), number)
        job = self._handed_out(worker)
        if job is not None:
            self.delayed.append((worker, job))

    @precondition(lambda self: self.delayed)
    @rule(number=any_number)
    def begin_late(self, number: int) -> None:
        """It begins its job, which others may have by now."""
        late = recent(self.delayed, number)
        self.delayed.remove(late)
        self._begin(*late)

    def _handed_out(self, worker: Puppet) -> Job | None:
        """The next job, unless its run is over: then there is nothing to do."""
        job = self.site.queue.hand_out(worker.id)
        if job is None or self._runs(job.task, job.run):
            wrong = self.model.hand_out(job.task if job else None)
            assert not wrong, wrong
            return job
        assert self.site.do(worker.begin(job)) is None
        self.site.queue.over(job)
        return None

    def _runs(self, task_id: str, run: int) -> bool:
        """Whether this run of the task waits or is under way."""
        task = self.model.tasks.get(task_id)
        return task is not None and task.active and task.run == run

    def _begin(self, worker: Puppet, job: Job) -> None:
        """The job begins, or ends a task that must not run, or another has it."""
        task = self.model.tasks.get(job.task)
        if task is None or not self._runs(job.task, job.run):
            assert self.site.do(worker.begin(job)) is None
        elif job.token <= task.fence:
            with pytest.raises(FencedOff):
                self.site.do(worker.begin(job))
            self._start_anew(worker)
        elif task.late(self.now_ms) or task.spent:
            assert self.site.do(worker.begin(job)) is None
            task.end(Status.FAILED, self.now_ms, ErrorCode.WORKER_LOST if task.lost else ErrorCode.EXPIRED)
        else:
            attempt = self.site.do(worker.begin(job))
            assert attempt is not None
            self.model.begin(job.task, worker.id, job.token)
            self.attempts.append((worker, attempt, job))
            return
        self.site.queue.over(job)

    def _start_anew(self, worker: Puppet) -> None:
        """A worker that was fenced off is another one now."""
        for place, there in list(self.site.workers.items()):
            if there is worker:
                del self.site.workers[place]
                self.wake_or_start(place)

    def _own(self, worker: Puppet, attempt: Attempt) -> ModelTask | None:
        """The attempt's task, if it is still its own."""
        task = self.model.tasks.get(attempt.task.id)
        if task is None or task.status is not Status.PROCESSING:
            return None
        return task if (task.attempt, task.worker) == (attempt.task.attempt, worker.id) else None

    @precondition(lambda self: self.attempts)
    @rule(number=any_number, stage=st.sampled_from(STAGES), done=st.integers(0, 120))
    def progress(self, number: int, stage: Stage, done: int) -> None:
        """A line of the renderer is stored, whatever it says; nothing is when the task is not the attempt's."""
        worker, attempt, _ = recent(self.attempts, number)
        own = self._own(worker, attempt)
        attempt.progress.on_stage(StageLine(stage, done, 100, Unit.FRAMES), self.now_ms)
        before = self.site.do(self.site.stored())
        self.site.do(worker.store(attempt))
        assert own or self.site.do(self.site.stored()) == before

    @precondition(lambda self: self.attempts)
    @rule(number=any_number, good=st.booleans())
    def end(self, number: int, good: bool) -> None:
        """The attempt comes to its end, which counts when the task is still its own. When the run goes on without it,
        its worker is fenced off.
        """
        worker, attempt, job = recent(self.attempts, number)
        own = self._own(worker, attempt)
        if own is None and self._runs(job.task, job.run):
            with pytest.raises(FencedOff):
                self.site.do(worker.finish(attempt, good))
            return self._start_anew(worker)
        assert self.site.do(worker.finish(attempt, good)) == (own is not None)
        if own is not None:
            own.end(Status.COMPLETED if good else Status.FAILED, self.now_ms, None if good else BROKEN.code)
        return self.site.queue.over(job)

    @precondition(lambda self: self.site.workers)
    @rule(number=any_number, how=st.sampled_from(["killed", "stopped", "asleep"]), again=st.booleans())
    def leave(self, number: int, how: str, again: bool) -> None:
        """A worker is gone without a word (its attempts may yet try to write, as if it had only slept), stands still,
        or is asked to stop: then it hands its tasks back, which is no loss. It may be there again at once.
        """
        place, worker = recent(self.site.workers.items(), number)
        del self.site.workers[place]
        if how == "asleep":
            self.asleep[place] = worker
        elif how == "stopped":
            mine = [self._own(worker, attempt) for attempt in worker.running]
            self.site.do(worker.leave())
            for own in mine:
                if own:
                    own.worker = None
            self.model.take_back(self.site.queue.take_back([worker.id]))
        if again:
            self.wake_or_start(place)

    @rule(place=st.sampled_from(PLACES))
    def wake_or_start(self, place: str) -> None:
        """The worker that slept there goes on, as far as it may; if there is none, a new one starts."""
        if place in self.asleep:
            worker = self.site.workers[place] = self.asleep.pop(place)
            self.site.do(worker.heartbeat())
        elif place not in self.site.workers:
            self.site.do(self.site.begin(place))
            self._lose_absent()

    def _lose_absent(self) -> set[str]:
        """Jobs of processes that are not there any more come again. The ids of those who are."""
        there = self.site.do(self.site.all_workers())
        self.model.take_back(self.site.queue.take_back(self.site.queue.holders - there))
        return there

    # Clocks

    @rule(seconds=st.sampled_from([1.5 * DEAD_AFTER, 1.5 * DEAD_AFTER, 0.3 * DEAD_AFTER]))
    def pass_time(self, seconds: float) -> None:
        """Who has been silent for too long is dead; those who beat are not. Who waits too long is told so."""
        self.site.do(self.site.pass_time(seconds))
        live_workers = {self.site.watching.me.id, *(worker.id for worker in self.site.workers.values())}
        there = self._lose_absent()
        assert live_workers <= there
        assert seconds < DEAD_AFTER or live_workers == there
        self.model.expire(self.now_ms)

    @rule(seconds=st.sampled_from([-7200, -1, 1, 7200]), days=st.sampled_from([0, 0, 0, KEEP_DAYS + 1]))
    def set_clock(self, seconds: int, days: int) -> None:
        """Somebody sets the clock on the wall: that ends no lease and changes no order. What has ended some days ago by
        that clock is removed with the next sweep, and nothing else.
        """
        self.clock.wall_ms += 1000 * seconds + days * DAY_MS
        self.site.do(self.site.maintenance.sweep())
        self.model.forget(self.now_ms - KEEP_DAYS * DAY_MS)
        self.told = {task_id: told for task_id, told in self.told.items() if task_id in self.model.tasks}

    # What holds at all times

    @invariant()
    def stored_as_promised(self) -> None:
        """All that is stored is as the model has it, and what was told once stays so."""
        stored, told = self.site.do(self.site.stored())
        assert stored.keys() == self.model.tasks.keys()
        wrong = [task.differs(stored[task.id]) for task in self.model.tasks.values()]
        assert not any(wrong), wrong
        active = [(task.owner, task.draft_url) for task in stored.values() if not task.status.final]
        assert len(active) == len(set(active))
        broken = [each for task_id, task in stored.items() for each in broken_by(task, told[task_id])]
        assert not broken, broken
        assert all(told[task_id][: len(before)] == before for task_id, before in self.told.items())
        self.told = told

    def teardown(self) -> None:
        """Everything ends."""
        self.site.close()


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Callable[[str], str]:
    """Gives the address of an empty database of a kind."""

    def new(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{shutil.copy(migrated, tmp_path)}"
        server: Postgres = request.getfixturevalue("postgres")
        return server.emptied_database()

    return new


@pytest.mark.parametrize("kind", EXAMPLES)
def test_tasks_do_what_the_model_says_in_any_order_of_events(
    kind: str, new_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Here(Machine):
        def __init__(self) -> None:
            hands = Clock()
            monkeypatch.setattr(clock, "time", hands)
            super().__init__(tmp_path, new_database(kind), hands)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES[kind] * LONGER,
            stateful_step_count=STEPS,
            derandomize=LONGER == 1,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
            phases=(Phase.generate,) if LONGER == 1 else tuple(Phase),
            database=None,
        ),
    )
