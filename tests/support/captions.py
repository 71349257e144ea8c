"""Captions to draw, and the position and colour of their ink."""

from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.drafts.colors import Color
from services.drafts.records import TextMaterial, TextStyle
from services.environment import ASSETS_DIR
from services.errors import DraftWarning
from services.render.text.captions import DrawnText, draw_text
from services.render.text.fonts import FontBook
from services.render.text.layout import lay_out

WIDTH, HEIGHT = 640, 480
SIZE = 10.8
EM = SIZE * WIDTH / 172.8
BOOK = FontBook((ASSETS_DIR / "fonts",), system_folders=())
WHITE: Color = (1.0, 1.0, 1.0, 1.0)
BLACK: Color = (0.0, 0.0, 0.0, 1.0)
ORANGE: Color = (1.0, 0.443, 0.0, 1.0)
RED: Color = (1.0, 0.0, 0.0, 1.0)
BLUE: Color = (0.0, 0.0, 1.0, 1.0)
NOBODY_HAS = "\U0010fffd"
Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]


def look(start: int = 0, end: int = 10_000, **options: Any) -> TextStyle:
    """A style of the default size, by default for all characters."""
    options.setdefault("size", SIZE)
    return TextStyle(start=start, end=end, **options)


def caption(text: str, *styles: TextStyle, **options: Any) -> TextMaterial:
    """A caption in these styles, or in the default one."""
    return TextMaterial(id="caption", text=text, styles=styles or (look(),), **options)


def drawn(text: TextMaterial, book: FontBook = BOOK, scale: float = 1.0) -> tuple[DrawnText, tuple[DraftWarning, ...]]:
    """The drawn caption and its warnings."""
    picture, warnings = draw_text(text, book, canvas_width=WIDTH, canvas_height=HEIGHT, scale=scale)
    assert picture is not None
    return picture, warnings


def canvas(text: TextMaterial, book: FontBook = BOOK, scale: float = 1.0) -> Pixels:
    """The caption on a transparent canvas, its block's centre in the middle."""
    picture, warnings = drawn(text, book, scale)
    assert not warnings
    image = Image.new("RGBA", (WIDTH, HEIGHT))
    image.paste(picture.image, (WIDTH // 2 + picture.left_px, HEIGHT // 2 + picture.top_px))
    return np.asarray(image)


def ink(text: TextMaterial, book: FontBook = BOOK, scale: float = 1.0) -> Mask:
    """Where the caption covers more than half."""
    mask: Mask = canvas(text, book, scale)[..., 3] > 128
    return mask


def of_color(pixels: Pixels, color: Color) -> Mask:
    """Pixels of that colour, opaque but for a sixteenth."""
    wanted = np.array([round(part * 255) for part in color[:3]])
    near: Mask = np.abs(pixels[..., :3].astype(int) - wanted).max(axis=2) < 16
    solid: Mask = pixels[..., 3] >= 240
    return near & solid


def same(one: Mask, other: Mask) -> bool:
    """Equal but for a few pixels, which colours below shine through at their edges."""
    return int((one != other).sum()) <= 3


def extent(mask: Mask) -> tuple[int, int, int, int]:
    """Left, top, right, bottom: the last two outside."""
    rows, columns = mask.nonzero()
    assert rows.size
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def bands(mask: Mask, axis: int) -> int:
    """The number of separate stretches of ink: rows for axis 1, columns for axis 0."""
    filled = np.asarray(mask.any(axis=axis)).astype(int)
    return int((np.diff(filled, prepend=0) > 0).sum())


def lines(text: TextMaterial, book: FontBook = BOOK) -> list[str]:
    """The characters of each line, in reading order."""
    block = lay_out(text, book, WIDTH, HEIGHT, 1.0)
    rows = groupby(block.placed, key=lambda placed: placed.baseline_px)
    return ["".join(text for placed in row for text in placed.run.texts) for _, row in rows]
