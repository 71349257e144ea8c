# The parts of uharfbuzz that the project uses; it has no types of its own.

from collections.abc import Sequence
from typing import NamedTuple

class HarfBuzzError(Exception): ...

class Blob:
    data: bytes
    @classmethod
    def from_file_path(cls, filename: str) -> Blob: ...
    def __len__(self) -> int: ...

class Set:
    def __len__(self) -> int: ...

class Face:
    upem: int
    glyph_count: int
    unicodes: Set
    table_tags: list[str]
    has_color_paint: bool
    has_color_layers: bool
    has_color_png: bool
    has_color_svg: bool
    def __init__(self, blob: Blob | bytes, index: int = 0) -> None: ...
    def get_name(self, name_id: int, language: str | None = None) -> str | None: ...
    def reference_table(self, tag: str) -> Blob: ...

class GlyphExtents(NamedTuple):
    x_bearing: int
    y_bearing: int
    width: int
    height: int

class Font:
    def __init__(self, face: Face) -> None: ...
    def get_nominal_glyph(self, unicode: int) -> int | None: ...
    def get_glyph_extents(self, gid: int) -> GlyphExtents | None: ...
    def get_glyph_color_png(self, glyph: int) -> Blob: ...

class GlyphInfo:
    codepoint: int
    cluster: int

class GlyphPosition:
    x_advance: int
    y_advance: int
    x_offset: int
    y_offset: int

class Buffer:
    direction: str
    script: str | None
    language: str
    glyph_infos: Sequence[GlyphInfo]
    glyph_positions: Sequence[GlyphPosition]
    def add_str(self, text: str, item_offset: int = 0, item_length: int = -1) -> None: ...
    def add_codepoints(self, codepoints: Sequence[int], item_offset: int = 0, item_length: int = -1) -> None: ...
    def guess_segment_properties(self) -> None: ...

def shape(font: Font, buffer: Buffer, features: dict[str, bool] | None = None) -> None: ...

class RasterExtents(NamedTuple):
    x_origin: int = ...
    y_origin: int = ...
    width: int = ...
    height: int = ...
    stride: int = ...

class RasterImage:
    buffer: bytes
    extents: RasterExtents

class RasterDraw:
    transform: tuple[float, float, float, float, float, float]
    extents: RasterExtents | None
    def draw_glyph(self, font: Font, glyph: int) -> None: ...
    def render(self) -> RasterImage | None: ...

class RasterPaint:
    transform: tuple[float, float, float, float, float, float]
    extents: RasterExtents | None
    def paint_glyph_or_fail(self, font: Font, glyph: int) -> bool: ...
    def render(self) -> RasterImage | None: ...
