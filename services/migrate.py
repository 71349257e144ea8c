"""Migration of the database to the newest layout. Safe in concurrent processes."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from services.errors import DraftcastError, StoreUnavailable
from services.interpreter import unsupported_here
from services.store import database

MIGRATION_LOCK = 0x6472616D69
"""The advisory lock of a migration on PostgreSQL."""
WAIT_SECONDS = 120
POLL_SECONDS = 0.2


class UnfitPython(DraftcastError):
    """The running Python cannot use SQLite; the text says why."""


def migrate(url: str) -> None:
    """Migrate all tables, one process at a time. Raises `StoreUnavailable`, and `UnfitPython` where the SQLite of the
    running Python is too old.
    """
    if sa.make_url(url).get_backend_name() == "sqlite" and (why := unsupported_here()):
        raise UnfitPython(f"{why}; `make setup` chooses another Python where one is here")
    with _lock(url):
        database.migrate(url)


@contextmanager
def _lock(url: str) -> Generator[None]:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with _file_lock(Path(parsed.database or "")):
            yield
        return
    locking = database.sync_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with locking.connect() as connection:
            _wait_for_turn(connection)
            yield
    except OperationalError as error:
        raise StoreUnavailable(str(error).partition("\n")[0]) from error
    finally:
        locking.dispose()


def _wait_for_turn(connection: sa.Connection) -> None:
    """Poll for the lock: waiting inside a statement would block indexes that are built concurrently."""
    deadline = monotonic() + WAIT_SECONDS
    while not connection.scalar(sa.text(f"SELECT pg_try_advisory_lock({MIGRATION_LOCK})")):
        if monotonic() > deadline:
            raise StoreUnavailable(f"another process has been migrating the database for {WAIT_SECONDS} seconds")
        sleep(POLL_SECONDS)


@contextmanager
def _file_lock(path: Path) -> Generator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
