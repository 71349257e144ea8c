"""The source time of each moment of a segment whose speed follows a curve. Pure.

The apps draw a curve through its points; that it is a monotone cubic of the speed over the segment's own time is our
reading. The source times are scaled so that the segment plays its whole range.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from services.drafts.bezier import Point

OFF_US = 500
"""Maximum deviation of a warp's lines from the curve, in source time."""
MOST_LINES = 512
"""Maximum number of lines of a warp, about; with fewer than needed they deviate by more."""
BEYOND_US = 3_600_000_000
"""The first and the last speed go on for this long outside of the segment."""


@dataclass(frozen=True, slots=True)
class TimeWarp:
    """Lines between points (time, source time) in µs, both rising; the first and the last line go on without end."""

    points: tuple[tuple[int, int], ...]

    def source_us(self, time_us: float) -> float:
        """The source time at a time."""
        return _along(self.points, time_us)

    def time_us(self, source_us: float) -> float:
        """The time at which a source time is played."""
        return _along([(source, time) for time, source in self.points], source_us)

    def later(self, by_us: int) -> "TimeWarp":
        """The same for a segment that starts later."""
        return TimeWarp(tuple((time_us + by_us, source_us) for time_us, source_us in self.points))

    def endless(self) -> "TimeWarp":
        """The same with a point an hour before and an hour after it."""
        before, after = (
            (time_us, round(self.source_us(time_us)))
            for time_us in (self.points[0][0] - BEYOND_US, self.points[-1][0] + BEYOND_US)
        )
        return TimeWarp((before, *self.points, after))


def warp_along(speeds: Sequence[Point], duration_us: int, source_start_us: int, source_duration_us: int) -> TimeWarp:
    """The warp of a segment by its speed curve: two or more points of (part of the segment's time, speed above 0), the
    parts rising from 0 to 1.
    """
    slopes = _slopes(speeds)
    places = _places(speeds, slopes, source_duration_us)
    passed = list(accumulate((_passed(speeds, slopes, *span) for span in pairwise(places)), initial=0.0))
    points = [
        (round(duration_us * place), source_start_us + round(source_duration_us * part / passed[-1]))
        for place, part in zip(places, passed, strict=True)
    ]
    return TimeWarp(tuple(_rising(points)))


def _rising(points: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The first and the last point, and those between them that are later in both times than the one before."""
    before, last = points[0], points[-1]
    yield before
    for point in points[1:-1]:
        if before[0] < point[0] < last[0] and before[1] < point[1] < last[1]:
            before = point
            yield point
    yield last


def _places(speeds: Sequence[Point], slopes: Sequence[float], source_duration_us: int) -> list[float]:
    """The parts of the segment's time from 0 to 1 between which the warp is a line: the points, and those that divide
    the cubics between them evenly.

    A line of length h deviates by at most h^2 / 8 of the steepest change of speed, which is at most three times that
    of the line between two points.
    """
    spans = [(one[0], other[0]) for one, other in pairwise(speeds)]
    mean = sum(_passed(speeds, slopes, *span) for span in spans)
    scale = 3 * source_duration_us / mean / (8 * OFF_US)
    counts = [math.sqrt(abs(other[1] - one[1]) * (other[0] - one[0]) * scale) for one, other in pairwise(speeds)]
    fewer = min(1.0, MOST_LINES / max(1.0, sum(counts)))
    places = [
        start + (end - start) * step / count
        for (start, end), count in zip(spans, (max(1, math.ceil(each * fewer)) for each in counts), strict=True)
        for step in range(count)
    ]
    return [*places, 1.0]


def _passed(speeds: Sequence[Point], slopes: Sequence[float], start: float, end: float) -> float:
    """The integral of the speed between two parts with no point between them: Simpson's rule is exact for cubics."""
    ends = _speed_at(speeds, slopes, start) + _speed_at(speeds, slopes, end)
    return (end - start) * (ends + 4 * _speed_at(speeds, slopes, (start + end) / 2)) / 6


def _slopes(points: Sequence[Point]) -> list[float]:
    """The slopes at the points of a monotone cubic (Fritsch and Butland): the weighted harmonic mean of both sides, 0
    at a turn; at the ends those of the lines.
    """
    lines = [(other[1] - one[1]) / (other[0] - one[0]) for one, other in pairwise(points)]
    lengths = [other[0] - one[0] for one, other in pairwise(points)]
    inner = [_harmonic(lines[at], lines[at + 1], lengths[at], lengths[at + 1]) for at in range(len(lines) - 1)]
    return [lines[0], *inner, lines[-1]]


def _harmonic(left: float, right: float, before: float, after: float) -> float:
    if left * right <= 0:
        return 0.0
    one, other = 2 * after + before, after + 2 * before
    return (one + other) / (one / left + other / right)


def _speed_at(points: Sequence[Point], slopes: Sequence[float], part: float) -> float:
    """The value of the cubic at a part."""
    index = min(max(1, bisect_right(points, part, key=lambda point: point[0])), len(points) - 1)
    (start, one), (end, other) = points[index - 1], points[index]
    length = end - start
    at = (part - start) / length
    rest = 1 - at
    return (
        (1 + 2 * at) * rest**2 * one
        + at * rest**2 * length * slopes[index - 1]
        + at**2 * (3 - 2 * at) * other
        - at**2 * rest * length * slopes[index]
    )


def _along(points: Sequence[tuple[int, int]], place: float) -> float:
    """The line through the two points around a place."""
    index = min(max(1, bisect_right(points, place, key=lambda point: point[0])), len(points) - 1)
    (start, one), (end, other) = points[index - 1], points[index]
    return one + (other - one) * (place - start) / (end - start)
