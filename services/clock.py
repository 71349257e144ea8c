"""The wall clock. A time is UTC milliseconds since 1970."""

import re
import sys
import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def now_ms() -> int:
    """The current time."""
    return time.time_ns() // 1_000_000


def rfc3339(at_ms: int) -> str:
    """The time in RFC 3339 with milliseconds and Z, such as `2026-11-01T12:00:00.000Z`."""
    return (EPOCH + at_ms * MILLISECOND).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> int:
    """The milliseconds of any RFC 3339 time with its offset. Raises ValueError for everything else."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not an RFC 3339 time with an offset, such as 2026-11-01T12:00:00.000Z")
    return (datetime.fromisoformat(text.upper()) - EPOCH) // MILLISECOND


def naive_local(at_ms: int) -> str:
    """The server's local time without an offset, as Python's `datetime.now().isoformat()` gives it."""
    return datetime.fromtimestamp(at_ms / 1000).isoformat()  # noqa: DTZ006 - naive on purpose


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
