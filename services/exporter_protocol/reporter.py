"""The writer of an exporter's lines."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.errors import DraftWarning, ErrorCode, Failure, WarningCode, failed
from services.exporter_protocol.lines import DraftFacts, Report, Result, Stage, StageLine, Unit
from services.warning_limit import WarningLimit

LINES_PER_SECOND = 10
"""Maximum rate of progress lines of one stage; its first and last line are always written."""
HEARTBEAT_SECONDS = 10
"""Interval at which a stage without progress repeats its line, as long as work goes on."""
_ORDER = tuple(Stage)


class Reporter:
    """Writes the exporter's lines.

    `write` takes one line without its end. `done` never falls within a stage, and stages only move forward. With
    `strict` the first warning is raised as FEATURE_UNSUPPORTED.
    """

    def __init__(
        self, write: Callable[[str], None], *, strict: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._strict = strict
        self._clock = clock
        self._last: StageLine | None = None
        self._written_at = 0.0
        self._warned = WarningLimit()
        self.locate: Callable[[DraftWarning], DraftWarning] = _as_it_is
        """Adds its place to a warning; set once the draft is read."""

    def accept(self, keys: Sequence[str]) -> None:
        """Report the keys of the request that are obeyed, where it has any that may not be ignored."""
        if keys:
            self._line({"accepts": list(keys)})

    def progress(self, stage: Stage, done: float, total: float | None, unit: Unit) -> None:
        """Report `done` of `total` in `stage`; total None: unknown. Progress of an earlier stage, of a compound's
        timeline, counts as a heartbeat only.
        """
        last = self._last
        if last is not None and _ORDER.index(stage) < _ORDER.index(last.stage):
            self.alive()
            return
        if last is not None and stage is last.stage:
            if not self._due(last, done, total):
                return
            done = max(last.done or 0.0, done)
        self._last, self._written_at = StageLine(stage, done, total, unit), self._clock()
        self._line({"stage": stage, "done": _whole(done), "total": _whole(total), "unit": unit})

    def alive(self) -> None:
        """Repeat the last progress line if a heartbeat is due."""
        if self._last is not None:
            self.progress(self._last.stage, self._last.done or 0.0, self._last.total, self._last.unit or Unit.ITEMS)

    def warn(self, warning: DraftWarning) -> None:
        """Report a warning. Raises `Failed` (FEATURE_UNSUPPORTED) with `strict`; lost provenance changes no picture."""
        if self._strict and warning.code is not WarningCode.PROVENANCE_LOST:
            raise failed(
                ErrorCode.FEATURE_UNSUPPORTED,
                warning.message.en,
                warning.message.zh,
                segment_id=warning.segment_id,
            )
        kept = self._warned.admit(self.locate(warning))
        if kept is not None:
            self._line({"warning": asdict(kept, dict_factory=_present)})

    def preview(self, jpeg: Path) -> None:
        """Report the newest preview; the file may be replaced and reported again."""
        self._line({"preview": str(jpeg)})

    def stream(self, path: Path, rate: tuple[int, int], frames: int) -> None:
        """Report the beginning of the stream, see `StreamLine`."""
        self._line({"stream": {"path": str(path), "rate": rate, "frames": frames}})

    def fragment(self, number: int, path: Path, frames: int) -> None:
        """Report the next fragment of the stream."""
        self._line({"fragment": {"number": number, "path": str(path), "frames": frames}})

    def parts(self, digest: str, spans: Sequence[tuple[int, int]]) -> None:
        """Report the parts of the video as (first frame, end frame), and request an order."""
        self._line({"parts": {"digest": digest, "spans": spans}})

    def part(self, number: int, path: Path) -> None:
        """Report a rendered part, and request the next order."""
        self._line({"part": {"number": number, "path": str(path)}})

    def want(self, key: str) -> None:
        """Request a kept file, see `WantedLine`."""
        self._line({"wanted": key})

    def keep(self, name: str) -> None:
        """Report a kept file that was made or used."""
        self._line({"kept": name})

    def finish(self, last: Result | Report | DraftFacts | Failure) -> None:
        """Write the last line."""
        keys = {Result: "result", Report: "report", DraftFacts: "facts", Failure: "error"}
        key = keys[type(last)]
        self._line({key: asdict(last, dict_factory=_present)})

    def _due(self, last: StageLine, done: float, total: float | None) -> bool:
        quiet = self._clock() - self._written_at
        if (done, total) == (last.done, last.total) or done < (last.done or 0.0):
            return quiet >= HEARTBEAT_SECONDS
        finished = total is not None and done >= total
        return finished or quiet >= 1 / LINES_PER_SECOND

    def _line(self, values: Mapping[str, object]) -> None:
        self._write(json.dumps(values))


def _as_it_is(warning: DraftWarning) -> DraftWarning:
    return warning


def _whole(number: float | None) -> float | int | None:
    return int(number) if number is not None and number == int(number) else number


def _present(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """A record's fields without those that are None."""
    return {key: value for key, value in fields if value is not None}
