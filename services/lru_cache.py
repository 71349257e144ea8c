"""A bounded LRU cache for everything that is derived from requests."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
SHARE = 8
"""A value larger than this fraction (1/8) of the cache is not stored."""


class LruCache(Generic[V]):
    """Values by key, at most `max_bytes` in all; the least recently used are evicted first.

    The caller says how large an entry is. `on_evict` is called with each value that is evicted or replaced.
    """

    def __init__(self, max_bytes: int, on_evict: Callable[[V], object] | None = None) -> None:
        self._max_bytes = max_bytes
        self._on_evict = on_evict
        self._values: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: Hashable) -> V | None:
        """The value, which becomes the most recently used; None when there is none."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V, size_bytes: int) -> V:
        """Store a value, unless it is too large, and return it."""
        before = self._values.pop(key, None)
        if before is not None:
            self._evict(*before, unless=value)
        if size_bytes <= self._max_bytes // SHARE:
            self._values[key] = (value, size_bytes)
            self.size_bytes += size_bytes
        while self.size_bytes > self._max_bytes:
            _, oldest = self._values.popitem(last=False)
            self._evict(*oldest)
        return value

    def _evict(self, value: V, size_bytes: int, unless: V | None = None) -> None:
        self.size_bytes -= size_bytes
        if self._on_evict is not None and value is not unless:
            self._on_evict(value)


def text_bytes(*texts: str | bytes) -> int:
    """An upper bound of the memory of these texts and of one cache entry, in bytes."""
    return 400 + 4 * sum(map(len, texts))
