"""Volume keyframes as an ffmpeg expression, exact for every sample. Pure."""

from bisect import bisect_left
from collections.abc import Sequence

from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import US, Sound

MAX_KNOTS = 1000
"""Maximum number of points of an expression, of about 50 bytes each. A longer curve is sampled at this many even
steps.
"""


def volume_expression(sound: Sound, sample_rate: int) -> str:
    """The amplitude of a sound's curve at sample `n`: linear between points, constant outside.

    The expression is a tree: each sample takes about log2(points) comparisons.
    """
    knots = [(round(offset_us * sample_rate / US), value) for offset_us, value in _bounded(sound)]
    return Ramp(tuple(knots)).expression("n")


def _bounded(sound: Sound) -> Sequence[tuple[float, float]]:
    """The points within the sound, limited in number."""
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
