"""Rate limits by the minute, and limits of concurrent sockets, streams and waiting polls.

A caller is counted by its key's owner, without keys by its address; this machine's own addresses are not counted.
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
"""Different wrong keys from one address: enough for a person's mistakes."""


class Limit(StrEnum):
    """The acts that are counted by the minute."""

    SUBMITS = "submits"
    QUERIES = "queries"
    WRONG_KEYS = "wrong keys"

    __hash__ = str.__hash__


_ZH = {Limit.SUBMITS: "提交", Limit.QUERIES: "请求", Limit.WRONG_KEYS: "错误密钥"}


class QuotaExceeded(RequestError):
    """The caller has reached a limit; `resets_at_ms` (UTC milliseconds) is its end, where that is known."""

    resets_at_ms: int | None = None

    @property
    def retry_after_seconds(self) -> int:
        """Seconds to wait; 30 where the end is not known."""
        return 30 if self.resets_at_ms is None else max(1, math.ceil((self.resets_at_ms - now_ms()) / 1000))


@dataclass(slots=True)
class Limits:
    """The counts of one process, in memory. A limit of 0 means no limit."""

    submits_per_minute: int
    queries_per_minute: int
    sockets_per_key: int
    _ends_at_ms: int = 0
    """The end of the current minute, UTC milliseconds."""
    _counts: dict[Limit, dict[str, int]] = field(default_factory=lambda: {limit: {} for limit in Limit})
    _guesses: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    _sockets: Counter[str] = field(default_factory=Counter[str])

    def count(self, limit: Limit, caller: Caller, address: str) -> None:
        """Count one act of the caller. Raises `QuotaExceeded`."""
        name = rate_limit_key(caller, address)
        if name:
            self._count(limit, name, self.submits_per_minute if limit is Limit.SUBMITS else self.queries_per_minute)

    def wrong_key(self, address: str, text: str) -> None:
        """Count a wrong key from an address; the same key again is not counted. Raises `QuotaExceeded`."""
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
    def slots(self, names: Iterable[str]) -> Generator[None]:
        """Hold a connection slot of each name while the block lasts. Raises `QuotaExceeded`."""
        taken: list[str] = []
        try:
            for name in filter(None, names):
                self.take_slot(name)
                taken.append(name)
            yield
        finally:
            for name in taken:
                self.release_slot(name)

    def take_slot(self, name: str) -> None:
        """Take a connection slot for a socket, a stream or a waiting poll. Raises `QuotaExceeded`."""
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

    def release_slot(self, name: str) -> None:
        """Release a connection slot."""
        self._sockets[name] -= 1
        if self._sockets[name] <= 0:
            del self._sockets[name]


def rate_limit_key(caller: Caller | None, address: str) -> str:
    """The name that a caller is counted by, for guests the task's owner; empty: it is not counted."""
    if caller is not None and caller.key_id:
        return f"key {caller.owner}"
    return address_key(address)


@lru_cache(4096)
def address_key(address: str) -> str:
    """The name that an address is counted by; empty for loopback addresses, proxies on this machine among them."""
    try:
        found = _plain(address)
    except ValueError:  # a Unix socket has no address
        return ""
    return "" if found.is_loopback else f"address {_network(address)}"


@lru_cache(4096)
def _network(address: str) -> str:
    """The network of one caller: the address for IPv4, the /64 network for IPv6."""
    try:
        found = _plain(address)
    except ValueError:
        return "?"
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def shown_network(address: str) -> str:
    """The network of an address, for operators: 24 bits of IPv4, 48 of IPv6; as it is where it is no address."""
    try:
        found = _plain(address)
    except ValueError:
        return address
    if found.is_loopback:
        return str(found)
    return str(ip_network((found, 48 if found.version == 6 else 24), strict=False))


def _plain(address: str) -> IPv4Address | IPv6Address:
    """The address without its zone; IPv4-mapped IPv6 becomes IPv4. Raises ValueError."""
    found = ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
