"""The connection to the database: SQLite or Postgres, read and write, and its migrations."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.errors import StoreUnavailable

BUSY_TIMEOUT_MS = 30_000
READERS = 5
_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


class Database:
    """Readers and one writer. SQLite has one writer anyway; waiting for it in our pool is fair and cheap."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._readers = self._engine(READERS)
        self._writer = self._engine(1) if self._sqlite else self._readers
        if self._sqlite:
            event.listen(self._writer.sync_engine, "begin", _begin_immediate)

    @property
    def _sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def _engine(self, size: int) -> AsyncEngine:
        url = self.url.set(drivername=_ASYNC_DRIVERS[self.url.get_backend_name()])
        engine = create_async_engine(url, pool_size=size, max_overflow=0, pool_timeout=BUSY_TIMEOUT_MS / 1000)
        if self._sqlite:
            event.listen(engine.sync_engine, "connect", _configure_sqlite)
        return engine

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection to read with; each statement sees the newest committed state."""
        try:
            async with self._readers.connect() as connection:
                yield connection
        except (OperationalError, InterfaceError, TimeoutError) as error:
            raise StoreUnavailable(str(error)) from error

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction, committed and on disk when the block ends."""
        try:
            async with self._writer.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError, TimeoutError) as error:
            raise StoreUnavailable(str(error)) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._readers.dispose()
        if self._writer is not self._readers:
            await self._writer.dispose()


def sync_engine(url: str) -> sa.Engine:
    """An engine of the blocking kind on the same database, set up the same way."""
    parsed = sa.make_url(url)
    engine = sa.create_engine(parsed.set(drivername=_SYNC_DRIVERS[parsed.get_backend_name()]))
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(url: str) -> None:
    """Bring the tables to the newest layout; creates an SQLite file and its folder."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = sync_engine(url)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
