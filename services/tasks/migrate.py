"""Bring the database to the newest layout: our tables and the queue engine's. Safe in many processes at once."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from services.errors import StoreUnavailable
from services.tasks import engine
from services.tasks.store import database

ONE_MIGRATES = 0x6472616D69
"""The advisory lock of a migration on Postgres."""
WAIT_SECONDS = 120


def migrate(url: str) -> None:
    """Migrate, after whoever does so already. Raises `StoreUnavailable`."""
    with _turn(url):
        database.migrate(url)
        engine.migrate(url)


@contextmanager
def _turn(url: str) -> Generator[None]:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with _file_lock(Path(parsed.database or "")):
            yield
        return
    locking = database.sync_engine(url)
    try:
        with locking.connect() as connection:
            connection.exec_driver_sql(f"SET lock_timeout = '{WAIT_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({ONE_MIGRATES})")
            connection.commit()
            yield
    except OperationalError as error:
        raise StoreUnavailable(str(error)) from error
    finally:
        locking.dispose()


@contextmanager
def _file_lock(path: Path) -> Generator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
