"""Boxes with round corners as masks."""

from collections.abc import Iterable

from PIL import Image, ImageDraw

from services.render.box import Box

LARGEST_RADIUS_PX = 1024
"""Maximum corner radius of backgrounds: corners are drawn enlarged, to be smooth."""
_SMOOTH = 4


def rounded_part(box: Box, part: Box, round_radius: float) -> Image.Image:
    """A part of a box whose corners are `round_radius` 0..1 of a semicircle, as a mask."""
    radius = min(LARGEST_RADIUS_PX, round(round_radius * min(box.size) / 2))
    mask = Image.new("L", part.size, 255)
    for corner, x, y in _corners(box, radius):
        mask.paste(corner, (x - part.left, y - part.top))
    return mask


def _corners(box: Box, radius: int) -> Iterable[tuple[Image.Image, int, int]]:
    """The four smooth corners of a rounded box, with their positions."""
    if radius < 1:
        return
    large = Image.new("L", (radius * _SMOOTH, radius * _SMOOTH))
    ImageDraw.Draw(large).ellipse((0, 0, 2 * radius * _SMOOTH - 1, 2 * radius * _SMOOTH - 1), fill=255)
    corner = large.reduce(_SMOOTH)
    mirrored, flipped = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
    right, bottom = box.right - radius, box.bottom - radius
    yield corner, box.left, box.top
    yield corner.transpose(mirrored), right, box.top
    yield corner.transpose(flipped), box.left, bottom
    yield corner.transpose(mirrored).transpose(flipped), right, bottom
