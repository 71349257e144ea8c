"""Parts of a video: whose they are, and which jobs there are, whatever happens to the workers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.errors import ErrorCode
from services.exporter_protocol.lines import PartsLine
from services.files.store import FileStore
from services.migrate import migrate
from services.store import parts
from services.store.parts import Part, PartStatus, StoredFile
from services.store.records import MAX_LOSSES, Status, Task, TaskRequest
from services.store.tables import parts as table
from services.telemetry.traces import NO_TRACES
from services.worker.artifact_cleanup import ArtifactCleanup
from services.worker.context import WorkerContext
from services.worker.kept_store import KeptStore
from services.worker.maintenance import Maintenance
from services.worker.queue.queue import FencedOff, Job, JobKind, task_job
from services.worker.registry import WorkerRegistry
from services.worker.shared_render.part_jobs import PartJobs
from services.worker.shared_render.parts import fetch, key_of, upload
from services.worker.shared_render.shared import SharedTasks
from tests.services.tasks.conftest import OWNER, Tasks, open_tasks
from tests.services.tasks.test_state_machine import Puppet
from tests.support.drafts import DraftBuilder
from tests.support.hand_queue import HandQueue
from tests.support.servers import DraftServer

SPANS = ((0, 100), (100, 200), (200, 250))
OPEN, RUNNING, DONE, ENDED = PartStatus.OPEN, PartStatus.RUNNING, PartStatus.DONE, PartStatus.ENDED
FILE = StoredFile("parts/any", 4, "sha")
REQUEST = TaskRequest(draft_url="http://a.example/third")


@dataclass(frozen=True)
class Site:
    """A worker of shared renders, and one of tasks, on a queue that the test hands out."""

    tasks: Tasks
    queue: HandQueue
    worker: Puppet
    shared: SharedTasks
    part_jobs: PartJobs
    files: FileStore

    async def split(self, digest: str = "d") -> Task:
        """A task that was begun and left to the jobs of its parts."""
        await self.tasks.submit()
        task = await self.begun()
        assert task is not None
        assert await self.shared.split(task, PartsLine(digest, SPANS))
        return task

    async def begun(self) -> Task | None:
        """The task of the next job, which this worker begins; its handle has returned."""
        job = self.queue.hand_out("here")
        assert job is not None
        attempt = await self.worker.begin(job)
        self.queue.over(job)
        return None if attempt is None else attempt.task

    async def rows(self, task: Task) -> list[Part]:
        async with self.tasks.database.read() as connection:
            return await parts.of_task(connection, task.id)

    async def begin(self, part: Part, worker: str, token: int) -> Part | None:
        async with self.tasks.database.write() as connection:
            return await parts.begin(connection, part, worker, token)

    async def alter(self, task: Task, **values: object) -> None:
        """Change the rows of all parts."""
        async with self.tasks.database.write() as connection:
            await connection.execute(sa.update(table).where(table.c.task_id == task.id).values(values))

    def jobs(self) -> list[tuple[JobKind, int | None, int]]:
        """Kind, part and turn of the jobs that wait, in their order."""
        found: list[Job] = []
        while job := self.queue.hand_out("test"):
            found.append(job)
        self.queue.take_back({"test"})
        return [(job.kind, job.part, job.turn) for job in found]


@asynccontextmanager
async def site_of(tasks: Tasks) -> AsyncGenerator[Site]:
    assert isinstance(tasks.queue, HandQueue)
    files = FileStore(tasks.settings.files, "http://here")
    registry = WorkerRegistry(tasks.database, "here", 1, 100)
    artifacts = ArtifactCleanup(tasks.database, files, tasks.settings.work_dir)
    common = tasks.database, tasks.queue, tasks.task_cache, files
    async with registry.serve():
        context = WorkerContext(*common, registry, lambda _: None, tasks.settings, NO_TRACES)
        shared = SharedTasks(context, artifacts, KeptStore(tasks.database, files, tasks.settings))
        worker = Puppet(context)
        async with shared.renderers.serve():
            yield Site(tasks, tasks.queue, worker, shared, PartJobs(context, shared), files)


@pytest.fixture
def shared_run(run: Callable[..., None]) -> "SharedRun":
    """Runs a scenario with a site on each kind of database."""

    def run_scenario(scenario: Callable[[Site], Awaitable[None]]) -> None:
        async def whole(tasks: Tasks) -> None:
            async with site_of(tasks) as site:
                await scenario(site)

        run(whole, queue=HandQueue())

    return run_scenario


SharedRun = Callable[[Callable[[Site], Awaitable[None]]], None]


def test_a_video_in_parts_has_a_job_for_each_and_then_one_that_joins_them(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        now = await site.tasks.now(task)
        assert (now.status, now.attempt, now.worker) == (Status.PROCESSING, 1, None)
        assert site.jobs() == [(JobKind.PART, number, number) for number in range(3)]
        for part in await site.rows(task):
            job = site.queue.hand_out("here")
            assert job is not None
            begun = await site.begin(part, "me", job.token)
            assert begun is not None
            assert await site.part_jobs.made(task, begun, FILE)
            site.queue.over(job)
        assert site.jobs() == [(JobKind.JOIN, None, 0)]
        joining = await site.begun()
        assert joining is not None
        assert (joining.attempt, joining.worker) == (1, site.worker.id)
        assert joining.fence > task.fence

    shared_run(scenario)


def test_the_job_of_a_task_that_was_split_has_nothing_left_to_do(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        assert await site.worker.begin(Job(task=task.id, run=1, token=task.fence + 1)) is None

    shared_run(scenario)


def test_parts_without_jobs_are_begun_anew(shared_run: SharedRun) -> None:
    """As those of the release before, whose workers assigned them."""

    async def scenario(site: Site) -> None:
        task = await site.split()
        while job := site.queue.hand_out("here"):
            site.queue.over(job)
        await site.alter(task, status=PartStatus.RESERVED)
        async with site.tasks.database.write() as connection:
            await site.queue.enqueue(connection, [task_job(task)])
        again = await site.begun()
        assert again is not None
        assert again.attempt == 2
        assert await site.shared.split(again, PartsLine("d", SPANS))
        assert site.jobs() == [(JobKind.PART, number, number) for number in range(3)]

    shared_run(scenario)


def test_who_joins_and_is_lost_costs_an_attempt_and_no_part(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        await site.alter(task, status=DONE, key="parts/any", fence=7)
        assert await site.worker.begin(Job(task=task.id, run=1, kind=JobKind.JOIN, token=10**6)) is not None
        again = await site.worker.begin(Job(task=task.id, run=1, kind=JobKind.JOIN, token=10**6 + 1))
        assert again is not None
        assert again.task.attempt == 2
        while job := site.queue.hand_out("here"):
            site.queue.over(job)
        assert await site.shared.split(again.task, PartsLine("d", SPANS))
        assert site.jobs() == [(JobKind.JOIN, None, 0)]

    shared_run(scenario)


def test_a_part_is_one_workers_at_a_time(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        part = (await site.rows(task))[1]
        one = await site.begin(part, "one", 5)
        assert one is not None
        assert await site.begin(one, "other", 5) is None
        other = await site.begin(one, "other", 6)
        assert other is not None
        assert (one.losses, other.losses) == (0, 1)
        async with site.tasks.database.write() as connection:
            assert await parts.advance(connection, one, 5) is None
            assert await parts.finish(connection, one, FILE) is None
            assert await parts.release(connection, one) is None
            assert await parts.release(connection, other) is not None
        third = await site.begin((await site.rows(task))[1], "third", 7)
        assert third is not None
        assert third.losses == 1  # it was handed back
        with pytest.raises(FencedOff):
            await site.part_jobs.render(Job(task=task.id, run=1, kind=JobKind.PART, part=1, token=6))

    shared_run(scenario)


def test_a_part_that_loses_its_workers_again_and_again_fails_the_task(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        await site.alter(task, status=RUNNING, worker="lost", fence=5, losses=MAX_LOSSES)
        await site.part_jobs.render(Job(task=task.id, run=1, kind=JobKind.PART, part=1, token=6))
        now = await site.tasks.now(task)
        assert now.failure is not None
        assert (now.status, now.failure.code) == (Status.FAILED, ErrorCode.WORKER_LOST)
        assert site.jobs() == []

    shared_run(scenario)


def test_a_new_attempt_keeps_what_is_stored_and_fits(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        await site.alter(task, status=DONE, key="parts/any")
        async with site.tasks.database.write() as connection:
            await connection.execute(sa.update(table).where(table.c.number == 1).values(status=OPEN, key=None))
            second = replace(task, attempt=2)
            assert [part.number for part in await parts.share(connection, second, "d", SPANS)] == [1]
            moved = (*SPANS[:2], (200, 260))
            assert [part.number for part in await parts.share(connection, second, "d", moved)] == [1, 2]
            assert len(await parts.share(connection, second, "other", SPANS)) == 3

    shared_run(scenario)


def test_each_part_is_a_turn_of_its_owner(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        async with site.tasks.database.write() as connection:
            await connection.execute(sa.update(table).where(table.c.number == 0).values(status=DONE))
        assert (await site.tasks.submit("http://a.example/own")).turn == 3
        other = await site.tasks.manager.submit("other", replace(REQUEST, draft_url="http://a.example/other"))
        assert other.task.turn == 1  # the round that is being served: part 1 is next
        await site.tasks.manager.cancel(OWNER, task.id)
        assert (await site.tasks.manager.submit("third", REQUEST)).task.turn == 1

    shared_run(scenario)


def test_where_parts_would_be_drawn_differently_one_worker_renders_alone(tmp_path: Path) -> None:
    async def scenario(tasks: Tasks) -> None:
        settings = tasks.settings.model_copy(update={"allow_hosts": (drafts.host,)})
        async with site_of(replace(tasks, settings=settings)) as site:
            await tasks.submit(url)
            task = await site.begun()
            assert task is not None
            assert await site.shared.split(task, PartsLine("drawn elsewhere", SPANS))
            await site.part_jobs.render(Job(task=task.id, run=1, kind=JobKind.PART, part=1, token=10**6))
            assert {part.status for part in await site.rows(task)} == {ENDED}
            assert site.jobs() == [(JobKind.TASK, None, 0)]
            alone = await site.begun()
            assert alone is not None
            assert (alone.attempt, alone.max_attempts) == (2, 4)  # no loss

    async def whole() -> None:
        async with open_tasks(tmp_path, queue=HandQueue()) as tasks:
            await scenario(tasks)

    with DraftServer() as drafts:
        draft = DraftBuilder(16, 16).text("字", 0, 1_000_000)
        url = drafts.add_draft("differs", draft.json(), {})
        migrate(f"sqlite:///{tmp_path / 'draftcast.sqlite'}")
        asyncio.run(whole())


def test_what_is_left_of_parts_is_swept(shared_run: SharedRun) -> None:
    async def scenario(site: Site) -> None:
        task = await site.split()
        tasks, part = site.tasks, (await site.rows(task))[0]
        await site.files.put(key_of(part), b"made")
        registry = WorkerRegistry(tasks.database, "c", 0, 20)
        maintenance = Maintenance(tasks.database, tasks.queue, tasks.task_cache, site.files, registry, keep_days=0)
        await maintenance.sweep()
        assert len(await site.rows(task)) == 3
        await tasks.manager.cancel(OWNER, task.id)
        await maintenance.sweep()
        assert await site.rows(task) == []
        assert site.files.local_path(key_of(part)) is None

    shared_run(scenario)


@pytest.fixture
def part() -> Part:
    return Part(
        task_id="t", number=2, attempt=1, digest="d", first_frame=0, frames=100, status=RUNNING, worker="me",
        fence=3, losses=0, frames_done=0, key=None, size_bytes=None, sha256=None,
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore((tmp_path / "files").as_uri(), "")


async def stored(files: FileStore, part: Part, folder: Path) -> Part:
    """The part, uploaded."""
    (folder / "made").write_bytes(b"frames")
    found = await upload(files, part, Path("made"), folder)
    return replace(part, key=found.key, size_bytes=found.size_bytes, sha256=found.sha256)


def test_a_file_that_is_not_what_was_stored_is_refused(tmp_path: Path, files: FileStore, part: Part) -> None:
    async def scenario() -> None:
        made = await stored(files, part, tmp_path)
        path = files.local_path(made.key or "")
        assert path is not None
        path.write_bytes(b"fakes.")
        with pytest.raises(OSError, match="not the file that was stored"):
            await fetch(files, made, tmp_path / "fetched")

    asyncio.run(scenario())


def test_a_part_is_not_written_through_a_link(tmp_path: Path, files: FileStore, part: Part) -> None:
    async def scenario() -> None:
        made = await stored(files, part, tmp_path)
        (tmp_path / "secret").write_bytes(b"all tasks")
        (tmp_path / "part.mp4").symlink_to(tmp_path / "secret")
        await fetch(files, made, tmp_path / "part.mp4")
        assert (tmp_path / "secret").read_bytes() == b"all tasks"
        assert (tmp_path / "part.mp4").read_bytes() == b"frames"

    asyncio.run(scenario())


def test_a_part_that_is_a_link_to_elsewhere_is_not_stored(tmp_path: Path, files: FileStore, part: Part) -> None:
    async def scenario() -> None:
        attempt = tmp_path / "attempt"
        attempt.mkdir()
        (tmp_path / "secret").write_bytes(b"all tasks")
        (attempt / "made").symlink_to(tmp_path / "secret")
        for path in (attempt / "made", tmp_path / "secret", attempt / ".." / "secret"):
            with pytest.raises(OSError, match=r"not a name|symbolic"):
                await upload(files, part, path, attempt)
        assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]

    asyncio.run(scenario())
