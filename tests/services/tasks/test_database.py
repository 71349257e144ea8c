import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from services.errors import StoreUnavailable
from services.tasks.store.database import Database
from services.tasks.store.tables import tasks as table
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


def test_a_database_that_is_away_is_told_as_such() -> None:
    async def scenario() -> None:
        database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
        for way in (database.read, database.write, database.note):
            with pytest.raises(StoreUnavailable):
                async with way():
                    pass
        await database.close()

    asyncio.run(scenario())
