"""The estimated end of an attempt, from the speed of its frames. Pure: no effects."""

from bisect import bisect_left

from services.store.records import Stage, StageProgress

RECENT = 0.4
"""The newest share of the export time over which the speed is measured. Scenes differ and the first frames take
longest; yet one slow second must not set the estimate.
"""
STEADINESS = 2.0
"""Maximum factor between the recent and the average speed: frames come in bursts, and sometimes not at all."""
WRITING = 0.05
"""Share of the export time that joining, checking and storing take: 0.01 for long videos, 0.1 for a few seconds."""
EARLY = 0.05
"""Share of the frames before which no end is estimated: the first ones take longest."""
MARKS = 64
"""Number of samples over the export time."""


class Eta:
    """Estimates the end of an attempt from its frame counts."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []
        self._end_ms: int | None = None

    def end_ms(self, stage: StageProgress, now_ms: int) -> int | None:
        """The estimated end of the task in ms since 1970; None before `EARLY`."""
        if stage.stage is Stage.EXPORTING:
            self._end_ms = self._exporting(stage, now_ms)
        elif stage.stage is Stage.WRITING_FILE:
            self._end_ms = self._writing(stage, now_ms)
        return self._end_ms

    def _exporting(self, stage: StageProgress, now_ms: int) -> int | None:
        if not stage.done or not stage.total:
            return None
        self._remember(stage.started_at_ms, now_ms, stage.done)
        if stage.done < stage.total * EARLY:
            return None
        elapsed_ms = max(1, now_ms - stage.started_at_ms)
        average = stage.done / elapsed_ms
        recent = (stage.done - self._done_at(now_ms - elapsed_ms * RECENT)) / (elapsed_ms * RECENT)
        speed = min(average * STEADINESS, max(average / STEADINESS, recent))
        left_ms = max(0.0, stage.total - stage.done) / speed
        return now_ms + round(left_ms + (elapsed_ms + left_ms) * WRITING)

    def _writing(self, stage: StageProgress, now_ms: int) -> int | None:
        if not self._marks:
            return None
        exported_ms = stage.started_at_ms - self._marks[0][0]
        return max(now_ms, stage.started_at_ms + round(exported_ms * WRITING))

    def _remember(self, began_ms: int, now_ms: int, done: float) -> None:
        if not self._marks:
            self._marks.append((began_ms, 0.0))
        if now_ms - self._marks[-1][0] >= (now_ms - began_ms) / MARKS:
            self._marks.append((now_ms, done))

    def _done_at(self, at_ms: float) -> float:
        """The frames done at a past time, interpolated between samples."""
        after = min(len(self._marks) - 1, bisect_left(self._marks, at_ms, key=lambda mark: mark[0]))
        (start_ms, one), (end_ms, other) = self._marks[max(0, after - 1)], self._marks[after]
        return other if start_ms == end_ms else one + (other - one) * (at_ms - start_ms) / (end_ms - start_ms)
