"""Shaping: the glyphs of a text and their places, by HarfBuzz. Lengths in font units, y upwards."""

from collections.abc import Iterator
from dataclasses import dataclass

import uharfbuzz

from services.render.text.faces import Face, opened

_FEATURES = {"kern": False}
"""The apps do not kern."""
_SPACED = {**_FEATURES, "liga": False, "clig": False}
"""Letters with spacing form no ligatures that are a matter of style."""


@dataclass(frozen=True, slots=True)
class ShapedGlyph:
    """A glyph by number. `start`: the index in the text of the first character that it stands for."""

    number: int
    start: int
    advance: int
    x: int
    y: int


def shape(
    face: Face, text: str, start: int, end: int, level: int, script: str | None, *, spaced: bool
) -> list[ShapedGlyph]:
    """The glyphs of `text[start:end]` from left to right; neighbouring letters count for joining. At odd levels the
    text reads from right to left.
    """
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text, start, end - start)
    buffer.guess_segment_properties()
    if script is not None:
        buffer.script = script
    buffer.direction = "rtl" if level % 2 else "ltr"
    uharfbuzz.shape(opened(face), buffer, _SPACED if spaced else _FEATURES)
    return list(_glyphs(buffer))


def upright_glyph(face: Face, character: str) -> int | None:
    """The number of a character's own form for vertical text; None if the font has none."""
    plain, upright = (_only_glyph(face, character, features) for features in (_FEATURES, {"vert": True}))
    return upright if upright != plain else None


def _only_glyph(face: Face, character: str, features: dict[str, bool]) -> int | None:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(character)
    buffer.guess_segment_properties()
    buffer.direction = "ltr"
    uharfbuzz.shape(opened(face), buffer, features)
    numbers = [glyph.number for glyph in _glyphs(buffer)]
    return numbers[0] if len(numbers) == 1 else None


def _glyphs(buffer: uharfbuzz.Buffer) -> Iterator[ShapedGlyph]:
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        yield ShapedGlyph(info.codepoint, info.cluster, place.x_advance, place.x_offset, place.y_offset)
