"""The progress of an attempt, from exporter lines to stored updates. Pure: no effects."""

from dataclasses import replace

from services.errors import DraftWarning
from services.exporter_protocol.lines import Stage, StageLine
from services.store.records import EventType, ProgressUpdate, StageProgress, Task, closed_stages
from services.warning_limit import WarningLimit
from services.worker.eta import Eta
from services.worker.progress_scale import ORDER, percent

PREVIEW_MS = 1000
"""Minimum interval of previews."""
_EXPORTER_STAGES = ORDER[2:-1]


class AttemptProgress:
    """Converts exporter lines to updates.

    Percentages, counts, warnings and previews wait for the next update; each change of stage, at most five, is an
    update of its own.
    """

    def __init__(self, task: Task) -> None:
        self.stages = list(task.stages)
        self._percent = task.progress
        self._eta = Eta()
        self._end_ms: int | None = None
        self._limit = WarningLimit()
        self._warnings: list[DraftWarning] = []
        self._preview_key: str | None = None
        self._preview_at_ms: int | None = None
        self._stream: str | None = None
        self._stage_changes: list[ProgressUpdate] = []
        self._counted = self._warned = False
        """Whether counts or warnings were added since the last update."""

    @property
    def stage(self) -> Stage:
        """The current stage."""
        return self.stages[-1].stage

    @property
    def flush_now(self) -> bool:
        """Whether a change of stage waits to be stored."""
        return bool(self._stage_changes)

    def on_stage(self, line: StageLine, now_ms: int) -> None:
        """A stage begins or goes on. Lines of an earlier stage are ignored."""
        if line.stage not in _EXPORTER_STAGES or ORDER.index(line.stage) < ORDER.index(self.stage):
            return
        entered = line.stage is not self.stage
        if entered:
            self.stages = [*closed_stages(self.stages, now_ms), StageProgress(stage=line.stage, started_at_ms=now_ms)]
        self.stages[-1] = _with_counts(self.stages[-1], line)
        self._percent = max(self._percent, percent(self.stages[-1]))
        self._end_ms = self._eta.end_ms(self.stages[-1], now_ms)
        self._counted = not entered
        if entered:
            self._stage_changes.append(self._update(EventType.STAGE_CHANGED))

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
        self._preview_key = key

    def on_stream(self, text: str) -> None:
        """The stream is longer now; an empty text: it is over."""
        self._stream = text

    def take(self) -> list[ProgressUpdate]:
        """The updates to store, in order; they are removed here."""
        updates, self._stage_changes = self._stage_changes, []
        if self._counted or self._warned or self._preview_key is not None or self._stream is not None:
            warnings = tuple(self._warnings) if self._warned else None
            updates.append(replace(self._update(EventType.PROGRESS), warnings=warnings))
            self._counted = self._warned = False
        return updates

    def put_back(self, updates: list[ProgressUpdate]) -> None:
        """Return updates that could not be stored; the next ones include them."""
        self._stage_changes = [each for each in updates if each.type is EventType.STAGE_CHANGED] + self._stage_changes
        for update in updates:
            if update.type is EventType.PROGRESS:
                self._counted = True
                self._warned = self._warned or update.warnings is not None
                self._preview_key = self._preview_key or update.preview_key
            if self._stream is None:
                self._stream = update.stream

    def _update(self, kind: EventType) -> ProgressUpdate:
        preview_key, self._preview_key = self._preview_key, None
        stream, self._stream = self._stream, None
        return ProgressUpdate(
            type=kind,
            stages=tuple(self.stages),
            progress=self._percent,
            estimated_completion_at_ms=self._end_ms,
            preview_key=preview_key,
            stream=stream,
        )


def shared_progress(
    task: Task, frames_done: int, eta: Eta, now_ms: int, preview_key: str | None = None
) -> ProgressUpdate | None:
    """The update of an attempt of which all workers together have rendered so many frames; None without news."""
    stage = task.stages[-1]
    counted = stage.stage is Stage.EXPORTING and frames_done > (stage.done or 0)
    if not counted and preview_key is None:
        return None
    stage = replace(stage, done=float(frames_done)) if counted else stage
    return ProgressUpdate(
        stages=(*task.stages[:-1], stage),
        progress=max(task.progress, percent(stage)),
        estimated_completion_at_ms=eta.end_ms(stage, now_ms),
        preview_key=preview_key,
    )


def _with_counts(stage: StageProgress, line: StageLine) -> StageProgress:
    """The stage with the counts of the line; `done` never falls."""
    if line.done is None:
        return stage
    return replace(stage, done=max(line.done, stage.done or 0.0), total=line.total, unit=line.unit)
