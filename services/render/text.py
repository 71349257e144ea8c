"""Drawing captions to images with Pillow: box under shadow under outline under fill."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageDraw, ImageFilter

from services.drafts.records import Color, Shadow, TextBackground, TextMaterial
from services.errors import Bilingual, DraftWarning, WarningCode
from services.render.fonts import FontBook
from services.render.text_cells import Paragraphs
from services.render.text_ink import Box, Ink, around, draw_ink, ink_box, merged
from services.render.text_layout import Block, Placed, lay_out

SHADOW_BLUR_EM = 1.0
"""Sigma of a shadow's blur in em, for a `diffuse` of 1 [unverified]. The apps store a sixth of what
their slider shows (at most 1), as if an edge of one em, which is six sigmas wide, were its full blur."""
PADDING_EM = 1.0
"""A background's padding on each side in em, for a width or height of 1 [unverified]."""
OFFSET_EM = 1.0
"""How far a background is moved in em, for an offset of 1 [unverified]."""
LARGEST_DIFFUSE = 0.25
"""Softer shadows are drawn so; the apps offer up to 0.17."""
MOST_COVER = 64
"""Runs that together, with their shadows, would cover the canvas more often than this are drawn no further:
they lie on each other many times over.
"""
_SMOOTH = 4
_NAMED_CHARACTERS = 50
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class DrawnText:
    """A caption's picture (RGBA, straight alpha). `left_px`, `top_px`: its top left corner from the
    centre of the caption's block (the lines, without outlines, shadows and background), which is the
    centre of the picture too.
    """

    image: Image.Image
    left_px: int
    top_px: int


def draw_text(
    text: TextMaterial, book: FontBook, *, canvas_width: int, canvas_height: int, scale: float = 1.0
) -> tuple[DrawnText | None, tuple[DraftWarning, ...]]:
    """The caption at `scale`, sharp; None when it has nothing to see (no text, no size, no font).

    The picture reaches at most one canvas to each side of the caption's centre: no pixel beyond could
    be seen while that centre lies on the canvas. Warns of fonts (FONT_SUBSTITUTED, one for each name)
    and characters (GLYPH_MISSING, one for all) that could not be had.
    """
    block = lay_out(text, book, canvas_width, scale)
    warnings = _warnings(block.paragraphs)
    limit = Box(-canvas_width, -canvas_height, canvas_width, canvas_height)
    letters = _letters(block, limit)
    backdrop = _backdrop(block, text.background) if text.background is not None else None
    picture = _Picture.around((*(_reach(letter) for letter in letters), *((backdrop,) if backdrop else ())), limit)
    if picture is None:
        return None, warnings
    if text.background is not None and backdrop is not None:
        picture.rounded(backdrop, text.background)
    picture.draw(letters)
    image = picture.faded(text.alpha)
    return (DrawnText(image, picture.box.left, picture.box.top) if image.getbbox() else None), warnings


@dataclass(frozen=True, slots=True)
class _Letters:
    """A run and where its ink may be, with its outline."""

    placed: Placed
    box: Box

    @property
    def framed(self) -> bool:
        """Whether there is something below the fill."""
        style = self.placed.run.look.style
        return style.stroke is not None or style.shadow is not None


