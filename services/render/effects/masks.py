"""Masks as grey pictures: white is opaque, black transparent."""

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from services.drafts.design import Mask, MaskKind

FEATHER_REACH = 0.5
"""Sigma of the blur of a feather of 1, as a part of half the mask's smaller side (of a line, which has no size, of the
material's). The edge itself stays half opaque. [unverified: the apps' curve is unpublished; with this one a feather of
1 reaches about from the edge to the middle.]
"""
STAR_INNER = (3 - math.sqrt(5)) / 2
"""Radius of a star's inner corners, with points at 1, such that its sides are collinear. [unverified for the apps' own
star; its aspect, 1.05, is that of such a star.]
"""
LARGEST = 100.0
"""Limit of centres and sizes, in materials: their edges are invisible."""
SAMPLES = 4
"""Samples per pixel of an edge, in each direction."""
BAND_ROWS = 64
"""Rows drawn at once, so that the samples need little memory."""
ARC_STEPS = 64
"""Segments of a quarter circle; at a radius of 1000 pixels they deviate by a twelfth of a pixel."""
HEART_STEPS = 256
FINE_SIGMA = 4.0
"""In pixels: with a larger sigma the mask is drawn smaller first."""

Point: TypeAlias = tuple[float, float]


def draw_mask(mask: Mask, width: int, height: int) -> Image.Image:
    """The mask of a material of `width` x `height` displayed pixels (1 or more), in mode L.

    It is rotated in those pixels, so they must have the displayed aspect ratio.
    """
    outline = tuple(_outline(mask, width, height))
    feather_px = min(1.0, max(0.0, mask.feather)) * FEATHER_REACH * _reach(mask, width, height)
    image = _feathered(outline, width, height, feather_px) if feather_px else _filled(outline, width, height)
    return ImageChops.invert(image) if mask.invert else image


def draw_masks(masks: Sequence[Mask], width: int, height: int) -> Image.Image:
    """What all of the masks show, in mode L; everything without masks."""
    image = Image.new("L", (width, height), 255)
    for mask in masks:
        image = ImageChops.multiply(image, draw_mask(mask, width, height))
    return image


def _reach(mask: Mask, width: int, height: int) -> float:
    """Half the smaller side by which a feather is measured, in pixels."""
    across, down = _size(mask, width, height)
    if mask.kind is MaskKind.LINE:
        return min(width, height) / 2
    return down / 2 if mask.kind is MaskKind.MIRROR else min(across, down) / 2


def _size(mask: Mask, width: int, height: int) -> Point:
    across, down = (min(LARGEST, max(0.0, side)) for side in (mask.width, mask.height))
    return across * width, down * height


