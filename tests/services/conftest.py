import shutil
from pathlib import Path

import pytest

from services.migrate import migrate
from tests.support.programs import Postgres


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "draftcast.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated, tmp_path)}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.emptied_database()
