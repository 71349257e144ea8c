import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.settings import Settings, load
from services.tasks.engine import Queue
from services.tasks.hot import HotTasks
from services.tasks.hub import Hub
from services.tasks.manager import TaskManager
from services.tasks.records import Task, TaskChange, TaskRequest
from services.tasks.store import changes, queries
from services.tasks.store.database import Database, migrate

OWNER = "open"


@dataclass(frozen=True)
class Tasks:
    """The task manager on a database of its own, without a worker; the test plays the worker."""

    manager: TaskManager
    database: Database
    hot: HotTasks
    settings: Settings

    async def submit(self, draft_url: str = "http://drafts.example/1", **options: Any) -> Task:
        """A submitted task."""
        return (await self.manager.submit(OWNER, TaskRequest(draft_url=draft_url, **options))).task

    async def write(self, change: Callable[..., Awaitable[TaskChange | None]], task: Task, *arguments: Any) -> Task:
        """Make a worker's change; it must find its row."""
        async with self.database.write() as connection:
            changed = await change(connection, task, *arguments)
        assert changed is not None
        self.hot.wrote(changed)
        return changed.task

    async def claimed(self, **options: Any) -> Task:
        """A task that runs."""
        return await self.write(changes.claim, await self.submit(**options))

    async def now(self, task: Task) -> Task:
        """The task as it is stored."""
        async with self.database.read() as connection:
            found = await queries.any_task(connection, task.id)
        assert found is not None
        return found


@asynccontextmanager
async def open_tasks(folder: Path, max_queued: int = 1000) -> AsyncGenerator[Tasks]:
    """Everything but the worker."""
    settings = load(data_dir=folder)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(migrate, settings.database)
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        queue = await asyncio.to_thread(Queue, settings.database)
        stack.callback(queue.close)
        hub = Hub("memory://")
        await stack.enter_async_context(hub.run())
        hot = HotTasks(database, hub)
        await stack.enter_async_context(hot.run())
        manager = TaskManager(database, queue, hot, max_queued=max_queued, capacity=1)
        yield Tasks(manager, database, hot, settings)


Scenario = Callable[[Tasks], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Scenario], None]:
    """Runs an async scenario against an open task manager, within half a minute."""

    def run_scenario(scenario: Scenario, **options: Any) -> None:
        async def whole() -> None:
            async with asyncio.timeout(30), open_tasks(tmp_path, **options) as tasks:
                await scenario(tasks)

        asyncio.run(whole())

    return run_scenario
