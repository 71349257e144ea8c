"""Keyset pagination in both directions, with opaque cursors."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import Bilingual, InvalidInput
from services.store.records import EventPage, EventType, PageRequest, TaskFilter
from services.store.rows import event_of
from services.store.tables import events, tasks

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
LONGEST_CURSOR = 1000
LARGEST_NUMBER = 2**63 - 1
"""Largest integer that the database can compare."""

SortKey = tuple[int, str]
"""The position of a task in a list: the sorted value and the task id."""
Entry = TypeVar("Entry")
Query = TypeVar("Query", bound=sa.Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class PageCursor:
    """A validated page request: `size` rows, from the end when `backward`."""

    size: int
    after: list[Any] | None
    before: list[Any] | None
    backward: bool

    def ordered(
        self,
        query: Query,
        key: tuple[sa.ColumnElement[Any], ...],
        *,
        descending: bool = False,
        by: tuple[sa.ColumnElement[Any], ...] = (),
    ) -> Query:
        """The rows of the page and one more, which shows whether there are more.

        `key` is the content of cursors; `by` are the columns to sort by, where the index expresses them differently.
        """
        place = sa.tuple_(*key)
        for bound_at, later in ((self.after, True), (self.before, False)):
            if bound_at is not None:
                bound = sa.tuple_(*(sa.literal(part) for part in bound_at))
                query = query.where(place < bound if descending == later else place > bound)
        downwards = descending != self.backward
        return query.order_by(*(part.desc() if downwards else part.asc() for part in by or key)).limit(self.size + 1)

    def select(self, places: list[SortKey], *, descending: bool = False) -> list[SortKey]:
        """The same for sort keys that are sorted already."""
        for bound_at, later in ((self.after, True), (self.before, False)):
            if bound_at is not None:
                bound = (bound_at[0], bound_at[1])
                places = [place for place in places if (place < bound if descending == later else place > bound)]
        return (places[::-1] if self.backward else places)[: self.size + 1]

    def trim(self, found: Sequence[Entry]) -> tuple[Sequence[Entry], bool]:
        """The entries of the page in order, and whether there was one more."""
        entries = found[: self.size]
        return (entries[::-1] if self.backward else entries), len(found) > self.size


async def event_page(
    connection: AsyncConnection, owner: str, task_id: str, page: PageRequest, types: tuple[EventType, ...] | None
) -> EventPage:
    """A page of the events of an owner's task, oldest first; all types with None; none of a task of others. Raises
    `InvalidInput` for a bad cursor or size.
    """
    cut = page_cursor(page, 1)
    owned = sa.exists().where(tasks.c.id == task_id, tasks.c.owner == owner)
    query = sa.select(events).where(events.c.task_id == task_id, owned)
    if types is not None:
        query = query.where(events.c.type.in_(types))
    rows = (await connection.execute(cut.ordered(query, (events.c.seq,)))).mappings().all()
    kept, beyond = cut.trim(rows)
    return EventPage(
        events=tuple(event_of(row) for row in kept),
        cursors=tuple(cursor(row["seq"]) for row in kept),
        has_next=cut.before is not None if cut.backward else beyond,
        has_previous=beyond if cut.backward else cut.after is not None,
    )


def size_of(page: PageRequest) -> int:
    """The maximum number of entries of a page. Raises `InvalidInput`."""
    return page_cursor(page, 0).size


def filter_condition(wanted: TaskFilter, *, by_index: bool = True) -> sa.ColumnElement[bool]:
    """The filter in SQL, on `draftcast_tasks`. Unless `by_index`, indexes on the filtered columns are not used."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]

    def tried(column: sa.Column[str]) -> sa.ColumnElement[str]:
        return column if by_index else column + ""

    if wanted.status is not None:
        conditions.append(tried(tasks.c.status).in_(wanted.status))
    if wanted.stage is not None:
        conditions.append(tried(tasks.c.stage).in_(wanted.stage))
    if wanted.error_code is not None:
        conditions.append(tried(tasks.c.error_code).in_(wanted.error_code))
    if wanted.draft_url is not None:
        conditions.append(tasks.c.draft_url == wanted.draft_url)
    if wanted.created_after_ms is not None:
        conditions.append(tasks.c.created_at_ms > wanted.created_after_ms)
    if wanted.created_before_ms is not None:
        conditions.append(tasks.c.created_at_ms < wanted.created_before_ms)
    if wanted.search:
        conditions.append(tasks.c.draft_url.icontains(wanted.search, autoescape=True) | names_id(wanted))
    return sa.and_(*conditions)


def names_id(wanted: TaskFilter) -> sa.ColumnElement[bool]:
    """`TaskFilter.names` in SQL: a range, which the primary key has in order."""
    prefix = wanted.id_prefix
    if prefix is None:
        return tasks.c.id == wanted.search
    return tasks.c.id.between(prefix, prefix + "g")  # "g" follows all hexadecimal digits


def page_cursor(page: PageRequest, parts: int) -> PageCursor:
    """The validated request; its cursors hold `parts` values. Raises `InvalidInput`."""
    if page.first is not None and page.last is not None:
        raise InvalidInput(Bilingual("Give first or last, not both.", "first 与 last 只能给其一。"), path=("first",))
    backward = page.last is not None
    name = "last" if backward else "first"
    size = page.last if backward else page.first
    size = DEFAULT_PAGE_SIZE if size is None else size
    if not 0 <= size <= MAX_PAGE_SIZE:
        raise InvalidInput(
            Bilingual(
                f"{name} must be 0 to {MAX_PAGE_SIZE}, not {size}.",
                f"{name} 须在 0 到 {MAX_PAGE_SIZE} 之间，而不是 {size}。",
            ),
            path=(name,),
        )
    return PageCursor(size, _parsed("after", page.after, parts), _parsed("before", page.before, parts), backward)


def cursor(*parts: Any) -> str:
    """The opaque cursor of an entry."""
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def _parsed(name: str, cursor: str | None, parts: int) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(cursor[:LONGEST_CURSOR] + "=" * (-len(cursor) % 4)))
        if _is_sort_key(found, parts):
            return list(found)
    except (ValueError, RecursionError):
        pass
    raise InvalidInput(
        Bilingual(
            f"{name} is not a cursor of this list; take one from pageInfo or edges.",
            f"{name} 不是此列表的游标；请使用 pageInfo 或 edges 中的值。",
        ),
        path=(name,),
    )


def _is_sort_key(found: object, parts: int) -> bool:
    """Whether the value is a number followed by texts that the database can compare."""
    if not isinstance(found, list):
        return False
    first, *rest = cast("list[object]", found) or [None]
    number = type(first) is int and abs(first) <= LARGEST_NUMBER
    return len(rest) == parts - 1 and number and all(isinstance(part, str) and "\0" not in part for part in rest)
