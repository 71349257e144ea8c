"""Outlines of glyphs with round joins, by FreeType's stroker."""

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import freetype
from PIL import Image

from services.render.text.faces import Face
from services.render.text.matrix import Matrix

_FLAGS = freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_BITMAP
_ROUND = freetype.FT_STROKER_LINECAP_ROUND, freetype.FT_STROKER_LINEJOIN_ROUND
_ONE = 0x10000
"""1 as a fixed-point number of a matrix; lengths count 64ths of a pixel."""
_LOCK = Lock()
"""A FreeType face has one size and one transformation at a time, and captions are drawn in threads."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of pixels (mode L), and the place of its top left corner, y downwards."""

    mask: Image.Image
    left: int
    top: int


def outlined(
    face: Face, number: int, em_px: float, radius_px: float, matrix: Matrix, x_px: float, y_px: float
) -> Coverage | None:
    """The line of twice the radius along a glyph's outline, its origin at (x, y) with y downwards; None if the glyph
    has no outline.
    """
    left, top = int(x_px // 1), int(-(-y_px // 1))
    with _LOCK:
        try:
            font = _opened(face)
            font.set_char_size(round(em_px * 64))
            fixed = (round(part * _ONE) for part in (matrix.xx, matrix.xy, matrix.yx, matrix.yy))
            font.set_transform(
                freetype.Matrix(*fixed), freetype.Vector(round((x_px - left) * 64), round((top - y_px) * 64))
            )
            font.load_glyph(number, _FLAGS)
            glyph = font.glyph.get_glyph()
            stroker = freetype.Stroker()
            stroker.set(round(radius_px * 64), *_ROUND, 0)
            glyph.stroke(stroker, True)
            drawn = glyph.to_bitmap(freetype.FT_RENDER_MODE_NORMAL, freetype.Vector(), True)
        except freetype.FT_Exception:
            return None
        return _coverage(drawn, left, top)


def _coverage(drawn: freetype.BitmapGlyph, left: int, top: int) -> Coverage | None:
    bitmap = drawn.bitmap
    if not bitmap.rows or not bitmap.width:
        return None
    pixels = ctypes.string_at(bitmap._FT_Bitmap.buffer, bitmap.rows * bitmap.pitch)  # noqa: SLF001 - as a list, it is slow
    mask = Image.frombytes("L", (bitmap.width, bitmap.rows), pixels, "raw", "L", bitmap.pitch)
    return Coverage(mask, left + drawn.left, top - drawn.top)


@lru_cache(maxsize=16)
def _opened(face: Face) -> freetype.Face:
    return freetype.Face(str(face.path), face.index)
