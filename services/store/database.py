"""The database connection: SQLite or PostgreSQL, readers, writers and migrations."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only, greenlet_spawn

from services.errors import Bilingual, InvalidInput, StoreUnavailable
from services.store.sqlite import Connection

BUSY_TIMEOUT_MS = 30_000
READERS = 5
WRITERS = 2
"""Connections for writing on PostgreSQL; an advisory lock admits one transaction at a time."""
_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_VERSION_TABLE = "draftcast_version"
_MIGRATIONS = Path(__file__).parent / "migrations"

WRITE_LOCK = 0x6472616674
"""The advisory lock that a writing transaction holds on PostgreSQL."""
POSTGRES_OPTIONS = (
    "-c idle_in_transaction_session_timeout=10s"  # a stopped process blocks others for 10 seconds
    " -c lock_timeout=20s -c statement_timeout=30s"
    " -c plan_cache_mode=force_custom_plan"  # the best index depends on the searched values
)
POSTGRES_ARGUMENTS = {
    "options": POSTGRES_OPTIONS,
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Connection arguments; a server that disappears without closing is noticed within 15 seconds."""


class Database:
    """Readers, and writers that take turns.

    SQLite has one writer; waiting for it in our pool is fair and cheap. On PostgreSQL an advisory lock serializes
    writers of all processes: positions of events are committed in order, so that no reader of the feed misses one that
    was numbered early and committed late.
    """

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._readers = self._engine(READERS)
        self._writers = self._engine(1 if self.embedded else WRITERS)
        begin = _begin_immediate if self.embedded else _wait_for_turn
        event.listen(self._writers.sync_engine, "begin", begin)
        self._watching: sqlite3.Connection | None = None

    @property
    def embedded(self) -> bool:
        """Whether the database is a local file (SQLite)."""
        return self.url.get_backend_name() == "sqlite"

    def _engine(self, size: int) -> AsyncEngine:
        url = self.url.set(drivername=_ASYNC_DRIVERS[self.url.get_backend_name()])
        engine = create_async_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_MS / 1000,
            pool_pre_ping=not self.embedded,
            connect_args={"async_creator_fn": Connection.to} if self.embedded else POSTGRES_ARGUMENTS,
            hide_parameters=True,  # values of callers must not be logged
        )
        if self.embedded:
            event.listen(engine.sync_engine, "do_connect", _open)
            event.listen(engine.sync_engine, "connect", _configure_sqlite)
            event.listen(engine.sync_engine, "invalidate", _roll_back)
        return engine

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection for reading; each statement sees the newest committed state. Raises `StoreUnavailable`."""
        with _translated_errors():
            async with self._readers.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(
        self, *, durable: bool = True, serialized: bool = True, small: bool = False
    ) -> AsyncGenerator[AsyncConnection]:
        """One transaction, committed at the end of the block. Raises `StoreUnavailable`.

        One that is not `durable` may be lost with the power of the machine (PostgreSQL only). One that is not
        `serialized` does not wait for other writers where the database allows it; it must not write tasks or events.
        One whose statements are `small`, well below a millisecond each, needs no thread for them (SQLite only).
        """
        with _translated_errors():
            async with (self._writers if serialized or self.embedded else self._readers).begin() as connection:
                if self.embedded:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    driver.small = small
                elif not durable:
                    await connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection

    def version(self) -> int | None:
        """A number that changes with each commit of any process, for an SQLite file; None: it is unknown.

        It takes 10 microseconds, without a statement: https://sqlite.org/pragma.html#pragma_data_version.
        """
        if not self.embedded:
            return None
        try:
            if self._watching is None:
                self._watching = sqlite3.connect(self.url.database or "", timeout=0, check_same_thread=False)
            (version,) = self._watching.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return int(version)

    async def close(self) -> None:
        """Close all connections."""
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        await self._readers.dispose()
        await self._writers.dispose()


class Changes:
    """Commits since the last look of one reader. Where they cannot be seen cheaply there may always be some."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None

    @contextmanager
    def look(self) -> Generator[bool]:
        """Whether there may be changes to read in the block. They count as read when it ends without an error."""
        version = self._database.version()
        yield version is None or version != self._seen
        self._seen = version


@contextmanager
def _translated_errors() -> Generator[None]:
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
    """A blocking engine on the same database with the same options."""
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
    """The connection that aiosqlite opens; SQLAlchemy calls this instead of opening one itself."""
    return await_only(_close_if_cancelled(greenlet_spawn(dialect.connect, *arguments, **options)))


async def _close_if_cancelled(opening: Coroutine[Any, Any, Any]) -> Any:
    """The opened connection. It is closed when the caller is cancelled meanwhile: aiosqlite would leave it open."""
    opened = asyncio.create_task(opening)
    try:
        return await asyncio.shield(opened)
    except asyncio.CancelledError:
        with suppress(sqlite3.Error):
            await greenlet_spawn((await opened).close)
        raise


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun explicitly, not by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _roll_back(connection: Any, _record: Any, _error: BaseException | None) -> None:
    """Roll back before the connection of a cancelled caller is discarded: an unfinished statement would keep it open
    after its close, and SQLite's lock with it, until garbage collection.
    """
    with suppress(sqlite3.Error):
        connection.rollback()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _wait_for_turn(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def migrate(url: str) -> None:
    """Migrate our tables to the newest layout; creates an SQLite file and its folder.

    Tables of a newer release stay as they are: this release works with them until it is replaced.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sync_engine(url)
    try:
        with _translated_errors(), engine.begin() as connection:
            if _revision(connection) in (None, *_revisions()[:-1]):
                _upgrade(connection)
    finally:
        engine.dispose()


def _revision(connection: sa.Connection) -> str | None:
    """The revision of the database's layout; None for an empty one."""
    if not sa.inspect(connection).has_table(_VERSION_TABLE):
        return None
    found: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608 - our own
    return found


def _revisions() -> list[str]:
    """The revisions of this release in order; each is the number in its file's name."""
    return sorted(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9]*.py"))


def _upgrade(connection: sa.Connection) -> None:
    """Migrate to the newest revision. Alembic is imported here: most starts find nothing to migrate."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
