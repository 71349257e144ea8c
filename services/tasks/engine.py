"""The queue engine: who runs which task next. This is the only module that imports DBOS.

The task row stays the truth; the engine only sees to it that every waiting task is given
to a worker, again after a crash. An entry is enqueued in the same transaction as the
row's change, so that neither can exist without the other.
"""

import asyncio
import concurrent.futures
import logging
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tasks.records import Task

log = logging.getLogger(__name__)

APPLICATION = "draftcast"
QUEUE = "render"
WORKFLOW = "render_task"
APP_VERSION = "1"
"""Pinned: the default is a hash of the code, and an upgrade would leave older entries lying."""
POLL_SECONDS = 0.2
MIDDLE_PRIORITY = 1_000_000
"""DBOS serves the smallest number first, from 1; ours serves the largest first, 0 being usual."""
LARGEST_PRIORITY = 1000

Run = Callable[[str], Awaitable[None]]
"""Runs one attempt of the task with that id."""


class _Stopping(BaseException):
    """The worker stops before an entry is done. Not an Exception: DBOS must not store it as the entry's end."""


class Queue:
    """The entering side: any process may enqueue."""

    def __init__(self, database_url: str) -> None:
        _quiet()
        DBOS.migrate(database_url)
        self._client = DBOSClient(system_database_url=database_url, application_name=APPLICATION)

    async def enqueue(self, connection: AsyncConnection, task: Task) -> None:
        """Add the task's next attempt, in the transaction of `connection`."""
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=QUEUE,
            workflow_id=f"{task.id}-{task.seq}",
            app_version=APP_VERSION,
            priority=MIDDLE_PRIORITY - task.priority,
        )

        def enter(blocking: sa.Connection) -> None:
            self._client.enqueue_in_transaction(blocking, options, task.id)

        await connection.run_sync(enter)

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()


class Engine:
    """The working side: gives entries to `run`, `slots` at once, on the event loop that opened it."""

    def __init__(self, database_url: str, executor_id: str, slots: int) -> None:
        self._executor_id = executor_id
        self._slots = slots
        self._database_url = database_url

    async def start(self, run: Run) -> None:
        """Begin to take entries, those that a crash left first."""
        loop = asyncio.get_running_loop()
        _quiet()
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=self._database_url,
            application_version=APP_VERSION,
            executor_id=self._executor_id,
            log_level="WARNING",
        )
        DBOS(config=config)

        @DBOS.step(name="attempt")
        def attempt(task_id: str) -> None:
            future = asyncio.run_coroutine_threadsafe(_awaited(run, task_id), loop)
            try:
                future.result()
            except (asyncio.CancelledError, concurrent.futures.CancelledError):
                raise _Stopping from None

        @DBOS.workflow(name=WORKFLOW)
        def render_task(task_id: str) -> None:
            attempt(task_id)

        await asyncio.to_thread(self._launch)
        del render_task

    def _launch(self) -> None:
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._slots, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
        )

    async def stop(self) -> None:
        """Take no more entries. What runs must have ended or been cancelled before."""
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


async def _awaited(run: Run, task_id: str) -> None:
    await run(task_id)


def _quiet() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
