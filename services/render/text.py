"""Drawing captions to images with Pillow: shadow under outline under fill."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageDraw, ImageFilter

from services.drafts.records import Color, TextBackground, TextMaterial
from services.errors import Bilingual, DraftWarning, WarningCode
from services.render.fonts import FontBook, load
from services.render.text_layout import Block, Placed, lay_out

SHADOW_BLUR_EM = 0.35
"""Sigma of a shadow's blur in em, for a `diffuse` of 1 [unverified]."""
THICKEN_EM = 0.02
"""Added around a glyph when a font has no bold face."""
SLANT = math.tan(math.radians(12))
"""How far an italic leans, when it is made from an upright face."""
PADDING_EM = 1.0
"""A background's padding on each side in em, for a width or height of 1 [unverified]."""
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class DrawnText:
    """A caption's picture (RGBA, straight alpha); its corner from the centre of the caption's block, in pixels."""

    image: Image.Image
    left_px: int
    top_px: int


def draw_text(
    text: TextMaterial, book: FontBook, *, canvas_width: int, canvas_height: int, scale: float = 1.0
) -> tuple[DrawnText | None, tuple[DraftWarning, ...]]:
    """The caption at `scale`; None when it has nothing to see. The picture is at most twice the canvas."""
    block = lay_out(text, book, canvas_width, scale)
    warnings = tuple(_warnings(block))
    if not block.placed:
        return None, warnings
    picture = _Picture.around(block, text, canvas_width, canvas_height)
    if text.background is not None:
        picture.box(block, text.background)
    picture.shadows(block)
    picture.strokes(block)
    picture.fills(block)
    image = picture.image
    if text.alpha < 1:
        image.putalpha(image.getchannel("A").point([round(value * text.alpha) for value in range(256)]))
    return DrawnText(image, picture.left, picture.top), warnings


class _Picture:
    """An image around a block; `left` and `top` are its corner from the block's centre."""

    def __init__(self, left: int, top: int, width: int, height: int, block: Block) -> None:
        self.left, self.top = left, top
        self.image = Image.new("RGBA", (width, height))
        self._x = -block.width_px / 2 - left
        self._y = -block.height_px / 2 - top

    @classmethod
    def around(cls, block: Block, text: TextMaterial, canvas_width: int, canvas_height: int) -> "_Picture":
        """Large enough for outlines, shadows and the background, and no larger than needed."""
        margin = max(_margin(placed) for placed in block.placed)
        if text.background is not None:
            margin += 2 * PADDING_EM * max(placed.run.em_px for placed in block.placed)
        half_width = min(math.ceil(block.width_px / 2 + margin), canvas_width)
        half_height = min(math.ceil(block.height_px / 2 + margin), canvas_height)
        return cls(-half_width, -half_height, 2 * half_width, 2 * half_height, block)

    def box(self, block: Block, background: TextBackground) -> None:
        """The box behind the text."""
        em = max(placed.run.em_px for placed in block.placed)
        pad_x, pad_y = background.width * PADDING_EM * em, background.height * PADDING_EM * em
        x = self._x + background.horizontal_offset * em
        y = self._y - background.vertical_offset * em
        corners = (x - pad_x, y - pad_y, x + block.width_px + pad_x, y + block.height_px + pad_y)
        radius = background.round_radius * min(corners[2] - corners[0], corners[3] - corners[1]) / 2
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).rounded_rectangle(corners, radius, fill=255)
        self._paint(mask, background.color)

    def shadows(self, block: Block) -> None:
        """All shadows, under everything else."""
        for shadow, placed in _grouped(block.placed, lambda one: one.run.style.shadow):
            em = placed[0].run.em_px
            distance, angle = shadow.distance / 100 * em, math.radians(shadow.angle_deg)
            mask = self._mask(placed, distance * math.cos(angle), -distance * math.sin(angle), outlined=True)
            if shadow.diffuse:
                mask = mask.filter(ImageFilter.GaussianBlur(shadow.diffuse * SHADOW_BLUR_EM * em))
            self._paint(mask, shadow.color)

    def strokes(self, block: Block) -> None:
        """All outlines, under all fills: a neighbour's outline never covers a glyph."""
        for stroke, placed in _grouped(block.placed, lambda one: one.run.style.stroke):
            self._paint(self._mask(placed, 0, 0, outlined=True), stroke.color)

    def fills(self, block: Block) -> None:
        """The glyphs themselves, and their underlines."""
        for color, placed in _grouped(block.placed, lambda one: one.run.style.color):
            self._paint(self._mask(placed, 0, 0, outlined=False), color)

    def _mask(self, placed: Iterable[Placed], dx: float, dy: float, *, outlined: bool) -> Image.Image:
        mask = Image.new("L", self.image.size)
        for one in placed:
            x, y = self._x + one.x_px + dx, self._y + one.baseline_px + dy
            if one.run.style.italic:
                upright = Image.new("L", self.image.size)
                _draw(upright, one, x, y, outlined)
                slanted = upright.transform(
                    upright.size, Image.Transform.AFFINE, (1, SLANT, -SLANT * y, 0, 1, 0), Image.Resampling.BICUBIC
                )
                mask.paste(255, mask=slanted)
            else:
                _draw(mask, one, x, y, outlined)
        return mask

    def _paint(self, mask: Image.Image, color: Color) -> None:
        red, green, blue, alpha = (round(part * 255) for part in color)
        layer = Image.new("RGBA", self.image.size, (red, green, blue, 0))
        layer.putalpha(mask if alpha == 255 else mask.point([round(value * alpha / 255) for value in range(256)]))
        self.image.alpha_composite(layer)


