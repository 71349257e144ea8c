"""Times of clients; `services.clock.rfc3339` writes them."""

import re
from datetime import datetime

from services.clock import EPOCH, MILLISECOND

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_rfc3339(text: str) -> int:
    """The milliseconds of any RFC 3339 time with its offset. Raises ValueError for everything else."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not an RFC 3339 time with an offset, such as 2026-11-01T12:00:00.000Z")
    return (datetime.fromisoformat(text.upper()) - EPOCH) // MILLISECOND


def naive_local(at_ms: int) -> str:
    """The server's local time without an offset, as Python's `datetime.now().isoformat()` gives it."""
    return datetime.fromtimestamp(at_ms / 1000).isoformat()  # noqa: DTZ006 - naive on purpose
