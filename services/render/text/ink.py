"""Ink of runs: letters and underlines as masks, with or without outline; emoji as pictures."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from services.render.box import Box, bounding_box
from services.render.text.faces import enlarged, load
from services.render.text.layout import ASCENT_EM, PlacedRun
from services.render.text.shaping import direction

THICKEN_EM = 0.02
"""Thickening of a letter if a font has no bold face."""
SLANT = math.tan(math.radians(12))
"""Slant of an italic made from an upright face."""
LARGEST_STROKE_EM = 0.5
"""Maximum outline width; the apps offer up to 0.2."""
UNDERLINE_EM = 0.06
UNDERLINE_DEPTH_EM = 0.12
_MIDDLE_EM = 0.38
"""Height over the baseline about which a letter is slanted, so that it keeps its place."""


@dataclass(frozen=True, slots=True)
class Ink:
    """The coverage of each pixel of a box (mode L)."""

    box: Box
    mask: Image.Image


def ink_box(one: PlacedRun) -> Box:
    """The bounding box of a run's ink, with its outline."""
    style = one.run.style
    thick = _thickness(one, outlined=True)
    font, large = load(style.face, style.em_px), enlarged(style.face, style.em_px)
    towards = direction(one.run.level)
    boxes: list[Box] = []
    for text, offset in one.run.pieces:
        edges = font.getbbox(text, direction=towards, stroke_width=thick, anchor="ls")
        boxes.append(_placed_box(one, offset, (edges[0] * large, edges[1] * large, edges[2] * large, edges[3] * large)))
    if style.text_style.underline:
        boxes.append(_underline(one).grown(math.ceil(thick)))
    return bounding_box(boxes)


def _placed_box(one: PlacedRun, offset: float, edges: tuple[float, float, float, float]) -> Box:
    """The box of a piece's ink; `edges` count from the piece's left and its baseline."""
    left, top, right, bottom = edges
    x, y, middle = one.x_px + offset, round(one.baseline_px), _MIDDLE_EM * one.run.style.em_px
    if one.turned:
        half = one.run.width_px / 2
        left, top, right, bottom = (
            half - bottom - middle,
            left - half - middle,
            half - top - middle,
            right - half - middle,
        )
    if one.run.style.shear:
        left, right = left - (bottom + middle) * SLANT, right - (top + middle) * SLANT
    return Box(math.floor(x + left), math.floor(y + top), math.ceil(x + right), math.ceil(y + bottom)).grown(2)


def draw_ink(one: PlacedRun, box: Box, *, outlined: bool) -> Ink:
    """The part of a run's ink within the box."""
    style, thick = one.run.style, _thickness(one, outlined=outlined)
    baseline = round(one.baseline_px) - box.top
    if style.face.colored:
        mask = draw_picture(one, box).getchannel("A")
    elif one.turned:
        mask = _turned(one, box, thick)
    else:
        mask = Image.new("L", box.size)
        draw, font, towards = ImageDraw.Draw(mask), load(style.face, style.em_px), direction(one.run.level)
        for text, offset in one.run.pieces:
            place = one.x_px + offset - box.left, baseline
            draw.text(place, text, 255, font, "ls", direction=towards, stroke_width=thick)
    if style.shear:
        mask = _sheared(mask, baseline - _MIDDLE_EM * style.em_px)
    if style.text_style.underline:
        line = _underline(one).grown(math.ceil(thick) if thick else 0).moved(-box.left, -box.top)
        mask.paste(255, (line.left, line.top, line.right, line.bottom))
    return Ink(box, mask)


def draw_picture(one: PlacedRun, box: Box) -> Image.Image:
    """The part of a coloured run (emoji) within the box, scaled from its bitmap size."""
    style = one.run.style
    font, large = load(style.face, style.em_px), enlarged(style.face, style.em_px)
    picture = Image.new("RGBA", box.size)
    for text, offset in one.run.pieces:
        left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
        if right <= left or bottom <= top:
            continue
        kept = Image.new("RGBA", (right - left, bottom - top))
        ImageDraw.Draw(kept).text((-left, -top), text, (255, 255, 255, 255), font, "ls", embedded_color=True)
        size = max(1, round(kept.width * large)), max(1, round(kept.height * large))
        x, y = one.x_px + offset + left * large, round(one.baseline_px) + top * large
        picture.paste(kept.resize(size, Image.Resampling.LANCZOS), (round(x) - box.left, round(y) - box.top))
    return picture


def _turned(one: PlacedRun, box: Box, thick: float) -> Image.Image:
    """A character rotated by a quarter turn about the middle of its em."""
    style = one.run.style
    side = math.ceil(2 * (style.em_px + one.run.width_px + thick)) | 1
    square = Image.new("L", (side, side))
    place = side / 2 - one.run.width_px / 2, side / 2 + _MIDDLE_EM * style.em_px
    ImageDraw.Draw(square).text(
        place, one.run.pieces[0][0], 255, load(style.face, style.em_px), "ls", stroke_width=thick
    )
    mask = Image.new("L", box.size)
    x = one.x_px + one.run.width_px / 2 - side / 2 - box.left
    y = round(one.baseline_px) - _MIDDLE_EM * style.em_px - side / 2 - box.top
    mask.paste(square.transpose(Image.Transpose.ROTATE_270), (round(x), round(y)))
    return mask


def merged(inks: Iterable[Ink], box: Box) -> Ink:
    """The inks combined in one mask, cropped to the box."""
    mask = Image.new("L", box.size)
    for ink in inks:
        mask.paste(255, (ink.box.left - box.left, ink.box.top - box.top), ink.mask)
    return Ink(box, mask)


def _thickness(one: PlacedRun, *, outlined: bool) -> float:
    style = one.run.style
    thick = THICKEN_EM * style.em_px if style.thicken else 0.0
    if outlined and style.text_style.stroke is not None:
        thick += min(max(0.0, style.text_style.stroke.width_em), LARGEST_STROKE_EM) * style.em_px
    return thick


def _sheared(mask: Image.Image, still_y: float) -> Image.Image:
    """The mask slanted to the right above `still_y` and to the left below it."""
    return mask.transform(
        mask.size, Image.Transform.AFFINE, (1, SLANT, -SLANT * still_y, 0, 1, 0), Image.Resampling.BICUBIC
    )


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
