"""Lists in pages: keyset pagination in both directions, with opaque cursors."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import Bilingual, InvalidInput
from services.tasks.records import (
    EventPage,
    EventType,
    Order,
    OrderField,
    PageRequest,
    Task,
    TaskFilter,
    TaskPage,
)
from services.tasks.store.rows import event_of, task_of
from services.tasks.store.tables import events, tasks

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
_LAST_OF_ALL = 2**62


@dataclass(frozen=True, slots=True)
class _Cut:
    """A page request, checked: `size` rows, from the end when `backward`."""

    size: int
    after: list[Any] | None
    before: list[Any] | None
    backward: bool


async def task_page(
    connection: AsyncConnection, owner: str, wanted: TaskFilter, order: Order, page: PageRequest
) -> TaskPage:
    """A page of an owner's tasks. Raises `InvalidInput` for a bad cursor or size."""
    cut = _cut(page, 2)
    mine = (tasks.c.owner == owner) & condition(wanted)
    value = _sort_value(order)
    rows = await _rows(
        connection, sa.select(tasks, value.label("sort")).where(mine), (value, tasks.c.id), order.descending, cut
    )
    total = await connection.scalar(sa.select(sa.func.count()).select_from(tasks).where(mine))
    kept, beyond = _kept(rows, cut)
    return TaskPage(
        tasks=tuple(task_of(row) for row in kept),
        cursors=tuple(_cursor(row["sort"], row["id"]) for row in kept),
        has_next=cut.before is not None if cut.backward else beyond,
        has_previous=beyond if cut.backward else cut.after is not None,
        total=total or 0,
    )


async def event_page(
    connection: AsyncConnection, task: Task, page: PageRequest, types: tuple[EventType, ...] | None
) -> EventPage:
    """A page of a task's events, oldest first; all types with None. Raises `InvalidInput` for a bad cursor or size."""
    cut = _cut(page, 1)
    query = sa.select(events).where(events.c.task_id == task.id)
    if types is not None:
        query = query.where(events.c.type.in_(types))
    rows = await _rows(connection, query, (events.c.seq,), False, cut)
    kept, beyond = _kept(rows, cut)
    return EventPage(
        events=tuple(event_of(row) for row in kept),
        cursors=tuple(_cursor(row["seq"]) for row in kept),
        has_next=cut.before is not None if cut.backward else beyond,
        has_previous=beyond if cut.backward else cut.after is not None,
    )


def size_of(page: PageRequest) -> int:
    """How many entries a page has at most. Raises `InvalidInput`."""
    return _cut(page, 0).size


def condition(wanted: TaskFilter) -> sa.ColumnElement[bool]:
    """The rows of `draftcast_tasks` that meet a filter."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if wanted.status is not None:
        conditions.append(tasks.c.status.in_(wanted.status))
    if wanted.stage is not None:
        conditions.append(tasks.c.stage.in_(wanted.stage))
    if wanted.error_code is not None:
        conditions.append(tasks.c.error_code.in_(wanted.error_code))
    if wanted.draft_url is not None:
        conditions.append(tasks.c.draft_url == wanted.draft_url)
    if wanted.created_after_ms is not None:
        conditions.append(tasks.c.created_at_ms > wanted.created_after_ms)
    if wanted.created_before_ms is not None:
        conditions.append(tasks.c.created_at_ms < wanted.created_before_ms)
    if wanted.search:
        conditions.append(tasks.c.draft_url.icontains(wanted.search, autoescape=True) | (tasks.c.id == wanted.search))
    return sa.and_(*conditions)


def _sort_value(order: Order) -> sa.ColumnElement[int]:
    if order.field is OrderField.COMPLETED_AT:
        return sa.func.coalesce(tasks.c.completed_at_ms, -1 if order.descending else _LAST_OF_ALL)
    if order.field is OrderField.UPDATED_AT:
        return tasks.c.updated_at_ms
    return tasks.c.created_at_ms


async def _rows(
    connection: AsyncConnection,
    query: sa.Select[Any],
    key: tuple[sa.ColumnElement[Any], ...],
    descending: bool,
    cut: _Cut,
) -> list[sa.RowMapping]:
    """One row more than the page holds, so that it is known whether there are more."""
    place = sa.tuple_(*key)
    for cursor, later in ((cut.after, True), (cut.before, False)):
        if cursor is not None:
            bound = sa.tuple_(*(sa.literal(part) for part in cursor))
            query = query.where(place < bound if descending == later else place > bound)
    downwards = descending != cut.backward
    query = query.order_by(*(part.desc() if downwards else part.asc() for part in key)).limit(cut.size + 1)
    return list((await connection.execute(query)).mappings())


def _kept(rows: list[sa.RowMapping], cut: _Cut) -> tuple[list[sa.RowMapping], bool]:
    kept = rows[: cut.size]
    return (kept[::-1] if cut.backward else kept), len(rows) > cut.size


def _cut(page: PageRequest, parts: int) -> _Cut:
    if page.first is not None and page.last is not None:
        raise InvalidInput(Bilingual("Give first or last, not both.", "first 与 last 只能给其一。"), path=("first",))
    backward = page.last is not None
    name = "last" if backward else "first"
    size = page.last if backward else page.first
    size = DEFAULT_PAGE if size is None else size
    if not 0 <= size <= LARGEST_PAGE:
        raise InvalidInput(
            Bilingual(
                f"{name} must be 0 to {LARGEST_PAGE}, not {size}.",
                f"{name} 须在 0 到 {LARGEST_PAGE} 之间，而不是 {size}。",
            ),
            path=(name,),
        )
    return _Cut(size, _parsed("after", page.after, parts), _parsed("before", page.before, parts), backward)


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def _parsed(name: str, cursor: str | None, parts: int) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(found) == parts and isinstance(found[0], int) and all(isinstance(part, str) for part in found[1:]):
            return list(found)
    except (ValueError, TypeError, RecursionError):
        pass
    raise InvalidInput(
        Bilingual(
            f"{name} is not a cursor of this list; take one from pageInfo or edges.",
            f"{name} 不是此列表的游标；请使用 pageInfo 或 edges 中的值。",
        ),
        path=(name,),
    )
