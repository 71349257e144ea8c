"""The judgement of which workers are dead."""

from collections.abc import Callable, Hashable, Mapping


class Heartbeats:
    """Heartbeats of other processes, watched by one of them. A worker whose heartbeat has not changed for the
    dead-after time, by the watcher's monotonic clock, is dead; no wall clocks are compared, and time in which the
    watcher itself could not look counts for nobody.
    """

    def __init__(self, dead_after_seconds: float, clock: Callable[[], float]) -> None:
        self._dead_after_seconds = dead_after_seconds
        self._clock = clock
        self._beats: dict[int, Hashable] = {}
        self._moved_at: dict[int, float] = {}
        self._looked_at = clock()

    @property
    def blind(self) -> bool:
        """Whether the last look is older than the dead-after time: others may have taken the watcher for dead."""
        return self._clock() - self._looked_at > self._dead_after_seconds

    def look(self, beats: Mapping[int, Hashable]) -> list[int]:
        """The dead ones of the workers with these heartbeats."""
        now = self._clock()
        late = now - self._looked_at > self._dead_after_seconds / 2
        self._moved_at = {
            worker: now if late or self._beats.get(worker) != beat else self._moved_at[worker]
            for worker, beat in beats.items()
        }
        self._beats, self._looked_at = dict(beats), now
        return [worker for worker, moved_at in self._moved_at.items() if now - moved_at > self._dead_after_seconds]
