"""Cubic Bezier curves of time and value. Pure."""

from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
"""A time and a value."""
HALVINGS = 30
"""Of the curve's parameter: the time is then exact to a billionth of the span."""


def bezier_at(time: float, start: Point, leaving: Point, arriving: Point, end: Point) -> float:
    """The value at a time between `start` and `end`, of the cubic curve with the control points `leaving` and
    `arriving`. Their times are held between those of the ends, so that there is one value for each time.
    """
    first, last = (min(max(control[0], start[0]), end[0]) for control in (leaving, arriving))
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _cubic(middle, start[0], first, last, end[0]) < time:
            low = middle
        else:
            high = middle
    return _cubic((low + high) / 2, start[1], leaving[1], arriving[1], end[1])


def eased(part: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """The progress at a part (0..1) of the time, of the curve from (0, 0) to (1, 1) with two control points."""
    return bezier_at(part, (0.0, 0.0), (x1, y1), (x2, y2), (1.0, 1.0))


def _cubic(at: float, one: float, two: float, three: float, four: float) -> float:
    rest = 1 - at
    return rest**3 * one + 3 * rest**2 * at * two + 3 * rest * at**2 * three + at**3 * four
