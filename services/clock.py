"""The wall clock, in one place. Inside, a time is UTC milliseconds since 1970."""

import sys
import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def now_ms() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def rfc3339(at_ms: int) -> str:
    """UTC with milliseconds and Z, such as `2026-11-01T12:00:00.000Z`."""
    return (EPOCH + at_ms * MILLISECOND).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class SteadyClock:
    """The wall clock as it was when this was made, gone on by itself: who sets the clock does not move this one.

    For what is removed after some time, and cannot be brought back.
    """

    def __init__(self) -> None:
        self._began = now_ms() / 1000 - _seconds_since_boot()

    def seconds(self) -> float:
        """UTC seconds since 1970."""
        return self._began + _seconds_since_boot()


def _seconds_since_boot() -> float:
    """With those that the machine slept, where that can be told."""
    return time.clock_gettime(time.CLOCK_BOOTTIME if sys.platform == "linux" else time.CLOCK_MONOTONIC)
