"""Parts of a video: whose they are, whatever happens to the workers."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.files.store import FileStore
from services.store import parts, workers, writes
from services.store.parts import Part, PartStatus
from services.store.records import MAX_LOSSES, Task
from services.worker.maintenance import Maintenance
from services.worker.registry import WorkerRegistry
from services.worker.shared_render.parts import PartStore, is_overdue, next_for_assistant, next_for_coordinator
from tests.services.tasks.conftest import Scenario, Tasks

SPANS = ((0, 100), (100, 200), (200, 250))
OPEN, RESERVED, RUNNING, DONE = PartStatus.OPEN, PartStatus.RESERVED, PartStatus.RUNNING, PartStatus.DONE
Run = Callable[[Scenario], None]


def part(number: int, status: PartStatus = OPEN, losses: int = 0) -> Part:
    return Part(
        task_id="t", number=number, attempt=1, digest="d", first_frame=0, frames=100, status=status, worker=None,
        fencing_token=0, losses=losses, frames_done=0, key=None, size_bytes=None, sha256=None,
    )  # fmt: skip


def test_leader_and_helpers_come_from_both_ends() -> None:
    rows = [part(0, DONE), part(1), part(2), part(3, RUNNING)]
    assert next_for_coordinator(rows) == rows[1]
    assert next_for_assistant(rows) == rows[2]


def test_the_leader_takes_what_is_only_promised_when_nothing_else_is_left() -> None:
    rows = [part(0, RESERVED), part(1), part(2, RUNNING)]
    assert next_for_coordinator(rows) == rows[1]
    assert next_for_coordinator([rows[0], rows[2]]) == rows[0]
    assert next_for_coordinator([rows[2], part(3, DONE)]) is None
    assert next_for_assistant([rows[0], rows[2]]) is None


def test_a_part_that_was_lost_again_and_again_is_left_to_the_leader() -> None:
    rows = [part(0, losses=1), part(1, losses=MAX_LOSSES)]
    assert next_for_assistant(rows) == rows[0]
    assert next_for_coordinator(rows[1:]) == rows[1]


@pytest.mark.parametrize(
    ("seconds", "slowest", "late"), [(59, 0, False), (61, 0, True), (61, 30, False), (91, 30, True)]
)
def test_a_helper_has_a_minute_or_three_times_what_the_leader_needs(seconds: float, slowest: float, late: bool) -> None:
    assert is_overdue(seconds, slowest) is late


@asynccontextmanager
async def store_of(tasks: Tasks, folder: Path, name: str) -> AsyncGenerator[PartStore]:
    """The parts as a worker of that name sees them."""
    registry = WorkerRegistry(tasks.database, name, 1, 20)
    async with registry.serve():
        yield PartStore(tasks.database, FileStore((folder / "files").as_uri(), ""), registry)


async def announced(coordinator: PartStore, task: Task, digest: str = "d") -> list[Part]:
    async with coordinator.database.write() as connection:
        found = await parts.announce(connection, task, digest, SPANS)
    assert found is not None
    return found


async def led(tasks: Tasks, coordinator: PartStore) -> Task:
    """A task that the worker runs."""
    return await tasks.write(writes.claim, await tasks.submit(), coordinator.worker)


@pytest.fixture
def with_two(run: Run, tmp_path: Path) -> Callable[[Callable[[Tasks, PartStore, PartStore], Awaitable[None]]], None]:
    """Runs a scenario with the parts as two workers see them."""

    def run_two(scenario: Callable[[Tasks, PartStore, PartStore], Awaitable[None]]) -> None:
        async def whole(tasks: Tasks) -> None:
            async with store_of(tasks, tmp_path, "a") as one, store_of(tasks, tmp_path, "b") as other:
                await scenario(tasks, one, other)

        run(whole)

    return run_two


Two = Callable[[Callable[[Tasks, PartStore, PartStore], Awaitable[None]]], None]


async def open_for(store: PartStore) -> list[int]:
    async with store.database.read() as connection:
        return [found.number for found in await parts.open_parts_of_others(connection, store.worker)]


def test_open_parts_are_offered_to_others_while_the_task_runs(with_two: Two) -> None:
    async def scenario(tasks: Tasks, coordinator: PartStore, assistant: PartStore) -> None:
        task = await led(tasks, coordinator)
        rows = await announced(coordinator, task)
        assert await open_for(coordinator) == []
        assert await open_for(assistant) == [0, 1, 2]
        assert await coordinator.claim(rows[0], RUNNING)
        assert await open_for(assistant) == [1, 2]
        async with assistant.database.read() as connection:
            assert await parts.open_parts_of_others(connection, assistant.worker, [task.id]) == []
        await tasks.write(writes.cancel, task)
        assert await open_for(assistant) == []

    with_two(scenario)


def test_a_part_is_one_workers_at_a_time(with_two: Two, tmp_path: Path) -> None:
    async def scenario(tasks: Tasks, coordinator: PartStore, assistant: PartStore) -> None:
        rows = await announced(coordinator, await led(tasks, coordinator))
        reserved = await assistant.claim(rows[2], RESERVED)
        assert reserved is not None
        assert await coordinator.claim(rows[2], RUNNING) is None
        taken = await coordinator.claim(reserved, RUNNING)
        assert taken is not None
        assert await assistant.begin(reserved) is None
        (tmp_path / "late").write_bytes(b"late")
        assert not await assistant.upload(reserved, tmp_path / "late")
        assert assistant.files.local_path(f"parts/{taken.task_id}/1-2-1.mp4") is None
        await assistant.release(reserved, lost=True)
        assert (await coordinator.of_task(taken.task_id))[2] == taken

    with_two(scenario)


def test_a_new_attempt_takes_over_what_is_stored_and_would_fit(with_two: Two, tmp_path: Path) -> None:
    async def scenario(tasks: Tasks, coordinator: PartStore, assistant: PartStore) -> None:
        task = await led(tasks, coordinator)
        rows = await announced(coordinator, task)
        (tmp_path / "made").write_bytes(b"made")
        for number, store, stored in ((0, coordinator, False), (1, assistant, True), (2, assistant, None)):
            claimed = await store.claim(rows[number], RUNNING)
            assert claimed is not None
            if stored:
                assert await store.upload(claimed, tmp_path / "made")
            elif stored is False:
                assert await store.made(claimed)
        running = (await assistant.of_task(task.id))[2]
        second = await tasks.write(writes.claim, await tasks.now(task), assistant.worker)
        assert [each.status for each in await announced(assistant, second)] == [OPEN, DONE, OPEN]
        assert not await assistant.advance(running, 5)
        fetched = (await assistant.of_task(task.id))[1]
        await assistant.fetch(fetched, tmp_path / "fetched")
        assert (tmp_path / "fetched").read_bytes() == b"made"
        async with tasks.database.write() as connection:
            assert await parts.announce(connection, task, "d", SPANS) is None
        assert [each.status for each in await announced(assistant, second, "other")] == [OPEN] * 3

    with_two(scenario)


def test_a_file_that_is_not_what_was_stored_is_refused(with_two: Two, tmp_path: Path) -> None:
    async def scenario(tasks: Tasks, coordinator: PartStore, assistant: PartStore) -> None:
        task = await led(tasks, coordinator)
        claimed = await assistant.claim((await announced(coordinator, task))[0], RUNNING)
        assert claimed is not None
        (tmp_path / "made").write_bytes(b"made")
        assert await assistant.upload(claimed, tmp_path / "made")
        made = (await coordinator.of_task(task.id))[0]
        path = coordinator.files.local_path(made.key or "")
        assert path is not None
        path.write_bytes(b"fake")
        with pytest.raises(OSError, match="not the file that was stored"):
            await coordinator.fetch(made, tmp_path / "fetched")

    with_two(scenario)


def test_the_keeper_frees_parts_of_the_dead_and_sweeps_those_of_ended_tasks(with_two: Two, tmp_path: Path) -> None:
    async def scenario(tasks: Tasks, coordinator: PartStore, assistant: PartStore) -> None:
        task = await led(tasks, coordinator)
        rows = await announced(coordinator, task)
        gone = await assistant.claim(rows[0], RUNNING)
        stored = await assistant.claim(rows[1], RUNNING)
        assert gone is not None
        assert stored is not None
        (tmp_path / "made").write_bytes(b"made")
        await assistant.upload(stored, tmp_path / "made")
        async with tasks.database.write(serialized=False) as connection:
            await workers.unregister(connection, [assistant.worker])
        maintenance = Maintenance(
            tasks.database,
            tasks.queue,
            tasks.task_cache,
            coordinator.files,
            WorkerRegistry(tasks.database, "c", 0, 20),
            keep_days=0,
        )
        await maintenance.run_once()
        found = await coordinator.of_task(task.id)
        assert [(each.status, each.losses) for each in found] == [(OPEN, 1), (DONE, 0), (OPEN, 0)]
        assert not await assistant.advance(gone, 5)
        await tasks.write(writes.cancel, await tasks.now(task))
        await maintenance.sweep()
        assert await coordinator.of_task(task.id) == []
        assert coordinator.files.local_path(f"parts/{task.id}/1-1-1.mp4") is None

    with_two(scenario)


def test_a_part_is_not_written_through_a_link(run: Run, tmp_path: Path) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with store_of(tasks, tmp_path, "leader") as coordinator, store_of(tasks, tmp_path, "helper") as assistant:
            part = (await announced(coordinator, await led(tasks, coordinator)))[2]
            claimed = await assistant.claim(part, RUNNING)
            assert claimed is not None
            (tmp_path / "made").write_bytes(b"frames")
            assert await assistant.upload(claimed, tmp_path / "made")
            (tmp_path / "secret").write_bytes(b"all tasks")
            (tmp_path / "part.mp4").symlink_to(tmp_path / "secret")
            made = (await coordinator.of_task(part.task_id))[2]
            await coordinator.fetch(made, tmp_path / "part.mp4")
            assert (tmp_path / "secret").read_bytes() == b"all tasks"
            assert (tmp_path / "part.mp4").read_bytes() == b"frames"

    run(scenario)


def test_a_part_that_is_a_link_to_elsewhere_is_not_stored(run: Run, tmp_path: Path) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with store_of(tasks, tmp_path, "leader") as coordinator, store_of(tasks, tmp_path, "helper") as assistant:
            part = (await announced(coordinator, await led(tasks, coordinator)))[2]
            claimed = await assistant.claim(part, RUNNING)
            assert claimed is not None
            attempt = tmp_path / "attempt"
            attempt.mkdir()
            (tmp_path / "secret").write_bytes(b"all tasks")
            (attempt / "made").symlink_to(tmp_path / "secret")
            for path in (attempt / "made", tmp_path / "secret", attempt / ".." / "secret"):
                with pytest.raises(OSError, match=r"not a name|symbolic"):
                    await assistant.upload(claimed, path, attempt)
            assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]

    run(scenario)
