"""A segment's time ranges, speed and placement."""

from itertools import islice

from services.drafts.fields import Fields
from services.drafts.records import Clip, TimeRange
from services.drafts.time_warp import TimeWarp, warp_along
from services.errors import ErrorCode, failed

MAX_VOLUME = 10.0
"""The largest volume of the apps, as a linear amplitude."""
MAX_SCALE = 100.0
MAX_OFFSET = 100.0
"""Half canvases from the centre."""
MAX_SPEED, MIN_SPEED = 100.0, 0.05
MAX_POINTS = 100
"""Points of a speed curve that are read; the apps make about ten."""
SHORTEST_WARP_US = 10_000
"""Shorter segments, and such of a shorter source, have a constant speed."""


def time_range(fields: Fields, name: str) -> TimeRange | None:
    """A segment's time range; a missing start is 0. Raises `Failed` (DRAFT_INVALID) for a negative time."""
    if not fields.has(name):
        return None
    times = fields.object(name)
    start_us, duration_us = times.microseconds("start"), times.microseconds("duration")
    if start_us < 0 or duration_us < 0:
        raise failed(
            ErrorCode.DRAFT_INVALID,
            f"Segment {fields.own_id} has a negative time in {name}: start {start_us} µs, duration {duration_us} µs.",
            f"片段 {fields.own_id} 的 {name} 含负数时间：起点 {start_us} 微秒，时长 {duration_us} 微秒。",
            segment_id=fields.own_id,
        )
    return TimeRange(start_us, duration_us)


def is_curved(ramp: Fields) -> bool:
    """Whether a material of `speeds` holds a speed curve."""
    return ramp.number("mode") == 1 or ramp.has("curve_speed")


def read_speed(fields: Fields, ramp: Fields, source: TimeRange | None, target: TimeRange) -> float:
    """The segment's speed; where it has none, or a curve, the ratio of its two ranges."""
    implied = source.duration_us / target.duration_us if source and source.duration_us else 1.0
    speed = implied if is_curved(ramp) and source else fields.number("speed", implied)
    return min(max(speed if speed > 0 else implied, MIN_SPEED), MAX_SPEED)


def read_warp(fields: Fields, ramp: Fields, source: TimeRange | None, target: TimeRange) -> TimeWarp | None:
    """The segment's speed curve; None for a constant speed, and where the curve cannot be followed: without points,
    without a source, and in reverse.
    """
    if not is_curved(ramp) or fields.flag("reverse") or source is None or source.duration_us < SHORTEST_WARP_US:
        return None
    listed = islice(ramp.object("curve_speed").objects("speed_points"), MAX_POINTS)
    speeds = {point.number("x", 0.0, 0.0, 1.0): point.number("y", 1.0, MIN_SPEED, MAX_SPEED) for point in listed}
    points = sorted(speeds.items())
    if len(points) < 2 or target.duration_us < SHORTEST_WARP_US:
        return None
    whole = [(0.0, points[0][1]), *(point for point in points if 0 < point[0] < 1), (1.0, points[-1][1])]
    return warp_along(whole, target.duration_us, source.start_us, source.duration_us)


def read_clip(fields: Fields) -> Clip:
    """The placement of the segment's picture, with defaults for missing values."""
    clip = fields.object("clip")
    scale, place, flip = clip.object("scale"), clip.object("transform"), clip.object("flip")
    scale_x = scale.number("x", 1.0, 0.0, MAX_SCALE)
    uniform = fields.object("uniform_scale").flag("on")
    return Clip(
        alpha=clip.number("alpha", 1.0, 0.0, 1.0),
        rotation_deg=clip.number("rotation") % 360.0,
        scale_x=scale_x,
        scale_y=scale_x if uniform else scale.number("y", scale_x, 0.0, MAX_SCALE),
        x=place.number("x", 0.0, -MAX_OFFSET, MAX_OFFSET),
        y=place.number("y", 0.0, -MAX_OFFSET, MAX_OFFSET),
        flip_horizontal=flip.flag("horizontal"),
        flip_vertical=flip.flag("vertical"),
    )
