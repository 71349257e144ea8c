"""The connection to the database: SQLite or Postgres, read and write, and its migrations."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only, greenlet_spawn

from services.errors import Bilingual, InvalidInput, StoreUnavailable

BUSY_TIMEOUT_MS = 30_000
READERS = 5
WRITERS = 2
"""On Postgres; one of them at a time is inside a transaction."""
_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_VERSION_TABLE = "draftcast_version"

WRITERS_TURN = 0x6472616674
"""The advisory lock that a writing transaction holds on Postgres."""
POSTGRES_OPTIONS = (
    "-c idle_in_transaction_session_timeout=10s"  # a process that was stopped amid a transaction blocks nobody for long
    " -c lock_timeout=20s -c statement_timeout=30s"
    " -c plan_cache_mode=force_custom_plan"  # which index serves best depends on what is searched for
)
POSTGRES_ARGUMENTS = {
    "options": POSTGRES_OPTIONS,
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How connections are opened; a server that is gone without a word is noticed within a quarter of a minute."""


class Database:
    """Readers, and writers that take turns.

    SQLite has one writer anyway; waiting for it in our pool is fair and cheap. On Postgres an
    advisory lock does the same across all processes: positions of events are committed in their
    order, so that no reader of the feed can pass over one that was numbered early and committed late.
    """

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._readers = self._engine(READERS)
        self._writers = self._engine(1 if self.embedded else WRITERS)
        begin = _begin_immediate if self.embedded else _wait_for_turn
        event.listen(self._writers.sync_engine, "begin", begin)

    @property
    def embedded(self) -> bool:
        """Whether it is a file of this machine (SQLite)."""
        return self.url.get_backend_name() == "sqlite"

    def _engine(self, size: int) -> AsyncEngine:
        url = self.url.set(drivername=_ASYNC_DRIVERS[self.url.get_backend_name()])
        engine = create_async_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_MS / 1000,
            pool_pre_ping=not self.embedded,
            connect_args={} if self.embedded else POSTGRES_ARGUMENTS,
            hide_parameters=True,  # what callers give belongs into no log
        )
        if self.embedded:
            event.listen(engine.sync_engine, "do_connect", _open)
            event.listen(engine.sync_engine, "connect", _configure_sqlite)
            event.listen(engine.sync_engine, "invalidate", _let_go)
        return engine

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection to read with; each statement sees the newest committed state."""
        with _telling_when_away():
            async with self._readers.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self, *, durable: bool = True) -> AsyncGenerator[AsyncConnection]:
        """One transaction, committed when the block ends; on disk then, too, if it is to be `durable`.

        What is not durable may be lost when the machine loses power (on Postgres; SQLite makes no difference).
        """
        with _telling_when_away():
            async with self._writers.begin() as connection:
                if not (durable or self.embedded):
                    await connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection

    @asynccontextmanager
    async def note(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that waits for no other writer where it need not: it must not write tasks or events."""
        with _telling_when_away():
            async with (self._writers if self.embedded else self._readers).begin() as connection:
                yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._readers.dispose()
        await self._writers.dispose()


@contextmanager
def _telling_when_away() -> Generator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, TimeoutError) as error:
        raise StoreUnavailable(str(error).partition("\n")[0]) from error
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        raise InvalidInput(Bilingual("A text or number cannot be stored.", "有文本或数字无法保存。")) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(str(error).partition("\n")[0]) from error
        raise


def sync_engine(url: str) -> sa.Engine:
    """An engine of the blocking kind on the same database, set up the same way."""
    parsed = sa.make_url(url)
    embedded = parsed.get_backend_name() == "sqlite"
    engine = sa.create_engine(
        parsed.set(drivername=_SYNC_DRIVERS[parsed.get_backend_name()]),
        poolclass=sa.NullPool,
        connect_args={} if embedded else {"connect_timeout": 5},
        hide_parameters=True,
    )
    if embedded:
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _open(dialect: sa.Dialect, _record: Any, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """A connection that aiosqlite has opened; SQLAlchemy calls this instead of opening one itself."""
    return await_only(_opened(greenlet_spawn(dialect.connect, *arguments, **options)))


async def _opened(opening: Coroutine[Any, Any, Any]) -> Any:
    """What is opened. When the caller is cancelled meanwhile it is closed: aiosqlite would drop it open."""
    opened = asyncio.create_task(opening)
    try:
        return await asyncio.shield(opened)
    except asyncio.CancelledError:
        with suppress(sqlite3.Error):
            await greenlet_spawn((await opened).close)
        raise


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _let_go(connection: Any, _record: Any, _error: BaseException | None) -> None:
    """Roll back before a connection is thrown away whose caller was cancelled: a statement that has rows left would
    keep it open past its close, and SQLite's lock with it, until the garbage is looked through.
    """
    with suppress(sqlite3.Error):
        connection.rollback()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _wait_for_turn(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_TURN})")


def migrate(url: str) -> None:
    """Bring our tables to the newest layout; creates an SQLite file and its folder.

    Tables that a newer release has migrated already stay as they are: this one works with them until it is replaced.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = sync_engine(url)
    try:
        with _telling_when_away(), engine.begin() as connection:
            if _known(connection, config):
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def _known(connection: sa.Connection, config: Config) -> bool:
    """Whether the present layout is one of this release's."""
    if not sa.inspect(connection).has_table(_VERSION_TABLE):
        return True
    present = connection.scalar(sa.text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608 - our own name
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    return present is None or present in known
