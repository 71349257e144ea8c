"""Where the ink of runs falls: their letters and underlines as masks, with outline or without."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from services.render.fonts import load
from services.render.text_layout import ASCENT_EM, LINE_EM, Placed

THICKEN_EM = 0.02
"""Added around a letter when a font has no bold face."""
SLANT = math.tan(math.radians(12))
"""How far an italic leans, when it is made from an upright face."""
LARGEST_STROKE_EM = 0.5
"""Wider outlines are drawn so; the apps offer up to 0.2."""
UNDERLINE_EM = 0.06
UNDERLINE_DEPTH_EM = 0.12
_MIDDLE_EM = 0.38
"""An upright letter leans about this height over the baseline, so that it stays where it was."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height; zero when there is nothing in it."""
        return max(0, self.right - self.left), max(0, self.bottom - self.top)

    @property
    def empty(self) -> bool:
        """Whether no pixel lies in it."""
        return 0 in self.size

    def within(self, other: "Box") -> "Box":
        """What of this box lies in the other."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def grown(self, by: int) -> "Box":
        """Larger on all sides."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, dx: int, dy: int) -> "Box":
        """The same size elsewhere."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


@dataclass(frozen=True, slots=True)
class Ink:
    """How much each pixel of a box is covered (mode L)."""

    box: Box
    mask: Image.Image


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around others; an empty one around none."""
    known = [box for box in boxes if not box.empty]
    if not known:
        return Box(0, 0, 0, 0)
    return Box(
        min(box.left for box in known),
        min(box.top for box in known),
        max(box.right for box in known),
        max(box.bottom for box in known),
    )


def ink_box(one: Placed) -> Box:
    """Where a run's ink may be, with its outline."""
    baseline = round(one.baseline_px)
    thick = _thickness(one, outlined=True)
    font = load(one.run.look.face, one.run.look.em_px)
    boxes: list[Box] = []
    for text, offset in one.run.pieces:
        left, top, right, bottom = font.getbbox(text, direction=one.run.direction, stroke_width=thick, anchor="ls")
        x = one.x_px + offset
        if one.run.look.shear:
            middle = _MIDDLE_EM * one.run.look.em_px
            left, right = left - (bottom + middle) * SLANT, right - (top + middle) * SLANT
        boxes.append(
            Box(
                math.floor(x + left), math.floor(baseline + top), math.ceil(x + right), math.ceil(baseline + bottom)
            ).grown(2)
        )
    if one.run.look.style.underline:
        boxes.append(_underline(one).grown(math.ceil(thick)))
    return around(boxes)


def draw_ink(one: Placed, box: Box, *, outlined: bool) -> Ink:
    """The part of a run's ink that lies in the box."""
    mask = Image.new("L", box.size)
    thick = _thickness(one, outlined=outlined)
    baseline = round(one.baseline_px) - box.top
    font = load(one.run.look.face, one.run.look.em_px)
    draw = ImageDraw.Draw(mask)
    for text, offset in one.run.pieces:
        place = one.x_px + offset - box.left, baseline
        draw.text(place, text, 255, font, "ls", direction=one.run.direction, stroke_width=thick)
    if one.run.look.shear:
        mask = _sheared(mask, baseline - _MIDDLE_EM * one.run.look.em_px)
    if one.run.look.style.underline:
        line = _underline(one).grown(math.ceil(thick) if thick else 0).moved(-box.left, -box.top)
        mask.paste(255, (line.left, line.top, line.right, line.bottom))
    return Ink(box, mask)


def merged(inks: Sequence[tuple[Ink, int, int]], box: Box) -> Ink:
    """Inks, each moved by its dx and dy, in one mask."""
    mask = Image.new("L", box.size)
    for ink, dx, dy in inks:
        mask.paste(255, (ink.box.left + dx - box.left, ink.box.top + dy - box.top), ink.mask)
    return Ink(box, mask)


def _thickness(one: Placed, *, outlined: bool) -> float:
    look = one.run.look
    thick = THICKEN_EM * look.em_px if look.thicken else 0.0
    if outlined and look.style.stroke is not None:
        thick += min(max(0.0, look.style.stroke.width_em), LARGEST_STROKE_EM) * look.em_px
    return thick


def _sheared(mask: Image.Image, still_y: float) -> Image.Image:
    """Leaning to the right above `still_y` and to the left below it."""
    return mask.transform(
        mask.size, Image.Transform.AFFINE, (1, SLANT, -SLANT * still_y, 0, 1, 0), Image.Resampling.BICUBIC
    )


def _underline(one: Placed) -> Box:
    """The line under a run; in vertical setting, at the left of its column."""
    em_px, baseline = one.run.look.em_px, round(one.baseline_px)
    thickness = max(1, round(UNDERLINE_EM * em_px))
    if one.vertical:
        left = round(one.x_px + one.run.width_px / 2 - LINE_EM / 2 * em_px)
        top = one.baseline_px - ASCENT_EM * em_px
        return Box(left, round(top), left + thickness, round(top + em_px + max(0.0, one.run.look.spacing_px)))
    top = baseline + round(UNDERLINE_DEPTH_EM * em_px)
    return Box(round(one.x_px), top, round(one.x_px + one.run.width_px), top + thickness)
