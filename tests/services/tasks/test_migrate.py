from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from services.migrate import migrate
from services.store import database, tables
from services.store.database import sync_engine
from tests.support.programs import Postgres


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'draftcast.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.empty_database()


def test_many_who_migrate_at_once_take_turns(url: str) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(migrate, [url] * 10))
    with sync_engine(url).connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM draftcast_tasks")) == 0


def test_what_a_newer_release_has_migrated_stays_as_it_is(database_url: str) -> None:
    layout = sa.text("SELECT version_num FROM draftcast_version")
    with sync_engine(database_url).connect() as connection:
        present = connection.scalar(layout)
        connection.execute(sa.text("UPDATE draftcast_version SET version_num = 'newer'"))
        connection.commit()
        migrate(database_url)
        assert connection.scalar(layout) == "newer"
        connection.execute(sa.text("UPDATE draftcast_version SET version_num = :layout"), {"layout": present})
        connection.commit()


def test_a_process_of_the_release_before_can_write_what_it_knows(url: str) -> None:
    """Each step only adds: no table and no column goes, and a row without the newer columns is taken."""
    scripts = ScriptDirectory(str(Path(database.__file__).parent / "migrations"))
    engine = sync_engine(url)
    before: dict[str, set[str]] = {}
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for step in [*scripts.walk_revisions()][::-1]:
            step.module.upgrade()
            columns = columns_of(connection)
            for table, known in before.items():
                added = [column for column in columns[table] if column["name"] not in known]
                assert len(columns[table]) == len(known) + len(added)
                assert all(column["nullable"] or column["default"] is not None for column in added)
            before = {table: {column["name"] for column in found} for table, found in columns.items()}
    engine.dispose()
    assert before["draftcast_tasks"] == set(tables.tasks.c.keys())


def columns_of(connection: sa.Connection) -> dict[str, list[Any]]:
    """The columns of all tables."""
    there = sa.inspect(connection)
    return {table: list(there.get_columns(table)) for table in there.get_table_names()}
