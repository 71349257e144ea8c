"""The queue engine: wakes a worker for every waiting task. The only module that imports DBOS.

A ticket in it says that one more task is to run; which one, is decided from the task rows when the ticket is taken,
because only they hold priorities, turns and losses. Tickets are added in the transaction of the row's change. A surplus
ticket finds nothing to run; missing ones are added by `services.worker.maintenance`.
"""

import asyncio
import concurrent.futures
import logging
import uuid
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, WorkflowStatus
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import DraftcastError
from services.interpreter import unsupported_here

APPLICATION = "draftcast"
QUEUE = "tickets"
WORKFLOW = "take_ticket"
APP_VERSION = "1"
"""Pinned: the default is a hash of the code, and tickets of earlier releases would stay in the queue."""
POLL_SECONDS = 0.2
CONNECTIONS = 3
"""Connections of a worker's engine to PostgreSQL."""
SWEPT_AT_ONCE = 1000

Admit = Callable[[], Awaitable[None]]
"""Takes a task and returns when a slot is free."""


class UnfitPython(DraftcastError):
    """The running Python cannot run the queue on SQLite; the text says why."""


class Queue:
    """The producer side: any process may add tickets."""

    def __init__(self, database_url: str) -> None:
        _quiet()
        self._client = DBOSClient(
            system_database_url=_plain(database_url),
            application_name=APPLICATION,
            system_database_pool_size=1,
            lazy=True,
            retry_connection_errors=False,
        )

    async def add_ticket(self, connection: AsyncConnection) -> None:
        """Add a ticket, effective with the commit of the transaction of `connection`."""
        options = EnqueueOptions(
            workflow_name=WORKFLOW, queue_name=QUEUE, workflow_id=uuid.uuid4().hex, app_version=APP_VERSION
        )

        def add(blocking: sa.Connection) -> None:
            self._client.enqueue_in_transaction(blocking, options)

        await connection.run_sync(add)

    def has_tickets(self) -> bool:
        """Whether a ticket is queued. Blocks."""
        return bool(self._tickets(["ENQUEUED"], 1))

    def sweep(self, workers: Collection[str]) -> int:
        """Remove used tickets, and those taken by other processes than these workers. Returns their number. Blocks."""
        used = self._tickets(["SUCCESS", "ERROR", "CANCELLED"], SWEPT_AT_ONCE)
        taken = self._tickets(["PENDING"], SWEPT_AT_ONCE)
        spent = [*used, *(ticket for ticket in taken if ticket.executor_id not in workers)]
        if spent:
            self._client.delete_workflows([ticket.workflow_id for ticket in spent])
        return len(spent)

    def _tickets(self, status: list[str], limit: int) -> list[WorkflowStatus]:
        return self._client.list_workflows(
            status=status, queue_name=QUEUE, limit=limit, load_input=False, load_output=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()


class Engine:
    """The consumer side: calls `admit` for one ticket after the other, on the event loop that opened it."""

    def __init__(self, database_url: str, worker_id: str) -> None:
        self._worker_id = worker_id
        self._database_url = database_url

    async def start(self, admit: Admit) -> None:
        """Start taking tickets."""
        loop = asyncio.get_running_loop()
        _quiet()
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=_plain(self._database_url),
            application_version=APP_VERSION,
            executor_id=self._worker_id,
            log_level="WARNING",
            sys_db_pool_size=CONNECTIONS,
            run_migrations=False,
        )
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def take_ticket() -> None:
            with suppress(asyncio.CancelledError, concurrent.futures.CancelledError):
                asyncio.run_coroutine_threadsafe(_awaited(admit), loop).result()

        await asyncio.to_thread(self._launch)
        del take_ticket

    def _launch(self) -> None:
        DBOS.launch()
        # One at a time: slots differ by worker, and this number is shared by all.
        DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=POLL_SECONDS, on_conflict="always_update")

    async def stop(self) -> None:
        """Stop taking tickets. `admit` must return soon, or have been cancelled."""
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


def migrate(database_url: str) -> None:
    """Migrate the engine's own tables. Raises `UnfitPython` where it cannot use SQLite."""
    embedded = sa.make_url(database_url).get_backend_name() == "sqlite"
    if embedded and (why := unsupported_here()):
        raise UnfitPython(f"{why}; `make setup` chooses another Python where one is here")
    _quiet()
    DBOS.migrate(_plain(database_url))


async def _awaited(admit: Admit) -> None:
    await admit()


def _plain(database_url: str) -> str:
    """The URL without a driver's name, as DBOS expects it."""
    url = sa.make_url(database_url)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


def _quiet() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
