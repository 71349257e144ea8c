"""How often a caller may do what: so many times within each minute, and so many sockets, streams and
waiting polls at once.

A caller is counted by its key's owner; without keys by its address, and not at all on the machine itself.
"""

import math
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from services.access.callers import Caller
from services.clock import now_ms
from services.errors import Bilingual, RequestError

MINUTE_MS = 60_000
WRONG_KEYS_PER_MINUTE = 30
"""Different ones from one address: enough for a person's mistakes."""


class Limit(StrEnum):
    """What is counted by the minute."""

    SUBMITS = "submits"
    QUERIES = "queries"
    WRONG_KEYS = "wrong keys"

    __hash__ = str.__hash__


_ZH = {Limit.SUBMITS: "提交", Limit.QUERIES: "请求", Limit.WRONG_KEYS: "错误密钥"}


class QuotaExceeded(RequestError):
    """The caller has used up what it may; `resets_at_ms` (UTC milliseconds) is when it may go on, if that is known."""

    resets_at_ms: int | None = None

    @property
    def retry_after_seconds(self) -> int:
        """How long to wait; a guess where it is not known."""
        return 30 if self.resets_at_ms is None else max(1, math.ceil((self.resets_at_ms - now_ms()) / 1000))


@dataclass(slots=True)
class Limits:
    """Counts in memory, for one process. A limit of 0 is none."""

    submits_per_minute: int
    queries_per_minute: int
    sockets_per_key: int
    _ends_at_ms: int = 0
    """When the minute ends."""
    _counts: dict[Limit, dict[str, int]] = field(default_factory=lambda: {limit: {} for limit in Limit})
    _guesses: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    _sockets: Counter[str] = field(default_factory=Counter[str])

    def count(self, limit: Limit, caller: Caller, address: str) -> None:
        """The caller does this once more. Raises `QuotaExceeded`."""
        name = rate_limit_key(caller, address)
        if name:
            self._count(limit, name, self.submits_per_minute if limit is Limit.SUBMITS else self.queries_per_minute)

    def wrong_key(self, address: str, text: str) -> None:
        """A key was given from there that opens nothing. Who gives the same one again guesses nothing.

        Raises `QuotaExceeded`.
        """
        network = _network(address)
        guess = (network, hash(text))
        if guess not in self._guesses:
            self._count(Limit.WRONG_KEYS, network, WRONG_KEYS_PER_MINUTE)
            self._guesses.add(guess)

    def _count(self, limit: Limit, name: str, most: int) -> None:
        if not most:
            return
        at_ms = now_ms()
        if not self._ends_at_ms - MINUTE_MS <= at_ms < self._ends_at_ms:
            self._begin_minute(at_ms)
        counts = self._counts[limit]
        before = counts.get(name, 0)
        if before >= most:
            raise self._exceeded(limit, most, at_ms)
        counts[name] = before + 1

    def _begin_minute(self, at_ms: int) -> None:
        self._ends_at_ms = (at_ms // MINUTE_MS + 1) * MINUTE_MS
        self._guesses.clear()
        for counts in self._counts.values():
            counts.clear()

    def _exceeded(self, limit: Limit, most: int, at_ms: int) -> QuotaExceeded:
        seconds = math.ceil((self._ends_at_ms - at_ms) / 1000)
        refusal = QuotaExceeded(
            Bilingual(
                f"There were {most} {limit} within this minute, and no more are taken; go on in {seconds} s.",
                f"本分钟内的{_ZH[limit]}已达上限 {most} 次，请在 {seconds} 秒后继续。",
            )
        )
        refusal.resets_at_ms = self._ends_at_ms
        return refusal

    @contextmanager
    def entered(self, names: Iterable[str]) -> Generator[None]:
        """A connection of these names is kept meanwhile. Raises `QuotaExceeded`."""
        taken: list[str] = []
        try:
            for name in filter(None, names):
                self.enter(name)
                taken.append(name)
            yield
        finally:
            for name in taken:
                self.leave(name)

    def enter(self, name: str) -> None:
        """A connection of this name is kept: a socket, a stream or a poll that waits. Raises `QuotaExceeded`."""
        if not name:
            return
        most = self.sockets_per_key
        if most and self._sockets[name] >= most:
            raise QuotaExceeded(
                Bilingual(
                    f"There are {most} sockets, streams and waiting polls open already; close one first.",
                    f"已有 {most} 个 websocket、事件流或等待中的轮询，请先关闭其中一个。",
                )
            )
        self._sockets[name] += 1

    def leave(self, name: str) -> None:
        """It is closed."""
        self._sockets[name] -= 1
        if self._sockets[name] <= 0:
            del self._sockets[name]


def rate_limit_key(caller: Caller | None, address: str) -> str:
    """In whose name a caller is counted; empty: it is not counted. Guests of a task count for its owner."""
    if caller is not None and caller.key_id:
        return f"key {caller.owner}"
    return address_key(address)


@lru_cache(4096)
def address_key(address: str) -> str:
    """In whose name an address is counted; empty for this machine's own, proxies among them."""
    try:
        found = _plain(address)
    except ValueError:  # a socket of this machine has none
        return ""
    return "" if found.is_loopback else f"address {_network(address)}"


@lru_cache(4096)
def _network(address: str) -> str:
    """What one caller has of addresses: whoever has one of IPv6 has 2^64 of them."""
    try:
        found = _plain(address)
    except ValueError:
        return "?"
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def _plain(address: str) -> IPv4Address | IPv6Address:
    """The address, without its zone; IPv4 that is written as IPv6 is IPv4. Raises ValueError."""
    found = ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
