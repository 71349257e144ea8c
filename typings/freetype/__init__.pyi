# The parts of freetype-py that the project uses; it has no types of its own.

import ctypes

FT_LOAD_NO_HINTING: int
FT_LOAD_NO_BITMAP: int
FT_RENDER_MODE_NORMAL: int
FT_STROKER_LINECAP_ROUND: int
FT_STROKER_LINEJOIN_ROUND: int

class FT_Exception(Exception): ...  # noqa: N801 - its name there

class Vector(ctypes.Structure):
    def __init__(self, x: int = 0, y: int = 0) -> None: ...

class Matrix(ctypes.Structure):
    def __init__(self, xx: int, xy: int, yx: int, yy: int) -> None: ...

class _Pixels(ctypes.Structure):
    buffer: ctypes._Pointer[ctypes.c_ubyte]

class Bitmap:
    rows: int
    width: int
    pitch: int
    _FT_Bitmap: _Pixels

class BitmapGlyph:
    bitmap: Bitmap
    left: int
    top: int

class Stroker:
    def set(self, radius: int, line_cap: int, line_join: int, miter_limit: int) -> None: ...

class Glyph:
    def stroke(self, stroker: Stroker, destroy: bool = False) -> None: ...
    def to_bitmap(self, mode: int, origin: Vector, destroy: bool = False) -> BitmapGlyph: ...

class GlyphSlot:
    def get_glyph(self) -> Glyph: ...

class Face:
    glyph: GlyphSlot
    def __init__(self, path_or_stream: str, index: int = 0) -> None: ...
    def set_char_size(self, width: int = 0, height: int = 0, hres: int = 72, vres: int = 72) -> None: ...
    def set_transform(self, matrix: Matrix, delta: Vector) -> None: ...
    def load_glyph(self, index: int, flags: int = ...) -> None: ...
