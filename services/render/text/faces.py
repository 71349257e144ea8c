"""Font files: their faces, the characters of a face, and loading at a size."""

import os
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from services.render.text.characters import is_variation_selector

OPEN_FACES = 500
"""Number of faces kept open for character lookups."""
_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
_COLLECTIONS = (".ttc", ".otc")
_FACES_IN_COLLECTION = 64
_NOBODY_HAS = "\U0010fffe"
_PROBE_PX = 24
_STRIKES_PX = (109, 136, 128, 160, 96, 72, 64, 32, 20)
"""Bitmap sizes of emoji fonts; such a font opens at no other size. Noto Color Emoji: 109."""
_COLOR_TABLES = {b"CBDT", b"sbix", b"COLR"}
_MOST_TABLES = 100


@dataclass(frozen=True, slots=True)
class Face:
    """A face of a font file; `index` is its number in a collection. `strike_px` is the only size of a bitmap face;
    `colored` faces have their own colours.
    """

    path: Path
    index: int
    family: str
    style: str
    strike_px: int | None = None
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


@lru_cache(maxsize=64)
def load(face: Face, em_px: float) -> ImageFont.FreeTypeFont:
    """The face at a size of at least one pixel an em; a bitmap face at its own size."""
    return ImageFont.FreeTypeFont(str(face.path), face.strike_px or max(1.0, em_px), index=face.index)


def enlarged(face: Face, em_px: float) -> float:
    """The scale from the size of `load` to an em of that size: 1 except for bitmap faces."""
    return em_px / face.strike_px if face.strike_px else 1.0


@lru_cache(maxsize=20_000)
def has_character(face: Face, character: str) -> bool:
    """Whether the face has a glyph for the character, other than the box of missing ones.

    Format characters need none; spaces of all widths are derived from the usual one.
    """
    if unicodedata.category(character) == "Cf" or is_variation_selector(character):
        return True
    if character.isspace():
        character = " "
    return _drawn(face, character) != _missing_box(face)


@lru_cache(maxsize=2 * OPEN_FACES)
def _missing_box(face: Face) -> tuple[bytes, int]:
    return _drawn(face, _NOBODY_HAS)


def _drawn(face: Face, character: str) -> tuple[bytes, int]:
    mask = _probe(face).getmask(character)
    return bytes(mask), mask.size[0]  # pyright: ignore[reportArgumentType]  # a mask has __bytes__, its stub has not


@lru_cache(maxsize=2 * OPEN_FACES)
def _probe(face: Face) -> ImageFont.FreeTypeFont:
    """A small copy without shaping, which would hide missing characters."""
    size = face.strike_px or _PROBE_PX
    return ImageFont.FreeTypeFont(str(face.path), size, face.index, layout_engine=ImageFont.Layout.BASIC)


def _faces_of(path: Path) -> Iterator[Face]:
    for index in range(_FACES_IN_COLLECTION if path.suffix.lower() in _COLLECTIONS else 1):
        face = _face(path, index)
        if face is None:
            return
        yield face


def _face(path: Path, index: int) -> Face | None:
    """The face, opened by FreeType directly: `ImageFont.truetype` would replace a broken font by another one of the
    same file name.
    """
    colored = not _COLOR_TABLES.isdisjoint(_tables(path, index))
    for strike_px in (None, *_STRIKES_PX) if colored else (None,):
        try:
            family, style = ImageFont.FreeTypeFont(str(path), strike_px or _PROBE_PX, index).getname()
        except (OSError, ValueError):
            continue
        return Face(path, index, family or path.stem, style or "Regular", strike_px, colored)
    return None


def table(face: Face, tag: bytes) -> bytes:
    """The content of a table of the face's file; empty if it has none."""
    start, length = _tables(face.path, face.index).get(tag, (0, 0))
    try:
        with face.path.open("rb") as file:
            file.seek(start)
            return file.read(length)
    except OSError:
        return b""


def _tables(path: Path, index: int) -> dict[bytes, tuple[int, int]]:
    """The tables of a font by name, with start and length in the file; none if the file is no font."""
    try:
        with path.open("rb") as file:
            start = 0
            if file.read(4) == b"ttcf":
                file.seek(12 + 4 * index)
                (start,) = struct.unpack(">I", file.read(4))
            file.seek(start + 4)
            (count,) = struct.unpack(">H", file.read(2))
            file.seek(start + 12)
            directory = file.read(16 * min(count, _MOST_TABLES))
    except (OSError, struct.error):
        return {}
    whole = directory[: len(directory) // 16 * 16]
    return {tag: (at, length) for tag, _, at, length in struct.iter_unpack(">4sIII", whole)}
