"""What was used lately, as far as there is room: the one way to keep anything that follows from what callers send."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
SHARE = 8
"""One value may take no more than such a part of all room."""


class LruCache(Generic[V]):
    """Values by key; so many bytes at most, and those that were not used for longest go first.

    Keys and values are as large as whoever keeps them says. `dropped` is called with what goes.
    """

    def __init__(self, most_bytes: int, dropped: Callable[[V], object] | None = None) -> None:
        self._most_bytes = most_bytes
        self._dropped = dropped
        self._values: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: Hashable) -> V | None:
        """The value, which counts as used now."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: V, size_bytes: int) -> V:
        """Keep a value, unless it is too large, and give it back."""
        before = self._values.pop(key, None)
        if before is not None:
            self._drop(*before, unless=value)
        if size_bytes <= self._most_bytes // SHARE:
            self._values[key] = (value, size_bytes)
            self.size_bytes += size_bytes
        while self.size_bytes > self._most_bytes:
            _, oldest = self._values.popitem(last=False)
            self._drop(*oldest)
        return value

    def _drop(self, value: V, size_bytes: int, unless: V | None = None) -> None:
        self.size_bytes -= size_bytes
        if self._dropped is not None and value is not unless:
            self._dropped(value)


def text_bytes(*texts: str | bytes) -> int:
    """What texts take at most, and an entry of theirs besides."""
    return 400 + 4 * sum(map(len, texts))