def _draw(mask: Image.Image, one: Placed, x: float, baseline: float, outlined: bool) -> None:
    run = one.run
    font = load(run.face, run.em_px)
    thick = THICKEN_EM * run.em_px if run.thicken else 0.0
    if outlined and run.style.stroke is not None:
        thick += run.style.stroke.width_em * run.em_px
    draw = ImageDraw.Draw(mask)
    for text, offset in _clusters(one):
        draw.text((x + offset, baseline), text, fill=255, font=font, anchor="ls", stroke_width=thick, stroke_fill=255)
    if run.style.underline and run.width_px:
        line = max(1.0, run.em_px * 0.06)
        low = baseline + run.em_px * 0.1
        draw.rectangle((x - thick, low - thick, x + run.width_px + thick, low + line + thick), fill=255)


def _clusters(one: Placed) -> list[tuple[str, float]]:
    """What is drawn at once: the whole run, so that it is shaped; each character when they are spaced."""
    run = one.run
    if not run.spacing_px:
        return [(run.text, 0.0)]
    font = load(run.face, run.em_px)
    found: list[tuple[str, float]] = []
    offset = 0.0
    for character in run.text:
        found.append((character, offset))
        offset += font.getlength(character) + run.spacing_px
    return found


def _margin(one: Placed) -> float:
    """How far a run's ink may reach beyond the block."""
    em, style = one.run.em_px, one.run.style
    reach = 0.4 * em
    if style.stroke is not None:
        reach += style.stroke.width_em * em
    if style.shadow is not None:
        reach += (style.shadow.distance / 100 + 3 * style.shadow.diffuse * SHADOW_BLUR_EM) * em
    return reach


def _grouped(placed: Iterable[Placed], key: Callable[[Placed], K | None]) -> list[tuple[K, list[Placed]]]:
    """The runs by look, in order of first appearance; runs without that look are left out."""
    groups: dict[K, list[Placed]] = {}
    for one in placed:
        look = key(one)
        if look is not None and one.run.text:
            groups.setdefault(look, []).append(one)
    return list(groups.items())


def _warnings(block: Block) -> Iterable[DraftWarning]:
    for name in block.substituted:
        yield DraftWarning(
            code=WarningCode.FONT_SUBSTITUTED,
            message=Bilingual(
                f"The font {name} is not installed; another is used.", f"字体“{name}”未安装，已使用其他字体代替。"
            ),
            material_name=name,
        )
    if block.missing:
        yield DraftWarning(
            code=WarningCode.GLYPH_MISSING,
            message=Bilingual(
                f"No font has these characters: {block.missing[:50]}", f"没有字体包含这些字符：{block.missing[:50]}"
            ),
        )
