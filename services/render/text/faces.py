"""Font files: their faces, names and characters.

HarfBuzz is imported where a file is opened: a render without captions opens none.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.render.text.characters import is_variation_selector

if TYPE_CHECKING:
    import uharfbuzz

OPEN_FACES = 500
"""Number of faces kept open."""
_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
_COLLECTIONS = (".ttc", ".otc")
_FACES_IN_COLLECTION = 64
_FAMILY_NAMES, _STYLE_NAMES = (21, 16, 1), (22, 17, 2)
"""Numbers in a font's name table, the most precise first: names by weight, width and slope; typographic; plain."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face of a font file; `index` is its number in a collection. `colored` faces have their own colours."""

    path: Path
    index: int
    family: str
    style: str
    colored: bool = False

    @property
    def bold(self) -> bool:
        """Whether this is a bold face."""
        return "bold" in self.style.lower()

    @property
    def slanted(self) -> bool:
        """Whether this is an italic face."""
        return any(word in self.style.lower() for word in ("italic", "oblique"))

    @property
    def plain(self) -> bool:
        """Whether this is the upright face of regular weight."""
        return self.style.lower() in ("regular", "book", "normal", "roman", "medium")


def faces_in(folder: Path) -> Iterator[Face]:
    """The faces below a folder, in order of path; unreadable files are ignored."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS):
                yield from _faces_of(Path(parent, name))


@lru_cache(maxsize=OPEN_FACES)
def opened(face: Face) -> "uharfbuzz.Font":
    """The face as a font whose lengths are font units."""
    import uharfbuzz

    return uharfbuzz.Font(_read(face.path, face.index))


@lru_cache(maxsize=OPEN_FACES)
def units_per_em(face: Face) -> int:
    """The number of font units in an em."""
    return _read(face.path, face.index).upem


def table(face: Face, tag: str) -> bytes:
    """The content of a table of the face's file; empty if it has none."""
    return _read(face.path, face.index).reference_table(tag).data


def has_character(face: Face, character: str) -> bool:
    """Whether a face has a glyph for the character. Format characters need none; spaces of all widths are derived from
    the usual one.
    """
    if unicodedata.category(character) == "Cf" or is_variation_selector(character):
        return True
    return opened(face).get_nominal_glyph(ord(" " if character.isspace() else character)) is not None


def has_text(face: Face, text: str) -> bool:
    """Whether a face has all characters of a text, be its accents composed or apart."""
    forms = (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
    return any(all(has_character(face, character) for character in form) for form in forms)


@lru_cache(maxsize=64)
def _read(path: Path, index: int) -> "uharfbuzz.Face":
    import uharfbuzz

    return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)), index)


def _faces_of(path: Path) -> Iterator[Face]:
    for index in range(_FACES_IN_COLLECTION if path.suffix.lower() in _COLLECTIONS else 1):
        face = _face(path, index)
        if face is None:
            return
        yield face


def _face(path: Path, index: int) -> Face | None:
    """The face; None for a broken file, and for pictures in SVG alone, whose outlines are empty."""
    from uharfbuzz import HarfBuzzError

    try:
        font = _read(path, index)
    except (OSError, HarfBuzzError):
        return None
    colored = font.has_color_png or font.has_color_paint or font.has_color_layers
    if not font.glyph_count or not len(font.unicodes) or (font.has_color_svg and not colored):
        return None
    family, style = (_name(font, numbers) for numbers in (_FAMILY_NAMES, _STYLE_NAMES))
    return Face(path, index, family or path.stem, style or "Regular", colored)


def _name(font: "uharfbuzz.Face", numbers: tuple[int, ...]) -> str | None:
    return next((name for number in numbers if (name := font.get_name(number, "en"))), None)