class _Picture:
    """An image with its place: coordinates count from the caption's centre."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._image = Image.new("RGBA", box.size)

    @classmethod
    def around(cls, boxes: Iterable[Box], limit: Box) -> "_Picture | None":
        """Around all boxes within the limit, the same to both sides of the centre; None around nothing."""
        needed = around(box.within(limit) for box in boxes)
        if needed.empty:
            return None
        half_width, half_height = max(-needed.left, needed.right), max(-needed.top, needed.bottom)
        return cls(Box(-half_width, -half_height, half_width, half_height))

    def draw(self, letters: Sequence[_Letters]) -> None:
        """All shadows, then all outlines, then all fills: no letter covers its neighbour."""
        framed = [letter for letter in letters if letter.framed]
        outlined = [(letter, draw_ink(letter.placed, letter.box, outlined=True)) for letter in framed]
        for shadow, inks in _grouped(outlined, lambda letter: letter.placed.run.look.style.shadow):
            self._cast(shadow, inks)
        for stroke, inks in _grouped(outlined, lambda letter: letter.placed.run.look.style.stroke):
            self._paint(self._merged([(ink, 0, 0) for _, ink in inks]), stroke.color)
        plain = [(letter, draw_ink(letter.placed, letter.box, outlined=False)) for letter in letters]
        for color, inks in _grouped(plain, lambda letter: letter.placed.run.look.style.color):
            self._paint(self._merged([(ink, 0, 0) for _, ink in inks]), color)

    def rounded(self, box: Box, background: TextBackground) -> None:
        """A box with round corners."""
        seen = box.within(self.box)
        mask = Image.new("L", seen.size, 255)
        radius = round(background.round_radius * min(box.size) / 2)
        for corner, x, y in _corners(box, radius):
            mask.paste(corner, (x - seen.left, y - seen.top))
        self._paint(Ink(seen, mask), background.color)

    def faded(self, alpha: float) -> Image.Image:
        """The image, less opaque."""
        if alpha < 1:
            self._image.putalpha(_scaled(self._image.getchannel("A"), alpha))
        return self._image

    def _cast(self, shadow: Shadow, inks: Sequence[tuple[_Letters, Ink]]) -> None:
        blur = max(_blur_px(letter.placed) for letter, _ in inks)
        moved = [(ink, *_shift(letter.placed)) for letter, ink in inks]
        ink = self._merged(moved, grown=math.ceil(3 * blur))
        if blur:
            ink = Ink(ink.box, ink.mask.filter(ImageFilter.GaussianBlur(blur)))
        self._paint(ink, shadow.color)

    def _merged(self, inks: Sequence[tuple[Ink, int, int]], grown: int = 0) -> Ink:
        box = around(ink.box.moved(dx, dy) for ink, dx, dy in inks)
        return merged(inks, box.grown(grown).within(self.box))

    def _paint(self, ink: Ink, color: Color) -> None:
        if ink.box.empty:
            return
        red, green, blue = (round(min(max(part, 0.0), 1.0) * 255) for part in color[:3])
        layer = Image.new("RGBA", ink.box.size, (red, green, blue))
        layer.putalpha(_scaled(ink.mask, color[3]))
        self._image.alpha_composite(layer, (ink.box.left - self.box.left, ink.box.top - self.box.top))


def _letters(block: Block, limit: Box) -> list[_Letters]:
    """The runs that can be seen, parts within the limit, up to `MOST_COVER`."""
    budget = MOST_COVER * limit.size[0] * limit.size[1] / 4
    letters: list[_Letters] = []
    for placed in block.placed:
        if not _near(placed, limit):
            continue
        letter = _Letters(placed, ink_box(placed).within(limit))
        width, height = _reach(letter).within(limit).size
        budget -= width * height
        if budget < 0:
            break
        letters.append(letter)
    return letters


def _near(placed: Placed, limit: Box) -> bool:
    """A cheap look before letters are measured; nothing reaches farther from its run than three em, but shadows."""
    em_px, shadow = placed.run.look.em_px, placed.run.look.style.shadow
    reach = 3 * em_px + (abs(shadow.distance) / 100 * em_px if shadow is not None else 0.0)
    left, right = placed.x_px - reach, placed.x_px + placed.run.width_px + reach
    return left < limit.right and right > limit.left and abs(placed.baseline_px) < limit.bottom + reach


def _reach(letter: _Letters) -> Box:
    """Where a run and its shadow may be."""
    shadow = letter.box.moved(*_shift(letter.placed)).grown(math.ceil(3 * _blur_px(letter.placed)))
    return around((letter.box, shadow))


def _shift(placed: Placed) -> tuple[int, int]:
    """From a run to its shadow."""
    shadow, em_px = placed.run.look.style.shadow, placed.run.look.em_px
    if shadow is None:
        return 0, 0
    distance, angle = shadow.distance / 100 * em_px, math.radians(shadow.angle_deg)
    return round(distance * math.cos(angle)), round(-distance * math.sin(angle))


def _blur_px(placed: Placed) -> float:
    shadow = placed.run.look.style.shadow
    return min(shadow.diffuse, LARGEST_DIFFUSE) * SHADOW_BLUR_EM * placed.run.look.em_px if shadow is not None else 0.0


def _backdrop(block: Block, background: TextBackground) -> Box | None:
    """Where the box behind a caption stands; None when there is no text."""
    em_px = max((placed.run.look.em_px for placed in block.placed), default=0.0)
    if not em_px:
        return None
    half_width = block.width_px / 2 + background.width * PADDING_EM * em_px
    half_height = block.height_px / 2 + background.height * PADDING_EM * em_px
    box = Box(-round(half_width), -round(half_height), round(half_width), round(half_height))
    dx, dy = background.horizontal_offset, -background.vertical_offset
    return box.moved(round(dx * OFFSET_EM * em_px), round(dy * OFFSET_EM * em_px))


def _corners(box: Box, radius: int) -> Iterable[tuple[Image.Image, int, int]]:
    """The four corners of a rounded box, smooth, and where they go."""
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


def _scaled(mask: Image.Image, alpha: float) -> Image.Image:
    alpha = min(max(alpha, 0.0), 1.0)
    return mask if alpha == 1 else mask.point([round(value * alpha) for value in range(256)])


def _grouped(
    inks: Iterable[tuple[_Letters, Ink]], key: Callable[[_Letters], K | None]
) -> list[tuple[K, list[tuple[_Letters, Ink]]]]:
    """The inks by what they share, in order of first appearance; those without it are left out."""
    groups: dict[K, list[tuple[_Letters, Ink]]] = {}
    for letter, ink in inks:
        shared = key(letter)
        if shared is not None:
            groups.setdefault(shared, []).append((letter, ink))
    return list(groups.items())


def _warnings(paragraphs: Paragraphs) -> tuple[DraftWarning, ...]:
    substituted = (
        DraftWarning(
            code=WarningCode.FONT_SUBSTITUTED,
            message=Bilingual(
                f"The font {name} is not installed; another is used.", f"字体“{name}”未安装，已使用其他字体代替。"
            ),
            material_name=name,
        )
        for name in paragraphs.substituted
    )
    return (*substituted, *((_missing_warning(paragraphs.missing),) if paragraphs.missing else ()))


def _missing_warning(missing: tuple[str, ...]) -> DraftWarning:
    shown = missing[:_NAMED_CHARACTERS]
    names = " ".join(one if one.isprintable() else f"U+{ord(one):04X}" for one in shown)
    rest = len(missing) - len(shown)
    more_en, more_zh = (f" and {rest} more", f" 等共 {len(missing)} 个") if rest else ("", "")
    return DraftWarning(
        code=WarningCode.GLYPH_MISSING,
        message=Bilingual(
            f"No font has these characters, so they are left out: {names}{more_en}",
            f"没有字体包含以下字符，已略去：{names}{more_zh}",
        ),
    )
