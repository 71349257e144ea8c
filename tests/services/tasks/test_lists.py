"""Lists of many tasks: what they hold, and that no question reads all that is kept."""

import itertools
import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from services.clock import now_ms
from services.errors import ErrorCode
from services.store import parts, reads, writes
from services.store.database import Database
from services.store.records import Order, OrderField, PageRequest, Stage, Status, Task, TaskFilter
from services.store.rows import stages_json
from services.store.tables import tasks as table
from tests.services.tasks.conftest import OWNER, Tasks

Run = Callable[..., None]
KEPT = 3000
"""More than are gathered: lists are walked along their indexes."""
SEARCHED = 1000
"""So many of the newest tasks are searched for one or two characters."""
SETTLED = "VACUUM ANALYZE"
"""What Postgres does by itself at some moment: plans differ before and after it, by the pages that are known to be
visible and by what an index of trigrams has not sorted in yet.
"""
ORDERS = [Order(field, down) for field, down in itertools.product(OrderField, (True, False))]
FILTERS = [
    TaskFilter(),
    TaskFilter(status=(Status.COMPLETED,)),
    TaskFilter(status=(Status.FAILED, Status.COMPLETED, Status.FAILED)),
    TaskFilter(status=(Status.PROCESSING,)),
    TaskFilter(status=(Status.FAILED,), stage=(Stage.PREPARING,)),
    TaskFilter(stage=(Stage.EXPORTING, Stage.DONE)),
    TaskFilter(error_code=(ErrorCode.DRAFT_INVALID, ErrorCode.EXPIRED)),
    TaskFilter(draft_url="https://drafts.example/get_draft?draft_id=7"),
    TaskFilter(search="drafts.EXAMPLE"),
    TaskFilter(search="draft_id=1"),
    TaskFilter(search="no such draft"),
    TaskFilter(search='"*'),
    TaskFilter(search="=9", status=(Status.CANCELED,)),
    TaskFilter(search="zz"),
    TaskFilter(search="abcdef"),
    TaskFilter(created_after_ms=1_700_000_002_000, created_before_ms=1_700_000_003_000),
]


def made(number: int, chance: random.Random) -> dict[str, Any]:
    """A row of a task; four in ten have the time of another."""
    status = chance.choices(list(Status), (1, 1, 60, 30, 8))[0]
    ended = None if status in (Status.PENDING, Status.PROCESSING) else 1_700_000_000_000 + chance.randrange(3 * KEPT)
    failed = status is Status.FAILED
    return {
        "id": f"{chance.getrandbits(128):032x}",
        "owner": "other" if number % 4 == 3 else OWNER,
        "draft_url": f"https://drafts.example/get_draft?draft_id={number}",
        "status": status,
        "stage": chance.choice((Stage.PREPARING, Stage.EXPORTING)) if failed else Stage.DONE,
        "progress": 100,
        "stages": stages_json([]),
        "attempt": 1,
        "max_attempts": 3,
        "priority": 0,
        "strict": False,
        "created_at_ms": 1_700_000_000_000 + number // 2 * 2,
        "completed_at_ms": ended,
        "updated_at_ms": 1_700_000_000_000 + chance.randrange(KEPT),
        "queued_at_ms": 1_700_000_000_000,
        "expires_at_ms": None,
        "seq": 1,
        "error_code": chance.choice((ErrorCode.DRAFT_INVALID, ErrorCode.RENDER_FAILED)) if failed else None,
        "warnings": [],
        "turn": number,
    }


async def filled(database: Database, kept: int = KEPT) -> list[Task]:
    """So many tasks of two owners; those of `OWNER`."""
    chance = random.Random(7)
    rows = [made(number, chance) for number in range(kept)]
    async with database.write() as connection:
        for batch in range(0, kept, 1000):
            await connection.execute(sa.insert(table), rows[batch : batch + 1000])
    async with database.read() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(sa.text("ANALYZE" if database.embedded else SETTLED))
    async with database.read() as connection:
        return list((await reads.any_tasks(connection, [row["id"] for row in rows if row["owner"] == OWNER])).values())


def meets(wanted: TaskFilter, task: Task, code: str | None) -> bool:
    """`TaskFilter.met_by`, with the code of an error that has no text here."""
    return replace(wanted, error_code=None).met_by(task) and (wanted.error_code is None or code in wanted.error_code)


def place(task: Task, order: Order) -> tuple[int, str]:
    """Where a task belongs; those that have not ended come last, whichever way the list runs."""
    last = -1 if order.descending else 2**62
    values = {OrderField.CREATED_AT: task.created_at_ms, OrderField.UPDATED_AT: task.updated_at_ms}
    return values.get(order.field, last if task.completed_at_ms is None else task.completed_at_ms), task.id


