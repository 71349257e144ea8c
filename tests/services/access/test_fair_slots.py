"""Owners who share places: each has a part of them, and those who wait take turns."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.access.fair_slots import FairSlots
from services.access.limits import QuotaExceeded
from services.errors import Bilingual, QueueFull

REPORTS = Bilingual("draft reports", "草稿检查")


class Guests:
    """Takes places and gives them back when the test says so; `order` tells who came in."""

    def __init__(self, turns: FairSlots) -> None:
        self._slots = turns
        self.order: list[str] = []
        self._leaving: list[asyncio.Event] = []

    def ask(self, *owners: str) -> list["asyncio.Task[None]"]:
        return [asyncio.create_task(self._stay(owner)) for owner in owners]

    async def _stay(self, owner: str) -> None:
        async with self._slots.slot(owner):
            self.order.append(owner)
            self._leaving.append(asyncio.Event())
            await self._leaving[-1].wait()

    async def settle(self) -> None:
        """Until nobody has anything to do."""
        for _ in range(10):
            await asyncio.sleep(0)

    def let_go(self, number: int) -> None:
        """Who came in as number so may leave."""
        self._leaving[number].set()

    async def leave(self, *numbers: int) -> None:
        """Those who came in as number so and so leave."""
        for number in numbers:
            self.let_go(number)
            await self.settle()


def play(turns: FairSlots, scenario: Callable[[Guests], Awaitable[None]]) -> None:
    async def whole() -> None:
        guests = Guests(turns)
        async with asyncio.timeout(10):
            await scenario(guests)

    asyncio.run(whole())


def test_an_owner_never_holds_more_than_its_share_and_another_comes_in_at_once() -> None:
    async def scenario(guests: Guests) -> None:
        guests.ask(*["anna"] * 5)
        await guests.settle()
        guests.ask("bert")
        await guests.settle()
        assert guests.order == ["anna", "bert"]

    play(FairSlots(REPORTS, 2, share=1, patience=4, most_waiting=64), scenario)


def test_owners_take_turns_however_many_of_one_were_first() -> None:
    async def scenario(guests: Guests) -> None:
        guests.ask(*["anna"] * 4, *["bert"] * 3, "carl", "dora")
        await guests.settle()
        assert guests.order == ["anna", "bert"]
        for number in range(7):
            await guests.leave(number)
        assert guests.order == ["anna", "bert", "carl", "dora", "anna", "bert", "anna", "bert", "anna"]

    play(FairSlots(REPORTS, 2, share=1, patience=4, most_waiting=64), scenario)


def test_too_many_of_ones_own_are_ones_own_fault_and_of_all_the_services() -> None:
    async def scenario(guests: Guests) -> None:
        *_, one_more = guests.ask(*["anna"] * 6)
        with pytest.raises(QuotaExceeded, match="1 of your draft reports are under way, 4 are waiting"):
            await one_more
        *_, one_more = guests.ask("bert", *["bert", "carl"] * 2)
        with pytest.raises(QueueFull, match="2 draft reports are under way, 7 are waiting"):
            await one_more

    play(FairSlots(REPORTS, 2, share=1, patience=4, most_waiting=7), scenario)


def test_who_goes_away_while_waiting_takes_no_place_and_who_has_just_got_one_gives_it_on() -> None:
    async def scenario(guests: Guests) -> None:
        _, waiting, other, last = guests.ask("anna", "bert", "carl", "dora")
        await guests.settle()
        waiting.cancel()
        await guests.settle()
        guests.let_go(0)
        await asyncio.sleep(0)
        other.cancel()
        await guests.settle()
        assert guests.order[0] == "anna"
        assert guests.order[-1] == "dora"
        assert not last.done()

    play(FairSlots(REPORTS, 1, share=1, patience=4, most_waiting=64), scenario)


def test_who_is_not_counted_may_hold_all_places_and_none_wait_without_patience() -> None:
    async def scenario(guests: Guests) -> None:
        *_, one_more = guests.ask(*[""] * 5)
        with pytest.raises(QueueFull):
            await one_more
        assert guests.order == [""] * 4

    play(FairSlots(REPORTS, 4, share=2), scenario)
