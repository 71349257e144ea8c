import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.http.guard import Guard
from services.live.notifier import ChangeNotifier
from services.live.task_cache import TaskCache
from services.settings import Settings, load
from services.store import reads, writes
from services.store.database import Database
from services.store.records import Task, TaskChange, TaskRequest
from services.tasks.manager import TaskManager
from services.worker.queue.choice import queue_of
from services.worker.queue.queue import WorkQueue

OWNER = "open"


@dataclass(frozen=True)
class Tasks:
    """The task manager on a database of its own, without a worker; the test plays the worker."""

    manager: TaskManager
    database: Database
    queue: WorkQueue
    task_cache: TaskCache
    settings: Settings

    async def submit(self, draft_url: str = "http://drafts.example/1", **options: Any) -> Task:
        """A submitted task."""
        return (await self.manager.submit(OWNER, TaskRequest(draft_url=draft_url, **options))).task

    async def write(self, change: Callable[..., Awaitable[TaskChange | None]], task: Task, *arguments: Any) -> Task:
        """Make a worker's change; it must find its row."""
        async with self.database.write() as connection:
            changed = await change(connection, task, *arguments)
        assert changed is not None
        self.task_cache.publish(changed)
        return changed.task

    async def claimed(self, **options: Any) -> Task:
        """A task that runs."""
        return await self.write(writes.claim, await self.submit(**options))

    async def now(self, task: Task) -> Task:
        """The task as it is stored."""
        async with self.database.read() as connection:
            found = await reads.any_task(connection, task.id)
        assert found is not None
        return found


@asynccontextmanager
async def open_tasks(
    folder: Path, max_queued: int = 1000, database_url: str = "", queue: WorkQueue | None = None
) -> AsyncGenerator[Tasks]:
    """Everything but the worker."""
    settings = load(data_dir=folder, database_url=database_url)
    async with AsyncExitStack() as stack:
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        queue = queue or queue_of(database, settings.dead_after_seconds)
        notifier = ChangeNotifier("memory://")
        await stack.enter_async_context(notifier.run())
        task_cache = TaskCache(database, notifier)
        await stack.enter_async_context(task_cache.run())
        manager = TaskManager(
            database, queue, task_cache, max_queued=max_queued, capacity=lambda: 1, webhooks=Guard(("127.0.0.1",))
        )
        stack.push_async_callback(manager.close)
        yield Tasks(manager, database, queue, task_cache, settings)


Scenario = Callable[[Tasks], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> Callable[[Scenario], None]:
    """Runs an async scenario against an open task manager, within two minutes, on each kind of database."""

    def run_scenario(scenario: Scenario, **options: Any) -> None:
        async def whole() -> None:
            async with asyncio.timeout(120), open_tasks(tmp_path, database_url=database_url, **options) as tasks:
                await scenario(tasks)

        asyncio.run(whole())

    return run_scenario
