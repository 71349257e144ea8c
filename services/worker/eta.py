"""When an attempt will be done, told from the speed of its frames. No effects."""

from bisect import bisect_left

from services.store.records import Stage, StageProgress

RECENT = 0.4
"""The part of the time since the export began over which the speed is measured: its newest. Scenes differ, and the
first frames take longest; yet one slow second is not taken for the rest.
"""
STEADINESS = 2.0
"""At most by this factor the newest speed is taken for lower or higher than that of the whole export so far: frames
may come in bursts, and not at all for a while.
"""
WRITING = 0.05
"""How long joining, checking and storing the file take, as a part of the export's time: between a hundredth, for
long videos, and a tenth, for those of a few seconds.
"""
MARKS = 64
"""How finely the past is remembered."""


class Pace:
    """Takes an attempt's counts in as they come, and tells when the attempt will be done."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []
        self._end_ms: int | None = None

    def end_ms(self, stage: StageProgress, now_ms: int) -> int | None:
        """When the task will be done, its present stage being so; None before frames have been made."""
        if stage.stage is Stage.EXPORTING:
            self._end_ms = self._exporting(stage, now_ms)
        elif stage.stage is Stage.WRITING_FILE:
            self._end_ms = self._writing(stage, now_ms)
        return self._end_ms

    def _exporting(self, stage: StageProgress, now_ms: int) -> int | None:
        if not stage.done or not stage.total:
            return None
        self._remember(stage.started_at_ms, now_ms, stage.done)
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
        """What was done at a time in the past, evenly between marks."""
        after = min(len(self._marks) - 1, bisect_left(self._marks, at_ms, key=lambda mark: mark[0]))
        (start_ms, one), (end_ms, other) = self._marks[max(0, after - 1)], self._marks[after]
        return other if start_ms == end_ms else one + (other - one) * (at_ms - start_ms) / (end_ms - start_ms)
