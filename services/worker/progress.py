"""The progress of an attempt, from exporter lines to stored updates. Pure: no effects."""

from dataclasses import replace
from typing import Any

from services.errors import DraftWarning
from services.exporter_protocol import Stage, StageLine
from services.store.records import EventType, StageProgress, Task
from services.store.writes import closed, stage_values, warning_values
from services.warning_limit import WarningLimit
from services.worker.eta import Eta
from services.worker.progress_scale import ORDER, percent

PREVIEW_MS = 1000
"""Minimum interval of previews."""
_EXPORTER_STAGES = ORDER[2:-1]

Write = tuple[EventType, dict[str, Any]]


class AttemptProgress:
    """Takes an attempt's lines in and gives out what is to be stored.

    Percentages and counts that wait to be stored replace each other; stages queue up, and
    there are five of them at most.
    """

    def __init__(self, task: Task) -> None:
        self.stages = list(task.stages)
        self._percent = task.progress
        self._warnings: list[DraftWarning] = []
        self._limit = WarningLimit()
        self._warned = False
        """Whether there are warnings that have not been taken."""
        self._stage_writes: list[Write] = []
        self._latest: dict[str, Any] = {}
        self._eta = Eta()
        self._preview_at_ms: int | None = None

    @property
    def stage(self) -> Stage:
        """The current stage."""
        return self.stages[-1].stage

    @property
    def flush_now(self) -> bool:
        """Whether a change of stage waits to be stored."""
        return bool(self._stage_writes)

    def on_stage(self, line: StageLine, now_ms: int) -> None:
        """A stage begins or goes on. Lines of an earlier stage are ignored."""
        if line.stage not in _EXPORTER_STAGES or ORDER.index(line.stage) < ORDER.index(self.stage):
            return
        entered = line.stage is not self.stage
        if entered:
            self.stages = [*closed(self.stages, now_ms), StageProgress(stage=line.stage, started_at_ms=now_ms)]
        self.stages[-1] = _counted(self.stages[-1], line)
        self._percent = max(self._percent, percent(self.stages[-1]))
        values = stage_values(self.stages, self._percent)
        values["estimated_completion_at_ms"] = self._eta.end_ms(self.stages[-1], now_ms)
        if entered:
            self._stage_writes.append((EventType.STAGE_CHANGED, {**self._latest, **values}))
            self._latest = {}
        else:
            self._latest.update(values)

    def on_warning(self, warning: DraftWarning) -> None:
        """Add a warning, up to the limit."""
        kept = self._limit.admit(warning)
        if kept is not None:
            self._warnings.append(kept)
            self._warned = True

    def preview_due(self, now_ms: int) -> bool:
        """Whether a preview that arrives now is stored: at most one per `PREVIEW_MS`. True counts as stored."""
        if self._preview_at_ms is not None and abs(now_ms - self._preview_at_ms) < PREVIEW_MS:
            return False
        self._preview_at_ms = now_ms
        return True

    def on_preview(self, key: str) -> None:
        """A newer preview is in the file storage, under this key."""
        self._latest["preview_key"] = key

    def take(self) -> list[Write]:
        """What is to be stored now, in order; it is forgotten here."""
        writes, self._stage_writes = self._stage_writes, []
        if self._warned:
            self._latest.update(warning_values(self._warnings))
            self._warned = False
        if self._latest:
            writes.append((EventType.PROGRESS, self._latest))
            self._latest = {}
        return writes

    def put_back(self, writes: list[Write]) -> None:
        """What was taken could not be stored: it comes first the next time, and newer values replace its own."""
        kept = {
            name: value for event, values in writes if event is EventType.PROGRESS for name, value in values.items()
        }
        self._stage_writes = [write for write in writes if write[0] is EventType.STAGE_CHANGED] + self._stage_writes
        self._latest = {**kept, **self._latest}


def _counted(stage: StageProgress, line: StageLine) -> StageProgress:
    """The stage with the counts of the line; `done` never falls."""
    if line.done is None:
        return stage
    return replace(stage, done=max(line.done, stage.done or 0.0), total=line.total, unit=line.unit)
