"""Slots that owners share fairly: an owner may hold a share of them, and waiting owners take turns."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.access.limits import QuotaExceeded
from services.errors import Bilingual, QueueFull


class FairSlots:
    """`places` slots for something that is named by `what`, in the plural. An owner may hold `share` of them, and
    `patience` times as many may wait for it; at most `most_waiting` wait in all. The owner with an empty name, which
    is not counted (see `rate_limit_key`), may hold all slots.
    """

    def __init__(self, what: Bilingual, places: int, *, share: int, patience: int = 0, most_waiting: int = 0) -> None:
        self._what = what
        self._places = places
        self._share = share
        self._patience = patience
        self._most_waiting = most_waiting
        self._held = Counter[str]()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By owner, in the order of their turns."""

    @asynccontextmanager
    async def slot(self, owner: str) -> AsyncGenerator[None]:
        """Hold a slot while the block lasts. Raises `QuotaExceeded` when too many of the owner wait, and `QueueFull`
        when too many wait in all.
        """
        await self._enter(owner)
        try:
            yield
        finally:
            self._leave(owner)

    async def _enter(self, owner: str) -> None:
        if self._free(owner):
            self._held[owner] += 1
            return
        self._check(owner)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._remove(owner, turn)
            else:
                self._leave(owner)
            raise

    def _free(self, owner: str) -> bool:
        return self._held.total() < self._places and self._held[owner] < self._part(owner)

    def _part(self, owner: str) -> int:
        return self._share if owner else self._places

    def _check(self, owner: str) -> None:
        """Raise unless one more may wait."""
        own, waiting = len(self._waiting.get(owner, ())), sum(map(len, self._waiting.values()))
        own_full = own >= self._patience * self._part(owner)
        if own_full and owner and self._held[owner] >= self._share:
            raise QuotaExceeded(
                Bilingual(
                    f"{self._held[owner]} of your {self._what.en} are under way, {own} are waiting; let one end first.",
                    f"您有 {self._held[owner]} 个{self._what.zh}正在处理，{own} 个在排队，请等其中一个结束后再试。",
                )
            )
        if own_full or waiting >= self._most_waiting:
            raise QueueFull(
                Bilingual(
                    f"{self._held.total()} {self._what.en} are under way, {waiting} are waiting; try again shortly.",
                    f"已有 {self._held.total()} 个{self._what.zh}正在处理，{waiting} 个在排队，请稍后再试。",
                )
            )

    def _leave(self, owner: str) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
        if owner in self._waiting:
            self._waiting[owner] = self._waiting.pop(owner)  # behind all others
        following = next((each for each in self._waiting if self._free(each)), None)
        if following is not None:
            turns = self._waiting.pop(following)
            turn = turns.popleft()
            if turns:
                self._waiting[following] = turns
            self._held[following] += 1
            turn.set_result(None)

    def _remove(self, owner: str, turn: asyncio.Future[None]) -> None:
        self._waiting[owner].remove(turn)
        if not self._waiting[owner]:
            del self._waiting[owner]
