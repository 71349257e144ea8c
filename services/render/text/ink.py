"""Ink of runs: letters and underlines as masks, with or without outline; emoji as pictures."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import uharfbuzz
from PIL import Image, ImageChops

from services.render.box import Box, bounding_box
from services.render.text.faces import opened, units_per_em
from services.render.text.layout import ASCENT_EM, PlacedRun
from services.render.text.matrix import Matrix
from services.render.text.runs import Glyph

THICKEN_EM = 0.02
"""Thickening of a letter if a font has no bold face."""
SLANT = math.tan(math.radians(12))
"""Slant of an italic made from an upright face."""
LARGEST_STROKE_EM = 0.5
"""Maximum outline width; the apps offer up to 0.2."""
UNDERLINE_EM = 0.06
UNDERLINE_DEPTH_EM = 0.12
_MIDDLE_EM = 0.38
"""Height over the baseline about which a letter is slanted or turned, so that it keeps its place."""
_UPRIGHT, _SLANTED, _TURNED = Matrix(), Matrix(xy=SLANT), Matrix(0.0, -1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Ink:
    """The coverage of each pixel of a box (mode L)."""

    box: Box
    mask: Image.Image


def ink_box(one: PlacedRun) -> Box:
    """The bounding box of a run's ink, with its outline."""
    thick = math.ceil(_thickness(one, outer_width(one)))
    boxes = [box.grown(thick) for glyph in one.run.glyphs if not (box := _glyph_box(one, glyph)).empty]
    if one.run.style.text_style.underline:
        boxes.append(_underline(one).grown(thick))
    return bounding_box(boxes)


def outer_width(one: PlacedRun) -> float:
    """The width of a run's widest outline in em; 0 without."""
    stroke = one.run.style.text_style.stroke
    return stroke.width_em if stroke is not None else 0.0


def draw_ink(one: PlacedRun, box: Box, *, outline_em: float) -> Ink:
    """The part of a run's ink within the box, with an outline of that width."""
    style, thick = one.run.style, _thickness(one, outline_em)
    if style.face.colored:
        mask = draw_picture(one, box).getchannel("A")
    else:
        mask = _filled(one, box)
        if thick:
            _add_outlines(mask, one, box, thick)
    if style.text_style.underline:
        line = _underline(one).grown(math.ceil(thick) if thick else 0).moved(-box.left, -box.top)
        mask.paste(255, (line.left, line.top, line.right, line.bottom))
    return Ink(box, mask)


def draw_picture(one: PlacedRun, box: Box) -> Image.Image:
    """The part of a coloured run (emoji) within the box."""
    whole = Image.new("RGBA", box.size)
    for glyph in one.run.glyphs:
        place = _glyph_box(one, glyph)
        if place.within(box).empty:
            continue
        picture = _bitmap(one, glyph, place) or _painted(one, glyph, place)
        if picture is not None:
            whole.alpha_composite(*_cut(picture, place, box))
    return whole


def merged(inks: Iterable[Ink], box: Box) -> Ink:
    """The inks combined in one mask, cropped to the box."""
    mask = Image.new("L", box.size)
    for ink in inks:
        mask.paste(255, (ink.box.left - box.left, ink.box.top - box.top), ink.mask)
    return Ink(box, mask)


def _matrix(one: PlacedRun) -> Matrix:
    return _TURNED if one.turned else _SLANTED if one.run.style.shear else _UPRIGHT


def _origin(one: PlacedRun, glyph: Glyph) -> tuple[float, float]:
    """The place of a glyph's origin: slanted about a height in the middle of letters, turned about the middle of
    its em.
    """
    middle = _MIDDLE_EM * one.run.style.em_px
    x, y = one.x_px + glyph.x_px, one.baseline_px + glyph.y_px
    if one.turned:
        half = one.run.width_px / 2
        return x + half - middle, y - middle - half
    return (x - middle * SLANT, y) if one.run.style.shear else (x, y)


def _placement(one: PlacedRun, glyph: Glyph) -> tuple[float, float, float, float, float, float]:
    """The transformation of a glyph from font units to pixels, y upwards."""
    scale, matrix, (x, y) = one.run.style.em_px / units_per_em(one.run.style.face), _matrix(one), _origin(one, glyph)
    return matrix.xx * scale, matrix.yx * scale, matrix.xy * scale, matrix.yy * scale, x, -y


