from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from services.tasks.migrate import migrate
from services.tasks.store.database import sync_engine
from tests.support.programs import Postgres


def test_many_who_migrate_at_once_take_turns(postgres: Postgres) -> None:
    url = postgres.empty_database()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(migrate, [url] * 5))
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
