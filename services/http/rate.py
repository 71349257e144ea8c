"""How slowly bytes may come: the one rule for what is fetched, and for what callers bring."""

import time

WINDOW_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 1000.0
"""Bytes a second, in each stretch of `WINDOW_SECONDS`."""


class MinimumRate:
    """Counts what comes; begins when it is made."""

    def __init__(self, window_seconds: float = WINDOW_SECONDS, bytes_per_second: float = MIN_BYTES_PER_SECOND) -> None:
        self._window_seconds = window_seconds
        self._bytes_per_second = bytes_per_second
        self._began = time.monotonic()
        self._received = 0

    def fast_enough(self, size: int) -> bool:
        """So many bytes more have come: whether that is fast enough still."""
        self._received += size
        elapsed = time.monotonic() - self._began
        if elapsed < self._window_seconds:
            return True
        kept = self._received >= elapsed * self._bytes_per_second
        self._began, self._received = time.monotonic(), 0
        return kept
