"""Lists of tasks. The cost of a page does not depend on the number of stored tasks.

Tasks that meet a narrow filter are collected and sorted; those of a wide one are read along an index in the order of
the list, where the next match is near.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.pages import PageCursor, SortKey, cursor, filter_condition, names_id, page_cursor
from services.store.records import Order, OrderField, PageRequest, Task, TaskFilter, TaskPage
from services.store.rows import task_of
from services.store.tables import task_counts, tasks

COUNT_LIMIT = 1000
"""Maximum number of tasks that are collected and counted exactly."""
LAST_OF_ALL = 2**62
MIN_INDEXED_CHARACTERS = 3
"""Indexes of both databases cover texts by trigrams; for shorter searches tasks are scanned."""
MAX_TRIGRAMS = 12
"""Trigrams of a search that are looked up: the last ones, which distinguish draft URLs best."""


async def task_page(
    connection: AsyncConnection, owner: str, wanted: TaskFilter, order: Order, page: PageRequest
) -> TaskPage:
    """A page of an owner's tasks. Raises `InvalidInput` for a bad cursor or size.

    The total is exact without a filter and for statuses alone; otherwise it counts up to `COUNT_LIMIT`.
    """
    cut = page_cursor(page, 2)
    if _short(wanted):
        wanted = await _of_newest(connection, owner, wanted)
    total = await _stored_count(connection, owner, wanted)
    few = None
    if wanted != TaskFilter() and (total is None or total <= COUNT_LIMIT):
        few = await _collected(connection, owner, wanted, order)
    if few is None:
        places = await _scanned(connection, owner, wanted, order, cut)
        whole = len(places) <= cut.size and cut.after is None and cut.before is None
        total = (len(places) if whole else COUNT_LIMIT) if total is None else total
    else:
        places = cut.select(sorted(few, reverse=order.descending), descending=order.descending)
        total = len(few)
    kept, beyond = cut.trim(places)
    found = await _tasks(connection, kept)
    return TaskPage(
        tasks=tuple(found[task_id] for _, task_id in kept if task_id in found),
        cursors=tuple(cursor(*place) for place in kept if place[1] in found),
        has_next=cut.before is not None if cut.backward else beyond,
        has_previous=beyond if cut.backward else cut.after is not None,
        total=total,
    )


async def _stored_count(connection: AsyncConnection, owner: str, wanted: TaskFilter) -> int | None:
    """The number of tasks from the counts by status; None for other filters."""
    if wanted != TaskFilter(status=wanted.status):
        return None
    counts = sa.select(sa.func.sum(task_counts.c.count)).where(task_counts.c.owner == owner)
    if wanted.status is not None:
        counts = counts.where(task_counts.c.status.in_(wanted.status))
    return int(await connection.scalar(counts) or 0)


def _short(wanted: TaskFilter) -> bool:
    """Whether no index knows the text that is searched for."""
    return bool(wanted.search) and len(wanted.search or "") < MIN_INDEXED_CHARACTERS


async def _of_newest(connection: AsyncConnection, owner: str, wanted: TaskFilter) -> TaskFilter:
    """The filter for tasks that are among the newest `COUNT_LIMIT` of an owner."""
    older = sa.select(tasks.c.created_at_ms).where(tasks.c.owner == owner)
    after_ms = await connection.scalar(older.order_by(tasks.c.created_at_ms.desc()).offset(COUNT_LIMIT).limit(1))
    if after_ms is None:
        return wanted
    return replace(wanted, created_after_ms=max(after_ms, wanted.created_after_ms or after_ms))


async def _collected(connection: AsyncConnection, owner: str, wanted: TaskFilter, order: Order) -> list[SortKey] | None:
    """The sort keys of all matching tasks; None when there are more than `COUNT_LIMIT`."""
    meets = (tasks.c.owner == owner) & filter_condition(wanted)
    if wanted.search and not _short(wanted) and connection.dialect.name == "sqlite":
        candidates = await _candidates(connection, owner, wanted, wanted.search)
        if candidates is None:
            return None
        owned = tasks.c.owner + "" == owner  # an expression: else SQLite takes the owner's index for the narrower one
        meets = tasks.c.id.in_(candidates) & owned & filter_condition(wanted)
    value = sa.func.coalesce(_column(order), _missing(order))
    rows = await connection.execute(sa.select(value, tasks.c.id).where(meets).limit(COUNT_LIMIT + 1))
    found = [(row[0], row[1]) for row in rows]
    return found if len(found) <= COUNT_LIMIT else None


async def _candidates(connection: AsyncConnection, owner: str, wanted: TaskFilter, search: str) -> list[str] | None:
    """The ids of tasks whose draft URL may contain the search, or whose id it names, from the indexes. None when it
    matches too many.
    """
    trigrams = [search[at : at + 3].replace('"', '""') for at in range(len(search) - 2)][-MAX_TRIGRAMS:]
    matching = sa.text(
        "SELECT task_id FROM draftcast_search JOIN draftcast_search_rows ON number = draftcast_search.rowid"
        " WHERE draftcast_search MATCH :trigrams AND owner = :owner LIMIT :most"
    )
    bound = {"trigrams": " AND ".join(f'"{trigram}"' for trigram in trigrams), "owner": owner, "most": COUNT_LIMIT + 1}
    found = list((await connection.execute(matching, bound)).scalars())
    named = (await connection.execute(sa.select(tasks.c.id).where(names_id(wanted)).limit(COUNT_LIMIT + 1))).scalars()
    found += named
    return found if len(found) <= COUNT_LIMIT else None


async def _scanned(
    connection: AsyncConnection, owner: str, wanted: TaskFilter, order: Order, cut: PageCursor
) -> list[SortKey]:
    """The sort keys of a page and one more, read along the indexes."""
    # SQLite would rather look up all that meet a filter and sort them; Postgres knows better from its statistics.
    by_index = order.field is OrderField.CREATED_AT or connection.dialect.name != "sqlite"
    mine = (tasks.c.owner == owner) & filter_condition(wanted, by_index=by_index)
    branches = [
        sa.select(
            cut.ordered(
                sa.select(value.label("value"), tasks.c.id).where(mine, branch),
                (value, tasks.c.id),
                descending=order.descending,
                by=(_column(order), tasks.c.id),
            ).subquery()
        )
        for branch, value in _branches(wanted, order)
    ]
    every = sa.union_all(*branches).subquery()
    query = cut.ordered(sa.select(every), (every.c.value, every.c.id), descending=order.descending)
    return [(row[0], row[1]) for row in await connection.execute(query)]


def _branches(wanted: TaskFilter, order: Order) -> Iterator[tuple[sa.ColumnElement[bool], sa.ColumnElement[int]]]:
    """Conditions of which each task meets one, and the value to sort by: for each an index holds the whole order."""
    column = _column(order)
    if order.field is OrderField.COMPLETED_AT:
        yield column.is_not(None), column
        yield column.is_(None), sa.literal(_missing(order), sa.BigInteger)
        return
    if order.field is OrderField.CREATED_AT:
        filters = (
            (tasks.c.error_code, wanted.error_code),
            (tasks.c.stage, wanted.stage),
            (tasks.c.status, wanted.status),
        )
        for indexed, values in filters:
            if values:
                yield from ((indexed == value, column) for value in dict.fromkeys(values))
                return
    yield sa.true(), column


def _column(order: Order) -> sa.ColumnElement[int]:
    if order.field is OrderField.COMPLETED_AT:
        return tasks.c.completed_at_ms
    return tasks.c.updated_at_ms if order.field is OrderField.UPDATED_AT else tasks.c.created_at_ms


def _missing(order: Order) -> int:
    """Tasks without the value come last."""
    return -1 if order.descending else LAST_OF_ALL


async def _tasks(connection: AsyncConnection, places: Sequence[SortKey]) -> dict[str, Task]:
    ids = [task_id for _, task_id in places]
    rows = await connection.execute(sa.select(tasks).where(tasks.c.id.in_(ids)))
    return {row["id"]: task_of(row) for row in rows.mappings()}
