"""Volume keyframes as an expression of ffmpeg's, exact for every sample. Pure."""

from bisect import bisect_left
from collections.abc import Sequence

from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import US, Sound

MAX_KNOTS = 1000
"""Points in one expression: each adds about 50 bytes. A curve with more is taken at so many even steps."""


def loudness(sound: Sound, sample_rate: int) -> str:
    """The amplitude of a sound's curve at its sample `n`: linear between points, held outside.

    Each sample asks for about log2 of the number of points: the expression is a tree.
    """
    knots = [(round(offset_us * sample_rate / US), value) for offset_us, value in _bounded(sound)]
    return Ramp(tuple(knots)).expression("n")


def _bounded(sound: Sound) -> Sequence[tuple[float, float]]:
    """The points that matter to what is heard, not too many of them."""
    offsets = [offset_us for offset_us, _ in sound.curve]
    first = max(0, bisect_left(offsets, 0) - 1)
    after = bisect_left(offsets, sound.duration_us) + 1
    points = sound.curve[first:after]
    if len(points) <= MAX_KNOTS:
        return points
    step_us = sound.duration_us / (MAX_KNOTS - 1)
    return [(index * step_us, _at(sound.curve, offsets, index * step_us)) for index in range(MAX_KNOTS)]


def _at(curve: Sequence[tuple[int, float]], offsets: Sequence[int], offset_us: float) -> float:
    after = bisect_left(offsets, offset_us)
    if after == 0 or after == len(curve):
        return curve[min(after, len(curve) - 1)][1]
    (start_us, one), (end_us, other) = curve[after - 1], curve[after]
    return one + (other - one) * (offset_us - start_us) / (end_us - start_us)