def test_every_list_holds_what_meets_its_filter_in_its_order(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        mine = await filled(tasks.database)
        async with tasks.database.read() as connection:
            found = await connection.execute(sa.select(table.c.id, table.c.error_code))
            codes = {row.id: row.error_code for row in found}
        older = sorted(task.created_at_ms for task in mine)[-SEARCHED - 1]
        newest = [task for task in mine if task.created_at_ms > older]
        for wanted, order in itertools.product(FILTERS, ORDERS):
            short = wanted.search is not None and len(wanted.search) < 3
            expected = sorted(
                (task for task in (newest if short else mine) if meets(wanted, task, codes[task.id])),
                key=lambda task: place(task, order),
                reverse=order.descending,
            )
            await walks(tasks, wanted, order, [task.id for task in expected])

    run(scenario)


async def walks(tasks: Tasks, wanted: TaskFilter, order: Order, expected: list[str]) -> None:
    """The first pages, the last ones, and the total."""
    after = before = None
    for start in range(0, min(len(expected), 140) + 1, 70):
        page = await tasks.manager.tasks(OWNER, wanted, order, PageRequest(first=70, after=after))
        assert [task.id for task in page.tasks] == expected[start : start + 70]
        assert page.has_next == (len(expected) > start + 70)
        after = page.cursors[-1] if page.cursors else after
        if start == 0:
            exact = wanted == TaskFilter(status=wanted.status) or len(expected) <= 1000
            assert page.total == (len(expected) if exact else 1000)
    end = len(expected)
    for _ in range(2):
        page = await tasks.manager.tasks(OWNER, wanted, order, PageRequest(last=50, before=before))
        assert [task.id for task in page.tasks] == expected[max(0, end - 50) : end]
        assert page.has_previous == (end > 50)
        before, end = (page.cursors[0] if page.cursors else before), max(0, end - 50)


def test_counts_follow_whatever_becomes_of_tasks(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        async def counts() -> list[int]:
            pages = [
                await tasks.manager.tasks(OWNER, TaskFilter(status=status), Order(), PageRequest(first=0))
                for status in (None, (Status.PENDING,), (Status.PROCESSING,), (Status.CANCELED,))
            ]
            return [page.total for page in pages]

        first = await tasks.submit()
        await tasks.submit("http://drafts.example/2")
        assert await counts() == [2, 2, 0, 0]
        await tasks.write(writes.claim, first)
        assert await counts() == [2, 1, 1, 0]
        await tasks.manager.cancel(OWNER, first.id)
        assert await counts() == [2, 1, 0, 1]
        async with tasks.database.write() as connection:
            assert await writes.remove(connection, await tasks.now(first))
        assert await counts() == [1, 1, 0, 0]
        page = await tasks.manager.tasks(OWNER, TaskFilter(search="drafts.example"), Order(), PageRequest())
        assert [task.draft_url for task in page.tasks] == ["http://drafts.example/2"]

    run(scenario)


@contextmanager
def statements(database: Database) -> Generator[list[tuple[str, Any]]]:
    """What is asked of the database while the block lasts."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    engine = database._readers.sync_engine  # pyright: ignore[reportPrivateUsage] - what goes to the database is looked at
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def ask_everything(tasks: Tasks, mine: list[Task]) -> None:
    """Every question about tasks that callers, workers and the service itself can ask."""
    manager, some = tasks.manager, mine[KEPT // 2]
    for wanted, order in itertools.product(FILTERS, ORDERS):
        page = await manager.tasks(OWNER, wanted, order, PageRequest())
        if page.cursors:
            await manager.tasks(OWNER, wanted, order, PageRequest(last=20, before=page.cursors[-1]))
    await manager.task(OWNER, "0" * 32)
    await manager.task_by_url(OWNER, "https://drafts.example/unknown")
    await manager.task_by_url(OWNER, some.draft_url)
    await manager.events(OWNER, some.id, PageRequest())
    await manager.queue(OWNER)
    await manager.accepting()
    await manager.active_count(OWNER)
    await manager.throughput(OWNER, 60)
    await tasks.manager.live.feed_backlog(OWNER, TaskFilter(), None)
    async with tasks.database.read() as connection:
        await reads.pending_count(connection)
        await reads.expired(connection, now_ms())
        await reads.outdated(connection, 1_700_000_000_000)
        await reads.active_ids(connection)
        await reads.queue_totals(connection)
        await reads.event_range(connection, OWNER)
        await reads.newest_position(connection)
        await parts.of_ended_tasks(connection)


@pytest.mark.long
def test_no_question_reads_all_that_is_kept(run: Run) -> None:
    async def scenario(tasks: Tasks) -> None:
        mine = await filled(tasks.database, 5 * KEPT)
        with statements(tasks.database) as asked:
            await ask_everything(tasks, mine)
        assert len(asked) > 100
        check = _sqlite_faults if tasks.database.embedded else _postgres_faults
        async with tasks.database.read() as connection:
            for statement, parameters in asked:
                assert not await check(connection, statement, parameters), (statement, parameters)

    run(scenario)


MOST_ROWS = 12_000
"""Of 20 000. Where a filter is often met, Postgres gathers a thousand in the table's own order."""
MOST_STEPS = 60_000
"""Of SQLite's virtual machine; to read an owner's 15 000 rows takes some 100 000."""


async def _sqlite_faults(connection: AsyncConnection, statement: str, parameters: Any) -> list[str]:
    """How long a statement runs, where that is too long."""
    thousands = 0

    def count() -> int:
        nonlocal thousands
        thousands += 1
        return 0

    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.set_progress_handler(count, 1000)
    await connection.exec_driver_sql(statement, parameters)
    await driver.set_progress_handler(None, 0)
    return [f"{thousands} thousand steps"] if thousands * 1000 > MOST_STEPS else []


async def _postgres_faults(connection: AsyncConnection, statement: str, parameters: Any) -> list[str]:
    """Steps of a plan that read more rows than a page, or what is gathered, needs."""
    explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
    faults: list[str] = []

    def look(step: dict[str, Any]) -> None:
        read = step.get("Actual Rows", 0) * step.get("Actual Loops", 1) + step.get("Rows Removed by Filter", 0)
        if step.get("Relation Name", "").startswith("draftcast_tasks") and read > MOST_ROWS:
            faults.append(f"{step['Node Type']} reads {read} rows")
        for below in step.get("Plans", []):
            look(below)

    look(explained.scalar_one()[0]["Plan"])
    return faults
