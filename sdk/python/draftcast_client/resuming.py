"""The position of a watched task across broken connections."""

import json
import math
import random
from typing import Any

from .errors import DraftcastError, Refused, Unreachable
from .generated import WATCH_GQL, Event, Watch
from .requests import Json, data_of

TRIES = 30
FIRST_TRIES = 2
"""Tries before the first event: a wrong address is not tried for long."""
LONGEST_WAIT_SECONDS = 8.0
_PASSING = ("UNAVAILABLE",)
"""Codes of errors after which the same subscription may succeed."""


class Position:
    """The last event's seq, and the number of failures since."""

    def __init__(self, task_id: str, after: int | None) -> None:
        self._task_id = task_id
        self._after = after
        self._failures = 0
        self._seen = False
        self.ended = False

    @property
    def document(self) -> str:
        """The subscription."""
        return WATCH_GQL

    @property
    def variables(self) -> Json:
        """Its variables, from here on."""
        return {"id": self._task_id, "after": self._after}

    def take(self, kind: str, data: str) -> Event | None:
        """The event of a server-sent event; None for one that carries none. Raises `Refused`, and `Unreachable` for an
        error that passes.
        """
        if kind == "complete":
            self.ended = True
        if kind != "next":
            return None
        event = Watch.model_validate(_data(json.loads(data))).video_task_progress
        self._after, self._failures, self._seen = event.seq, 0, True
        return event

    def wait_seconds(self, error: DraftcastError) -> float:
        """The time until the next try. Raises the error when there is none."""
        self._failures += 1
        if self._failures >= (TRIES if self._seen else FIRST_TRIES):
            raise error
        return min(LONGEST_WAIT_SECONDS, math.ldexp(0.25, self._failures)) * random.uniform(0.5, 1)  # noqa: S311 - no secret


def _data(result: dict[str, Any]) -> Json:
    try:
        return data_of(result)
    except Refused as error:
        if error.code in _PASSING:
            raise Unreachable(str(error)) from error
        raise
