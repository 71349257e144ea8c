"""The wall clock, in one place. Inside, a time is UTC milliseconds since 1970."""

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
