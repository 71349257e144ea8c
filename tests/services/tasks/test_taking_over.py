"""Tasks of the release before, which had no jobs, are done by this one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from services.files.store import FileStore
from services.migrate import migrate
from services.store import database, tables, workers
from services.store.database import sync_engine
from services.store.records import Status
from services.telemetry.traces import NO_TRACES
from services.worker.context import WorkerContext
from services.worker.maintenance import Maintenance
from services.worker.queue.queue import Job, JobKind
from services.worker.registry import WorkerRegistry
from tests.services.tasks.conftest import Tasks, open_tasks
from tests.services.tasks.test_maintenance import all_served, queued
from tests.services.tasks.test_state_machine import Puppet
from tests.support.programs import Postgres

LAYOUT = "0006"
"""The last one of the release before."""
AT_MS = 1_700_000_000_000
QUEUED = {"stage": "QUEUED", "started_at_ms": AT_MS}
ROW = {
    "owner": "open", "strict": False, "priority": 0, "progress": 0, "stage": "QUEUED", "stages": [QUEUED],
    "attempt": 0, "max_attempts": 3, "created_at_ms": AT_MS, "updated_at_ms": AT_MS, "queued_at_ms": AT_MS, "seq": 1,
    "warnings": [], "status": "PENDING",
}  # fmt: skip
RUNNING = {"status": "PROCESSING", "stage": "EXPORTING", "progress": 60, "attempt": 1, "worker": "before", "seq": 5}
ENDED = {"status": "COMPLETED", "stage": "DONE", "progress": 100, "attempt": 1, "completed_at_ms": AT_MS, "seq": 9}
ROWS: dict[str, dict[str, Any]] = {
    "waits": {},
    "urgent": {"priority": 5},
    "runs": RUNNING,
    "returned": {**RUNNING, "worker": None, "max_attempts": 4},
    "spent": {**RUNNING, "attempt": 3},
    "ended": ENDED,
}


def of_the_release_before(url: str) -> None:
    """Tables of the last layout without jobs, filled as its processes did."""
    scripts = ScriptDirectory(str(Path(database.__file__).parent / "migrations"))
    engine = sync_engine(url)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for step in [*scripts.walk_revisions()][::-1]:
            if step.revision <= LAYOUT:
                step.module.upgrade()
        connection.execute(sa.text("CREATE TABLE draftcast_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text(f"INSERT INTO draftcast_version VALUES ('{LAYOUT}')"))
        table = sa.Table("draftcast_tasks", sa.MetaData(), autoload_with=connection)
        for name, values in ROWS.items():
            row = {**ROW, "id": name, "draft_url": f"http://a.example/{name}", **values}
            connection.execute(sa.insert(table).values(row))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of the release before."""
    server: Postgres | None = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    url = server.empty_database() if server else f"sqlite:///{tmp_path / 'draftcast.sqlite'}"
    of_the_release_before(url)
    return url


@asynccontextmanager
async def taken_over(folder: Path, url: str) -> AsyncGenerator[tuple[Tasks, Puppet, Maintenance]]:
    """The database in this release, with a worker and a maintenance that the test moves."""
    migrate(url)
    async with asyncio.timeout(60), open_tasks(folder, database_url=url) as tasks:
        files = FileStore(tasks.settings.files, "http://here")
        registry = WorkerRegistry(tasks.database, "here", 1, 100)
        async with registry.serve():
            worker = Puppet(
                WorkerContext(
                    tasks.database,
                    tasks.queue,
                    tasks.task_cache,
                    files,
                    registry,
                    lambda _: None,
                    tasks.settings,
                    NO_TRACES,
                )
            )
            yield (
                tasks,
                worker,
                Maintenance(tasks.database, tasks.queue, tasks.task_cache, files, registry, keep_days=0),
            )


async def stored(tasks: Tasks) -> dict[str, tuple[str, int, str | None]]:
    """Status, attempt and worker of each task."""
    columns = tables.tasks.c.id, tables.tasks.c.status, tables.tasks.c.attempt, tables.tasks.c.worker
    async with tasks.database.read() as connection:
        return {row.id: (row.status, row.attempt, row.worker) for row in await connection.execute(sa.select(*columns))}


def test_tasks_that_wait_or_run_are_done_and_others_stay(old_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with taken_over(tmp_path, old_url) as (tasks, worker, maintenance):
            before = await stored(tasks)
            await maintenance.run_once()
            active = sorted(ROWS.keys() - {"ended"})
            assert await queued(tasks) == [(name, 1) for name in active]
            begun: list[str] = []

            async def begin(job: Job) -> None:
                await worker.begin(job)
                begun.append(job.task)

            await all_served(tasks, begin, len(active), begun)
            assert begun[0] == "urgent"
            now = await stored(tasks)
            mine = Status.PROCESSING, 1, worker.id
            assert (now["waits"], now["urgent"], now["ended"]) == (mine, mine, before["ended"])
            assert now["runs"] == now["returned"] == (Status.PROCESSING, 2, worker.id)
            assert now["spent"][:2] == (Status.FAILED, 3)

    asyncio.run(scenario())


def test_the_release_before_takes_no_part_for_a_task() -> None:
    """It would begin the task of any job whose kind it knows."""
    assert set(JobKind) & {"task", "part", "join"} == {JobKind.TASK}


def test_a_task_of_a_living_process_of_the_release_before_is_left_to_it(old_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with taken_over(tmp_path, old_url) as (tasks, worker, maintenance):
            there = WorkerRegistry(tasks.database, "there", 1, 100)
            async with there.serve(), tasks.database.write() as connection:
                await connection.execute(
                    sa.update(tables.workers)
                    .where(tables.workers.c.id == there.me.id)
                    .values(id="before", takes_jobs=False)
                )
            assert await worker.begin(Job(task="runs", run=1, token=7)) is None
            assert (await stored(tasks))["runs"] == (Status.PROCESSING, 1, "before")
            async with tasks.database.write() as connection:
                await workers.unregister(connection, ["before"])
            await maintenance.add_missing_jobs()
            assert await worker.begin(Job(task="runs", run=1, token=8)) is not None
            assert (await stored(tasks))["runs"] == (Status.PROCESSING, 2, worker.id)

    asyncio.run(scenario())
