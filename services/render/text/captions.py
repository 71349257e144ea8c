"""Captions drawn to images with Pillow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from services.drafts.records import TextBackground, TextMaterial
from services.errors import Bilingual, DraftWarning, WarningCode
from services.render.box import Box
from services.render.text.cells import Paragraphs
from services.render.text.fonts import FontBook
from services.render.text.layout import Block, PlacedLine, lay_out
from services.render.text.open_fonts import open_font
from services.render.text.paint import Picture, visible_runs
from services.render.text.tiles import tiles

PADDING_EM = 1.0
"""A background's padding on each side in em, for a width or height of 1 [unverified]."""
OFFSET_EM = 1.0
"""A background's displacement in em, for an offset of 1 [unverified]."""
_NAMED_CHARACTERS = 50


@dataclass(frozen=True, slots=True)
class DrawnText:
    """A caption's picture (RGBA, straight alpha). `left_px`, `top_px`: its top left corner from the centre of the
    caption's block (lines without outlines, shadows and background), which is also the picture's centre.
    """

    image: Image.Image
    left_px: int
    top_px: int
    clusters: tuple[Box, ...]
    """The boxes of the characters in reading order (of a few together in long captions); together they cover the
    picture, and boxes 0 to n show the text typed so far.
    """


def draw_text(
    text: TextMaterial,
    book: FontBook,
    *,
    canvas_width: int,
    canvas_height: int,
    scale: float = 1.0,
    pictures: Mapping[str, Path] = MappingProxyType({}),
) -> tuple[DrawnText | None, tuple[DraftWarning, ...]]:
    """The caption at `scale`; None if nothing is visible (no text, no size, no font).

    The picture extends at most one canvas to each side of the caption's centre: pixels beyond are invisible while that
    centre lies on the canvas. `pictures` are the files of pictures within letters, by their paths in the draft; letters
    whose picture is not among them have their colour. Warns of missing fonts (FONT_SUBSTITUTED, one for each name) and
    missing characters (GLYPH_MISSING, one for all).
    """
    block = lay_out(text, book, canvas_width, canvas_height, scale)
    warnings = _warnings(block.paragraphs)
    limit = Box(-canvas_width, -canvas_height, canvas_width, canvas_height)
    runs = visible_runs(block, limit)
    backdrop = _backdrop(block, text.background) if text.background is not None else []
    picture = Picture.around((*(run.reach for run in runs), *backdrop), limit)
    if picture is None:
        return None, warnings
    if text.background is not None:
        picture.rounded(backdrop, text.background.round_radius, text.background.color)
    picture.draw(runs, pictures)
    image = picture.faded(text.alpha)
    if not image.getbbox():
        return None, warnings
    return DrawnText(image, picture.box.left, picture.box.top, tiles(block, picture.box)), warnings


def _backdrop(block: Block, background: TextBackground) -> list[Box]:
    """The background boxes of a caption: one, or one for each line; none without text."""
    em_px = max((placed.run.style.em_px for placed in block.placed), default=0.0)
    if not em_px:
        return []
    pad_x, pad_y = background.width * PADDING_EM * em_px, background.height * PADDING_EM * em_px
    dx, dy = background.horizontal_offset * OFFSET_EM * em_px, -background.vertical_offset * OFFSET_EM * em_px
    half_width, half_height = block.width_px / 2, block.height_px / 2
    edges = [(-half_width, -half_height, half_width, half_height)]
    if background.per_line:
        edges = [_line_edges(line, vertical=block.vertical) for line in block.lines if line.placed]
    return [
        Box(round(left - pad_x), round(top - pad_y), round(right + pad_x), round(bottom + pad_y)).moved(
            round(dx), round(dy)
        )
        for left, top, right, bottom in edges
    ]


def _line_edges(line: PlacedLine, *, vertical: bool) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a line or column."""
    (first, last), (start, end) = line.band_px, line.extent_px
    return (last, start, first, end) if vertical else (start, first, end, last)


def _warnings(paragraphs: Paragraphs) -> tuple[DraftWarning, ...]:
    substituted = map(_substituted_warning, paragraphs.substituted)
    return (*substituted, *((_missing_warning(paragraphs.missing),) if paragraphs.missing else ()))


def _substituted_warning(name: str) -> DraftWarning:
    meant = open_font(name)
    add = f"`draftcast fonts add '{name}'`"
    more_en = more_zh = ""
    if meant is not None:
        more_en = f" {add} fetches {'it' if meant.same else f'{meant.font.family}, which looks like it'}."
        more_zh = f"{add} 可下载{'该字体' if meant.same else f'外观相近的 {meant.font.family}'}。"
    return DraftWarning(
        code=WarningCode.FONT_SUBSTITUTED,
        message=Bilingual(
            f"The font {name} is not installed; another font is used.{more_en}",
            f"字体“{name}”未安装，已使用其他字体代替。{more_zh}",
        ),
        material_name=name,
    )


def _missing_warning(missing: tuple[str, ...]) -> DraftWarning:
    shown = missing[:_NAMED_CHARACTERS]
    names = " ".join(one if one.isprintable() else f"U+{ord(one):04X}" for one in shown)
    rest = len(missing) - len(shown)
    more_en, more_zh = (f" and {rest} more", f" 等共 {len(missing)} 个") if rest else ("", "")
    return DraftWarning(
        code=WarningCode.GLYPH_MISSING,
        message=Bilingual(
            f"No installed font has these characters; they are left out: {names}{more_en}.",
            f"没有字体包含以下字符，已略去：{names}{more_zh}。",
        ),
    )
