"""Curves: the keyframes of a property, and its value at a time."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from services.drafts.bezier import Point, bezier_at


class Property(StrEnum):
    """Properties with keyframes, in the unit of the segment's own value: the tones are -1..1, 0 for unchanged, those of
    the mask in the units of `Mask`, and a strength that of `Effect`.
    """

    X = "x"
    Y = "y"
    SCALE_X = "scale_x"
    SCALE_Y = "scale_y"
    ROTATION = "rotation_deg"
    ALPHA = "alpha"
    VOLUME = "volume"
    BRIGHTNESS = "brightness"
    CONTRAST = "contrast"
    SATURATION = "saturation"
    MASK_X = "center_x"
    MASK_Y = "center_y"
    MASK_WIDTH = "width"
    MASK_HEIGHT = "height"
    MASK_ROTATION = "mask_rotation_deg"
    MASK_FEATHER = "feather"
    MASK_CORNER = "round_corner"
    STRENGTH = "strength"
    """Of an effect, whose own curve it is; a segment has none."""
    STYLE = "style"
    """A part of a caption's style, whose changes are looks of the caption; a segment has none."""


MASKED = frozenset(each for each in Property if each.name.startswith("MASK_"))
"""The properties of a segment's mask."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A value at a time, in microseconds of the timeline from the segment's start.

    `arriving`, `leaving` are the control points of the curves before and after it, as offsets (µs, value) from it; with
    (0, 0) at both ends the curve between two keyframes is a line.
    """

    offset_us: int
    value: float
    arriving: Point = (0.0, 0.0)
    leaving: Point = (0.0, 0.0)

    def control(self, offset: Point) -> Point:
        """A control point's time and value."""
        return self.offset_us + offset[0], self.value + offset[1]


BENDS = 32
"""Number of lines that stand for a curve between two keyframes, where lines are needed."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The values of a property over time: linear or a cubic Bezier curve between keyframes, constant before the first
    and after the last. There is at least one keyframe, and their times rise. The curve replaces the segment's own
    value.
    """

    property: Property
    points: tuple[Keyframe, ...]

    def most(self) -> float:
        """The largest value."""
        return max(value for _, value in self.lines())

    def lines(self) -> tuple[tuple[int, float], ...]:
        """The curve as lines: (µs from the segment's start, value), with rising times."""
        return tuple(
            (offset_us, self.at(offset_us))
            for one, other in pairwise((*self.points, self.points[-1]))
            for offset_us in _steps(one, other)
        )

    def at(self, offset_us: float) -> float:
        """The value at a time in microseconds from the segment's start."""
        after = bisect_right(self.points, offset_us, key=lambda point: point.offset_us)
        if after == 0:
            return self.points[0].value
        if after == len(self.points):
            return self.points[-1].value
        one, other = self.points[after - 1], self.points[after]
        if _is_line(one, other):
            part = (offset_us - one.offset_us) / (other.offset_us - one.offset_us)
            return one.value + (other.value - one.value) * part
        start, end = one.control((0.0, 0.0)), other.control((0.0, 0.0))
        return bezier_at(offset_us, start, one.control(one.leaving), other.control(other.arriving), end)


def _is_line(one: Keyframe, other: Keyframe) -> bool:
    return one.leaving == other.arriving == (0.0, 0.0)


def _steps(one: Keyframe, other: Keyframe) -> list[int]:
    """The times from a keyframe up to the next one, in µs, between which the curve is taken for a line."""
    if _is_line(one, other):
        return [one.offset_us]
    length_us = other.offset_us - one.offset_us
    return sorted({one.offset_us + length_us * step // BENDS for step in range(BENDS)})
