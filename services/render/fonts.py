"""Finding fonts: by name, by weight, and by whether they really have a character."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from PIL import ImageFont

from services.settings import ASSETS_DIR

SYSTEM_DIRS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts").expanduser(),
    Path("~/.fonts").expanduser(),
)
PREFERRED = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Source Han Sans",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)
"""Chinese families in the order in which they are taken, when a folder has several."""
MOST_FALLBACKS = 500
"""Faces that are looked through for a character; as many stay open for it."""
_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
_COLLECTIONS = (".ttc", ".otc")
_FACES_IN_COLLECTION = 64
_CHINESE = "你"
_NOBODY_HAS = "\U0010fffe"
_PROBE_PX = 24


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file; `index` counts the faces of a collection."""

    path: Path
    index: int
    family: str
    style: str

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
        """Whether this is the upright face of usual weight."""
        return self.style.lower() in ("regular", "book", "normal", "roman", "medium")


@dataclass(frozen=True)
class FontBook:
    """The fonts of some folders, those of the first folder first. Files are opened when they are
    needed: the system's only when the folders lack something.
    """

    folders: tuple[Path, ...]
    system_folders: tuple[Path, ...] = SYSTEM_DIRS
    _fallbacks: dict[str, Face | None] = field(default_factory=dict[str, Face | None], repr=False, compare=False)

    @cached_property
    def _near(self) -> tuple[tuple[Face, ...], ...]:
        return tuple(tuple(_faces(folder)) for folder in self.folders)

    @cached_property
    def _system(self) -> tuple[tuple[Face, ...], ...]:
        return tuple(tuple(_faces(folder)) for folder in self.system_folders)

    @cached_property
    def _all(self) -> tuple[Face, ...]:
        return tuple(face for faces in (*self._near, *self._system) for face in faces)

    @cached_property
    def _plain_first(self) -> tuple[Face, ...]:
        return tuple(sorted(self._all, key=_plainness))

    @cached_property
    def default(self) -> Face | None:
        """The face that captions are drawn with: a Chinese one if there is any."""
        return _first_chinese(self._near) or _first_chinese(self._system) or _best(self._all, _plainness)

    def named(self, name: str) -> Face | None:
        """The face of that family or full name, however it is spaced or capitalised; of a family, the plain one."""
        wanted = _bare(name)
        if not wanted:
            return None
        family = _best((face for face in self._all if _bare(face.family) == wanted), _plainness)
        return family or next((face for face in self._all if wanted in _full_names(face)), None)

    def bold_of(self, face: Face) -> Face | None:
        """The bold face of the same family."""
        family = (other for other in self._all if other.family == face.family and other.bold)
        return _best((other for other in family if other.slanted == face.slanted), _boldness)

    def fallback(self, character: str) -> Face | None:
        """The first face that has the character, plain faces first; at most `MOST_FALLBACKS` are looked at."""
        if character not in self._fallbacks:
            able = (face for face in self._plain_first[:MOST_FALLBACKS] if has_character(face, character))
            self._fallbacks[character] = next(able, None)
        return self._fallbacks[character]


def find_fonts(font_dirs: tuple[Path, ...]) -> FontBook:
    """The fonts of the given folders, then those of set-up, then the system's."""
    return FontBook((*font_dirs, ASSETS_DIR / "fonts"))


def cjk_font_name(book: FontBook) -> str | None:
    """The family that Chinese captions come out in; None when no font has Chinese."""
    face = book.default
    return face.family if face is not None and has_character(face, _CHINESE) else None


@lru_cache(maxsize=64)
def load(face: Face, em_px: float) -> ImageFont.FreeTypeFont:
    """The face at a size of at least one pixel an em."""
    return ImageFont.FreeTypeFont(str(face.path), max(1.0, em_px), index=face.index)


@lru_cache(maxsize=20_000)
def has_character(face: Face, character: str) -> bool:
    """Whether the face has a glyph for the character: one that is not its box for missing ones.

    Format characters need none; spaces of all widths are made from the usual one.
    """
    if unicodedata.category(character) == "Cf" or _is_variation_selector(character):
        return True
    if character.isspace():
        character = " "
    return _drawn(face, character) != _missing_box(face)


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


@lru_cache(maxsize=2 * MOST_FALLBACKS)
def _missing_box(face: Face) -> tuple[bytes, int]:
    return _drawn(face, _NOBODY_HAS)


def _drawn(face: Face, character: str) -> tuple[bytes, int]:
    mask = _probe(face).getmask(character)
    return bytes(mask), mask.size[0]  # pyright: ignore[reportArgumentType]  # a mask has __bytes__, its stub has not


@lru_cache(maxsize=2 * MOST_FALLBACKS)
def _probe(face: Face) -> ImageFont.FreeTypeFont:
    """A small, plain copy: without shaping, which would hide some characters that a face lacks."""
    return ImageFont.FreeTypeFont(str(face.path), _PROBE_PX, face.index, layout_engine=ImageFont.Layout.BASIC)


def _best(faces: Iterable[Face], rank: Callable[[Face], tuple[int, ...]]) -> Face | None:
    """The face of the lowest rank, the first of several."""
    return min(faces, key=rank, default=None)


def _first_chinese(folders: Iterable[tuple[Face, ...]]) -> Face | None:
    found = (_best((face for face in faces if has_character(face, _CHINESE)), _preference) for faces in folders)
    return next((face for face in found if face is not None), None)


def _preference(face: Face) -> tuple[int, ...]:
    known = PREFERRED.index(face.family) if face.family in PREFERRED else len(PREFERRED)
    return known, *_plainness(face)


def _plainness(face: Face) -> tuple[int, ...]:
    return not face.plain, face.slanted, face.bold


def _boldness(face: Face) -> tuple[int, ...]:
    """Bold itself before semi-bold and extra-bold."""
    return (_bare(face.style).removesuffix("italic").removesuffix("oblique") != "bold",)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _full_names(face: Face) -> tuple[str, str]:
    return _bare(f"{face.family}{face.style}"), _bare(face.path.stem)


def _faces(folder: Path) -> Iterator[Face]:
    """The faces below a folder, in order of path; what cannot be read is passed over."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS):
                yield from _faces_of(Path(parent, name))


def _faces_of(path: Path) -> Iterator[Face]:
    """Opened by FreeType itself: `ImageFont.truetype` would put a font of the same file name for a broken one."""
    for index in range(_FACES_IN_COLLECTION if path.suffix.lower() in _COLLECTIONS else 1):
        try:
            family, style = ImageFont.FreeTypeFont(str(path), _PROBE_PX, index).getname()
        except (OSError, ValueError):
            return
        yield Face(path, index, family or path.stem, style or "Regular")
