"""The wall clock. A time is UTC milliseconds since 1970."""

import sys
import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def now_ms() -> int:
    """The current time."""
    return time.time_ns() // 1_000_000


def rfc3339(at_ms: int) -> str:
    """The time in RFC 3339 with milliseconds and Z, such as `2026-11-01T12:00:00.000Z`."""
    return (EPOCH + at_ms * MILLISECOND).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class SteadyClock:
    """A clock that starts at the wall clock's time and ignores later changes of it.

    For decisions about the expiry of files, which cannot be undone.
    """

    def __init__(self) -> None:
        self._booted_at = now_ms() / 1000 - _seconds_since_boot()

    def seconds(self) -> float:
        """UTC seconds since 1970."""
        return self._booted_at + _seconds_since_boot()


def _seconds_since_boot() -> float:
    """Seconds since boot, on Linux with those that the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME if sys.platform == "linux" else time.CLOCK_MONOTONIC)
