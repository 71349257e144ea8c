"""The connections of procrastinate to the database."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any, LiteralString, TypeVar

from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncNullConnectionPool

from services.background import RETRY_SECONDS

Found = TypeVar("Found")
KEPT = 2
"""Idle connections that are kept: the heart and the looks for jobs, and the end of a job, seldom meet."""


class KeptConnections(AsyncNullConnectionPool):
    """A pool that keeps a few idle connections, and connects anew at once for a statement that finds none alive. The
    usual pool of psycopg waits ever longer before it does so, while the heart stands still.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, configure=_commit_each, **options)
        self._idle: list[AsyncConnection] = []

    async def getconn(self, timeout: float | None = None) -> AsyncConnection:  # noqa: ASYNC109 - psycopg's signature
        """See psycopg."""
        while self._idle:
            kept = self._idle.pop()
            try:
                await self.check_connection(kept)
            except BaseException as error:
                await super().putconn(kept)
                if not isinstance(error, OperationalError):
                    raise
            else:
                return kept
        return await super().getconn(timeout)

    async def putconn(self, conn: AsyncConnection) -> None:
        """See psycopg. One in a transaction, whose statement was interrupted, is not kept."""
        idle = not conn.closed and conn.info.transaction_status is TransactionStatus.IDLE
        if self.closed or not idle or len(self._idle) >= KEPT:
            await super().putconn(conn)
        else:
            self._idle.append(conn)

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - psycopg's signature
        """See psycopg."""
        while self._idle:
            await super().putconn(self._idle.pop())
        await super().close(timeout)


async def _commit_each(connection: AsyncConnection) -> None:
    """Have each statement be a transaction of its own."""
    await connection.set_autocommit(True)


class PatientConnector(PsycopgConnector):
    """A connector whose statements wait while the database is unavailable: the engine does not survive one that fails.
    While it is not `patient`, they raise `ConnectorException`. Once the process is `fenced_off`, nothing more is
    written.
    """

    patient = True
    fenced_off = False
    missed: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Repeats the last notification that came during a look for a job."""
    _repeating: asyncio.Task[None] | None = None

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """See procrastinate."""
        if not self.fenced_off:
            await self.patiently(partial(super().execute_query_async, query, **arguments))

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """See procrastinate. It looks for a job by this, and forgets at the end that it was notified meanwhile."""
        self.missed = None
        answer: dict[str, Any] = await self.patiently(partial(super().execute_query_one_async, query, **arguments))
        if self.missed is not None:
            self._repeating = asyncio.create_task(self.missed())
        return answer

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """See procrastinate."""
        return await self.patiently(partial(super().execute_query_all_async, query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """See procrastinate."""

        async def notify(*, channel: str, payload: str) -> None:
            async def repeat() -> None:
                await on_notification(channel=channel, payload=payload)

            self.missed = repeat
            await repeat()

        await self.patiently(partial(super().listen_notify, notify, channels))

    async def patiently(self, ask: Callable[[], Awaitable[Found]]) -> Found:
        """The result of `ask`, repeated while the database is unavailable."""
        while True:
            try:
                return await ask()
            except ConnectorException as error:
                if not (self.patient and isinstance(error.__cause__, OperationalError | InterfaceError)):
                    raise
            await asyncio.sleep(RETRY_SECONDS)
