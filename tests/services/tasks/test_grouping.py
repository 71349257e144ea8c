import asyncio
from collections.abc import Sequence

from services.errors import StoreUnavailable
from services.tasks.grouping import Grouping


def quotients(groups: list[list[int]], wanted: list[int]) -> list[float | BaseException]:
    """12 divided by each, asked for at the same time, in groups of at most 4, which are noted."""

    async def do(group: Sequence[int]) -> list[float]:
        groups.append(list(group))
        await asyncio.sleep(0)
        if 13 in group:
            raise StoreUnavailable
        return [12 / each for each in group]

    async def scenario() -> list[float | BaseException]:
        grouping = Grouping(do, 4)
        return await asyncio.gather(*(grouping.one(each) for each in wanted), return_exceptions=True)

    return asyncio.run(scenario())


def test_what_is_asked_for_at_once_is_done_in_groups_in_order() -> None:
    groups = list[list[int]]()
    assert quotients(groups, [1, 2, 3, 4, 6, 12]) == [12, 6, 4, 3, 2, 1]
    assert groups == [[1, 2, 3, 4], [6, 12]]


def test_an_error_is_that_of_its_caller_alone() -> None:
    one, zero, two = quotients([], [1, 0, 2])
    assert (one, type(zero), two) == (12, ZeroDivisionError, 6)


def test_an_unavailable_database_is_asked_once_for_a_group() -> None:
    groups = list[list[int]]()
    assert {type(each) for each in quotients(groups, [1, 13, 2])} == {StoreUnavailable}
    assert groups == [[1, 13, 2]]


def test_who_waits_when_it_is_closed_is_cancelled() -> None:
    async def forever(group: Sequence[int]) -> list[int]:
        await asyncio.Event().wait()
        return list(group)

    async def scenario() -> None:
        grouping = Grouping(forever, 1)
        callers = [asyncio.create_task(grouping.one(each)) for each in (1, 2)]
        await asyncio.sleep(0)
        await grouping.close()
        async with asyncio.timeout(10):
            await asyncio.wait(callers)
        assert all(each.cancelled() for each in callers)

    asyncio.run(scenario())
