import asyncio
import gc
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.errors import StoreUnavailable
from services.migrate import migrate
from services.store.database import Changes, Database
from services.store.tables import tasks as table
from tests.services.tasks.conftest import Scenario, Tasks
from tests.support.programs import free_port


def test_a_transaction_that_writes_is_alone(run: Callable[[Scenario], None]) -> None:
    """Else events could be committed in another order than they are numbered, and a feed would pass over some."""

    async def scenario(tasks: Tasks) -> None:
        entered, may_leave, order = asyncio.Event(), asyncio.Event(), list[str]()

        async def first() -> None:
            async with tasks.database.write():
                entered.set()
                await may_leave.wait()
                order.append("first")

        async def second() -> None:
            await entered.wait()
            async with tasks.database.write():
                order.append("second")

        async with asyncio.TaskGroup() as group:
            group.create_task(first())
            later = group.create_task(second())
            await entered.wait()
            async with tasks.database.read() as connection:  # reading waits for nobody
                assert not await connection.scalar(sa.select(sa.func.count()).select_from(table))
            done, _ = await asyncio.wait({later}, timeout=0.5)
            assert not done
            may_leave.set()
        assert order == ["first", "second"]

    run(scenario)


@pytest.mark.parametrize("small", [True, False])
def test_small_statements_run_on_the_loop_and_others_in_a_thread(tmp_path: Path, small: bool) -> None:
    async def scenario() -> None:
        database = Database(f"sqlite:///{tmp_path / 'draftcast.sqlite'}")
        async with database.write(small=small) as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.create_function("thread", 0, threading.get_ident)
            assert (await connection.scalar(sa.text("SELECT thread()")) == threading.get_ident()) is small
        await database.close()

    asyncio.run(scenario())


def test_what_is_answered_for_waits_for_the_disk_and_percentages_do_not(run: Callable[[Scenario], None]) -> None:
    async def scenario(tasks: Tasks) -> None:
        embedded = tasks.database.embedded
        asked = "PRAGMA synchronous" if embedded else "SHOW synchronous_commit"
        async with tasks.database.write() as connection:
            assert await connection.scalar(sa.text(asked)) == (2 if embedded else "on")  # 2 is FULL
        async with tasks.database.write(durable=False) as connection:
            assert await connection.scalar(sa.text(asked)) == (2 if embedded else "off")
        if embedded:
            async with tasks.database.read() as connection:
                assert await connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"

    run(scenario)


def test_an_unreachable_database_raises_store_unavailable() -> None:
    async def scenario() -> None:
        database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
        for way in (database.read, database.write):
            with pytest.raises(StoreUnavailable):
                async with way():
                    pass
        await database.close()

    asyncio.run(scenario())


def test_a_writer_that_is_cancelled_amid_a_statement_lets_go_of_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "draftcast.sqlite"
    url = f"sqlite:///{path}"
    migrate(url)
    many = "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < 2000)"

    async def scenario() -> None:
        database = Database(url)

        async def write() -> None:
            async with database.write() as connection:
                await connection.execute(sa.text("CREATE TABLE IF NOT EXISTS t (a INTEGER)"))
                await connection.execute(sa.text(f"{many} INSERT INTO t SELECT a FROM n RETURNING a"))

        for turns in range(60):
            writing = asyncio.create_task(write())
            for _ in range(turns):
                await asyncio.sleep(0)  # the instant of the cancellation is what is tried out
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
        await database.close()
        for thread in threading.enumerate():
            if (
                "_connection_worker_thread" in thread.name
            ):  # of a connection that was cancelled; it still tells the loop
                await asyncio.to_thread(thread.join, 10)

    gc.disable()  # what garbage holds is not let go of by chance
    try:
        asyncio.run(scenario())
    finally:
        gc.enable()


def test_a_commit_of_anyone_is_seen_once_and_again_where_it_was_not_read(tmp_path: Path) -> None:
    migrate(url := f"sqlite:///{(path := tmp_path / 'draftcast.sqlite')}")

    async def scenario() -> None:
        database = Database(url)
        changes = Changes(database)

        def seen() -> bool:
            with changes.look() as changed:
                return changed

        assert [seen(), seen()] == [True, False]
        async with database.write() as connection:
            await connection.execute(sa.text("CREATE TABLE t (a INTEGER)"))
            assert not seen()
        with suppress(ZeroDivisionError), changes.look():
            raise ZeroDivisionError
        assert [seen(), seen()] == [True, False]
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("INSERT INTO t VALUES (1)")
        assert [seen(), seen()] == [True, False]
        await database.close()

    asyncio.run(scenario())


def test_where_commits_cannot_be_seen_there_may_always_be_some() -> None:
    changes = Changes(Database("postgresql://nobody@127.0.0.1/none"))
    for _ in range(2):
        with changes.look() as changed:
            assert changed
