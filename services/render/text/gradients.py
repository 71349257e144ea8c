"""Colours of gradients as pictures."""

import math
from functools import lru_cache

from PIL import Image

from services.drafts.colors import Color
from services.drafts.records import Gradient
from services.render.box import Box

_MOST_STEPS = 1024
"""Number of colours of a gradient."""


def gradient_picture(gradient: Gradient, over: Box, box: Box) -> Image.Image:
    """The colours of a gradient over `over`, within `box`: a strip of its colours there, rotated."""
    angle = math.radians(gradient.angle_deg)
    dx, dy = math.sin(angle), -math.cos(angle)
    length = max(1.0, abs(over.size[0] * dx) + abs(over.size[1] * dy))
    first = (
        0.5 + ((box.left - (over.left + over.right) / 2) * dx + (box.top - (over.top + over.bottom) / 2) * dy) / length
    )
    across, down = dx / length, dy / length
    width, height = box.size
    ends = [first + x * across + y * down for x in (0, width) for y in (0, height)]
    least, span = min(ends), max(max(ends) - min(ends), 1e-6)
    steps = min(_MOST_STEPS, 2 * (width + height) + 8)
    per = (steps - 3) / span
    strip = Image.new("RGBA", (steps, 1))
    colors, last = _colors(gradient), _MOST_STEPS - 1
    places = (round((least + (step - 1) / per) * last) for step in range(steps))
    strip.putdata([colors[min(max(place, 0), last)] for place in places])
    matrix = (across * per, down * per, (first - least) * per + 1.5, 0.0, 0.0, 0.5)
    return strip.transform(box.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


@lru_cache(maxsize=64)
def _colors(gradient: Gradient) -> tuple[tuple[int, int, int, int], ...]:
    """The colours of a gradient from start to end."""
    return tuple(_color_at(gradient, step / (_MOST_STEPS - 1)) for step in range(_MOST_STEPS))


def _color_at(gradient: Gradient, place: float) -> tuple[int, int, int, int]:
    before = max((stop for stop in gradient.stops if stop[0] <= place), key=lambda stop: stop[0], default=None)
    after = next((stop for stop in gradient.stops if stop[0] > place), None)
    if before is None or after is None:
        return color_bytes((before or after or gradient.stops[0])[1])
    part = (place - before[0]) / (after[0] - before[0])
    red, green, blue, alpha = (one + (other - one) * part for one, other in zip(before[1], after[1], strict=True))
    return color_bytes((red, green, blue, alpha))


def color_bytes(color: Color) -> tuple[int, int, int, int]:
    """A colour as red, green, blue and alpha of 0..255."""
    red, green, blue, alpha = (round(min(max(part, 0.0), 1.0) * 255) for part in color)
    return red, green, blue, alpha