def _glyph_box(one: PlacedRun, glyph: Glyph) -> Box:
    """The bounding box of a glyph's ink without outline; empty for a space."""
    extents = opened(one.run.style.face).get_glyph_extents(glyph.number)
    if extents is None or not extents.width or not extents.height:
        return Box(0, 0, 0, 0)
    xx, yx, xy, yy, dx, dy = _placement(one, glyph)
    left, top = extents.x_bearing, extents.y_bearing
    corners = [(x, y) for x in (left, left + extents.width) for y in (top, top + extents.height)]
    across = [xx * x + xy * y + dx for x, y in corners]
    down = [-(yx * x + yy * y + dy) for x, y in corners]
    return Box(math.floor(min(across)), math.floor(min(down)), math.ceil(max(across)), math.ceil(max(down))).grown(1)


def _extents(box: Box) -> uharfbuzz.RasterExtents:
    width, height = box.size
    return uharfbuzz.RasterExtents(x_origin=box.left, y_origin=-box.bottom, width=width, height=height, stride=0)


def _filled(one: PlacedRun, box: Box) -> Image.Image:
    """The letters of a run within the box."""
    raster = uharfbuzz.RasterDraw()
    raster.extents = _extents(box)
    for glyph in one.run.glyphs:
        raster.transform = _placement(one, glyph)
        raster.draw_glyph(opened(one.run.style.face), glyph.number)
    image = raster.render() if not box.empty else None
    if image is None:
        return Image.new("L", box.size)
    return Image.frombytes("L", box.size, image.buffer, "raw", "L", image.extents.stride, -1)


def _add_outlines(mask: Image.Image, one: PlacedRun, box: Box, thick: float) -> None:
    """Add the outlines of a run's letters to their mask."""
    from services.render.text.outline import outlined  # FreeType takes a while, and many captions have no outline

    style, reach = one.run.style, math.ceil(thick)
    for glyph in one.run.glyphs:
        if _glyph_box(one, glyph).grown(reach).within(box).empty:
            continue
        line = outlined(style.face, glyph.number, style.em_px, thick, _matrix(one), *_origin(one, glyph))
        if line is not None:
            place = Box(0, 0, *line.mask.size).moved(line.left, line.top)
            part, (left, top) = _cut(line.mask, place, box)
            known = mask.crop((left, top, left + part.width, top + part.height))
            mask.paste(ImageChops.lighter(known, part), (left, top))


def _cut(picture: Image.Image, place: Box, box: Box) -> tuple[Image.Image, tuple[int, int]]:
    """The part of a picture within the box, and its top left corner there."""
    seen = place.within(box)
    inside = seen.moved(-place.left, -place.top)
    part = picture.crop((inside.left, inside.top, max(inside.left, inside.right), max(inside.top, inside.bottom)))
    return part, (seen.left - box.left, seen.top - box.top)


def _bitmap(one: PlacedRun, glyph: Glyph, place: Box) -> Image.Image | None:
    """A glyph's bitmap, scaled to its place; None if it has none."""
    png = opened(one.run.style.face).get_glyph_color_png(glyph.number).data
    if not png:
        return None
    inner = place.grown(-1)
    scaled = Image.open(BytesIO(png)).convert("RGBA").resize((inner.width, inner.height), Image.Resampling.LANCZOS)
    picture = Image.new("RGBA", place.size)
    picture.paste(scaled, (1, 1))
    return picture


def _painted(one: PlacedRun, glyph: Glyph, place: Box) -> Image.Image | None:
    """A glyph painted in layers of colours; None if it has none."""
    paint = uharfbuzz.RasterPaint()
    paint.extents = _extents(place)
    paint.transform = _placement(one, glyph)
    if not paint.paint_glyph_or_fail(opened(one.run.style.face), glyph.number):
        return None
    image = paint.render()
    if image is None:
        return None
    return Image.frombytes("RGBA", place.size, image.buffer, "raw", "BGRa", image.extents.stride, -1)


def _thickness(one: PlacedRun, outline_em: float) -> float:
    """The growth of letters in pixels by an outline, and by boldness that the font lacks."""
    style = one.run.style
    thicken_em = THICKEN_EM if style.thicken else 0.0
    return (thicken_em + min(max(0.0, outline_em), LARGEST_STROKE_EM)) * style.em_px


def _underline(one: PlacedRun) -> Box:
    """The underline of a run; in vertical text, at the left of its column."""
    em_px, baseline = one.run.style.em_px, round(one.baseline_px)
    thickness = max(1, round(UNDERLINE_EM * em_px))
    if one.vertical:
        left = round(one.x_px + one.run.width_px / 2 - one.run.style.metrics.cell / 2)
        top = one.baseline_px - ASCENT_EM * em_px
        return Box(left, round(top), left + thickness, round(top + one.underline_px))
    top = baseline + round(UNDERLINE_DEPTH_EM * em_px)
    return Box(round(one.x_px), top, round(one.x_px + one.underline_px), top + thickness)
