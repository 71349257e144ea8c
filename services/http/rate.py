"""The minimum transfer rate of downloads and uploads."""

import time

WINDOW_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 1000.0
"""Bytes a second, in each stretch of `WINDOW_SECONDS`."""


class MinimumRate:
    """The check of one transfer, which begins when the object is made."""

    def __init__(self, window_seconds: float = WINDOW_SECONDS, bytes_per_second: float = MIN_BYTES_PER_SECOND) -> None:
        self._window_seconds = window_seconds
        self._bytes_per_second = bytes_per_second
        self._began = time.monotonic()
        self._received = 0

    def fast_enough(self, size: int) -> bool:
        """Count `size` received bytes; False when the window that ends now was too slow."""
        self._received += size
        elapsed = time.monotonic() - self._began
        if elapsed < self._window_seconds:
            return True
        fast = self._received >= elapsed * self._bytes_per_second
        self._began, self._received = time.monotonic(), 0
        return fast
