"""Piecewise linear functions of the frame. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ramp:
    """A number for every frame: linear between points (frame, value), constant outside of them.

    There is at least one point, and frames increase.
    """

    points: tuple[tuple[int, float], ...]

    @classmethod
    def constant(cls, value: float) -> "Ramp":
        """The same value for every frame."""
        return cls(((0, value),))

    @classmethod
    def through(cls, values: Sequence[float], tolerance: float) -> "Ramp":
        """A ramp through some of the values (one or more, one per frame) that deviates from none by more than
        `tolerance`.
        """
        return cls(tuple((frame, values[frame]) for frame in _kept(values, tolerance)))

    @property
    def still(self) -> bool:
        """Whether it is constant."""
        return all(value == self.points[0][1] for _, value in self.points)

    @property
    def first(self) -> float:
        """The first point's value."""
        return self.points[0][1]

    @property
    def least(self) -> float:
        """The smallest value."""
        return min(value for _, value in self.points)

    @property
    def most(self) -> float:
        """The largest value."""
        return max(value for _, value in self.points)

    def at(self, frame: float) -> float:
        """The value at a frame."""
        after = bisect_right(self.points, frame, key=lambda point: point[0])
        if after == 0:
            return self.points[0][1]
        if after == len(self.points):
            return self.points[-1][1]
        (start, one), (end, other) = self.points[after - 1], self.points[after]
        return one + (other - one) * (frame - start) / (end - start)

    def shifted(self, frames: int) -> "Ramp":
        """The ramp, `frames` later."""
        return Ramp(tuple((frame + frames, value) for frame, value in self.points))

    def within(self, start: int, end: int) -> "Ramp":
        """The points that define frames `start` up to `end`; values stay the same."""
        first = max(1, bisect_right(self.points, start, key=lambda point: point[0]))
        after = bisect_left(self.points, end - 1, key=lambda point: point[0])
        return Ramp(self.points[first - 1 : max(first, after + 1)])

    def expression(self, frame: str) -> str:
        """The ramp as an ffmpeg expression; `frame` is an expression for the frame's number.

        The expression is a tree: ffmpeg fails on expressions that are nested, or have terms in a row, more than about a
        hundred deep.
        """
        if self.still:
            return f"{self.first:.6g}"
        first, last = self.points[0], self.points[-1]
        return _tree([(first[0] - 1, first[1]), *self.points, (last[0] + 1, last[1])], frame)


def _tree(points: Sequence[tuple[int, float]], frame: str) -> str:
    """The line for a frame by binary search; the outer lines continue without end."""
    if len(points) == 2:
        (start, one), (end, other) = points
        slope = (other - one) / (end - start) if end > start else 0.0
        return f"{one:.6g}{slope:+.9g}*({frame}-{start})" if slope else f"{one:.6g}"
    middle = len(points) // 2
    left, right = _tree(points[: middle + 1], frame), _tree(points[middle:], frame)
    return f"if(lt({frame},{points[middle][0]}),{left},{right})"


def _kept(values: Sequence[float], tolerance: float) -> Iterator[int]:
    """The frames of the points: first and last, and recursively the one farthest from the line between two."""
    last = len(values) - 1
    kept = {0, last} if any(value != values[0] for value in values) else {0}
    open_spans = [(0, last)] if len(kept) > 1 else []
    while open_spans:
        start, end = open_spans.pop()
        worst, off = _farthest(values, start, end)
        if off > tolerance:
            kept.add(worst)
            open_spans += [(start, worst), (worst, end)]
    yield from sorted(kept)


def _farthest(values: Sequence[float], start: int, end: int) -> tuple[int, float]:
    slope = (values[end] - values[start]) / max(1, end - start)
    offs = [abs(values[start] + slope * (frame - start) - values[frame]) for frame in range(start + 1, end)]
    off = max(offs, default=0.0)
    return (start + 1 + offs.index(off), off) if offs else (start, 0.0)