def _outline(mask: Mask, width: int, height: int) -> Iterator[Point]:
    """The mask's outline in pixels of the material, x to the right and y down; empty if it has no size."""
    across, down = _size(mask, width, height)
    x, y = (min(LARGEST, max(-LARGEST, center)) for center in (mask.center_x, mask.center_y))
    center_x, center_y = width / 2 * (1 + x), height / 2 * (1 - y)
    far = 2 * (width + height + abs(center_x) + abs(center_y) + across + down)
    angle = math.radians(mask.rotation_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    for right, below in _shape(mask, across, down, far):
        yield center_x + right * cos - below * sin, center_y + right * sin + below * cos


def _shape(mask: Mask, across: float, down: float, far: float) -> Iterator[Point]:
    """The outline before rotation, from the mask's centre; `far` is beyond the visible area."""
    if mask.kind is MaskKind.LINE:
        yield from ((-far, -far), (far, -far), (far, 0), (-far, 0))
    elif mask.kind is MaskKind.MIRROR:
        yield from _box(2 * far, down) if down else ()
    elif across and down:
        yield from _sized(mask, across, down)


def _sized(mask: Mask, across: float, down: float) -> Iterator[Point]:
    if mask.kind is MaskKind.RECTANGLE:
        radius = min(1.0, max(0.0, mask.round_corner)) * min(across, down) / 2
        yield from _rounded(across, down, radius) if radius else _box(across, down)
    else:
        shape = {MaskKind.CIRCLE: _circle, MaskKind.HEART: _heart, MaskKind.STAR: _star}[mask.kind]
        yield from _stretched(tuple(shape()), across, down)


def _box(across: float, down: float) -> Iterator[Point]:
    right, bottom = across / 2, down / 2
    yield from ((-right, -bottom), (right, -bottom), (right, bottom), (-right, bottom))


def _rounded(across: float, down: float, radius: float) -> Iterator[Point]:
    """A rectangle with round corners, clockwise from the bottom right one."""
    right, bottom = across / 2 - radius, down / 2 - radius
    for quarter, (x, y) in enumerate(((right, bottom), (-right, bottom), (-right, -bottom), (right, -bottom))):
        for step in range(ARC_STEPS + 1):
            angle = (quarter + step / ARC_STEPS) * math.pi / 2
            yield x + radius * math.cos(angle), y + radius * math.sin(angle)


def _circle() -> Iterator[Point]:
    yield from (_at(step / (4 * ARC_STEPS)) for step in range(4 * ARC_STEPS))


def _star() -> Iterator[Point]:
    """Five points, one at the top."""
    for corner in range(10):
        x, y = _at(corner / 10 - 0.25)
        radius = STAR_INNER if corner % 2 else 1.0
        yield radius * x, radius * y


def _heart() -> Iterator[Point]:
    """The usual heart curve; its aspect is 1.1, the apps' is 1.115."""
    for step in range(HEART_STEPS):
        turn = step / HEART_STEPS * math.tau
        up = 13 * math.cos(turn) - 5 * math.cos(2 * turn) - 2 * math.cos(3 * turn) - math.cos(4 * turn)
        yield 16 * math.sin(turn) ** 3, -up


def _at(turn: float) -> Point:
    return math.cos(turn * math.tau), math.sin(turn * math.tau)


def _stretched(points: tuple[Point, ...], across: float, down: float) -> Iterator[Point]:
    """The shape scaled to a box of `across` x `down`, centred on the mask's centre."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    for x, y in points:
        yield ((x - left) / (right - left) - 0.5) * across, ((y - top) / (bottom - top) - 0.5) * down


def _feathered(outline: tuple[Point, ...], width: int, height: int, sigma: float) -> Image.Image:
    """The blurred outline, including its surroundings beyond the material's edges."""
    shrink = max(1, int(sigma / FINE_SIGMA))
    margin = math.ceil(3 * sigma / shrink)
    small = tuple((x / shrink + margin, y / shrink + margin) for x, y in outline)
    across, down = (math.ceil(side / shrink) + 2 * margin for side in (width, height))
    soft = _filled(small, across, down).filter(ImageFilter.GaussianBlur(sigma / shrink))
    seen = (margin, margin, margin + width / shrink, margin + height / shrink)
    return soft.resize((width, height), Image.Resampling.BICUBIC, box=seen)


def _filled(outline: tuple[Point, ...], width: int, height: int) -> Image.Image:
    """The filled outline with smooth edges; it may extend beyond the picture."""
    image = Image.new("L", (width, height))
    if not outline:
        return image
    corners = tuple(_sampled(outline))
    for top in range(0, height, BAND_ROWS):
        rows = min(BAND_ROWS, height - top)
        band = Image.new("L", (width * SAMPLES, rows * SAMPLES))
        ImageDraw.Draw(band).polygon([(x, y - top * SAMPLES) for x, y in corners], fill=255)
        image.paste(band.reduce(SAMPLES), (0, top))
    return image


def _sampled(outline: tuple[Point, ...]) -> Iterator[tuple[int, int]]:
    """The corners in samples. Pillow draws the samples at both ends of a line, so each is moved half a sample
    inwards.
    """
    middles = [(min(side) + max(side)) / 2 for side in zip(*outline, strict=True)]
    for point in outline:
        x, y = (
            math.floor(part * SAMPLES - math.copysign(0.5, part - middle) + 1e-6)
            for part, middle in zip(point, middles, strict=True)
        )
        yield x, y
