"""The broadcast backend of PostgreSQL's NOTIFY."""

import asyncio
from contextlib import suppress

import psycopg
from broadcaster._backends.base import BroadcastBackend
from broadcaster._base import Event
from psycopg import sql


class PostgresBackend(BroadcastBackend):
    """LISTEN on one connection, NOTIFY on another. A broken connection raises; the notifier then rebuilds both."""

    def __init__(self, url: str) -> None:
        self._url = f"postgresql://{url.partition('://')[2]}"  # without the name of a driver

    async def connect(self) -> None:
        """Open both connections."""
        self._listening = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
        try:
            self._notifying = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
        except psycopg.Error:
            await self._listening.close()
            raise
        self._subscribed = asyncio.Event()
        self._notifications = self._listening.notifies()

    async def disconnect(self) -> None:
        """Close both connections."""
        with suppress(RuntimeError):  # the listener may be inside it; closing the connection ends both
            await self._notifications.aclose()
        await self._listening.close()
        await self._notifying.close()

    async def subscribe(self, group: str) -> None:
        """LISTEN on a channel. Each process subscribes to one channel, once, before anything else is awaited."""
        await self._listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(group)))
        self._subscribed.set()

    async def unsubscribe(self, group: str) -> None:
        """Does nothing: the connection is closed next."""

    async def publish(self, channel: str, message: str) -> None:
        """NOTIFY all listeners, including this process."""
        await self._notifying.execute("SELECT pg_notify(%s, %s)", (channel, message))

    async def next_published(self) -> Event:
        """The next message. Raises ConnectionError after closing both connections when they break; broadcaster would
        leave them open.
        """
        await self._subscribed.wait()
        try:
            notify = await anext(self._notifications)
        except (psycopg.Error, StopAsyncIteration) as error:
            await self.disconnect()
            raise ConnectionError("the database connection for notifications is lost") from error
        return Event(notify.channel, notify.payload)
