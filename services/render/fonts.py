"""Finding fonts: by name, by weight, and by whether they really have a character."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from services.settings import ASSETS_DIR

SYSTEM_DIRS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts").expanduser(),
    Path("~/.fonts").expanduser(),
)
PREFERRED = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei")
"""Chinese families in the order in which they are taken, when several are installed."""
_ENDINGS = {".ttf", ".otf", ".ttc"}
_CHINESE = "你"
_NOBODY_HAS = "\U0010fffe"
_PROBE_PX = 24
_FACES_IN_COLLECTION = 16


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
    def plain(self) -> bool:
        """Whether this is the upright face of usual weight."""
        return self.style.lower() in ("regular", "book", "normal", "roman", "medium")


class FontBook:
    """The fonts of some folders; the system's are looked at only when those lack something."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    @cached_property
    def _near(self) -> tuple[Face, ...]:
        return tuple(_faces(self._folders))

    @cached_property
    def _all(self) -> tuple[Face, ...]:
        return (*self._near, *_faces(SYSTEM_DIRS))

    @cached_property
    def default(self) -> Face | None:
        """The face that captions are drawn with: a Chinese one if there is any."""
        return self._chinese(self._near) or self._chinese(self._all) or next(iter(self._all), None)

    def named(self, name: str) -> Face | None:
        """The face of that family or full name, however it is spelled."""
        wanted = _plain_name(name)
        for face in self._all:
            if wanted in (
                _plain_name(face.family),
                _plain_name(f"{face.family}{face.style}"),
                _plain_name(face.path.stem),
            ):
                return face
        return None

    def bold_of(self, face: Face) -> Face | None:
        """The bold face of the same family."""
        return next((other for other in self._all if other.family == face.family and other.bold), None)

    def fallback(self, character: str) -> Face | None:
        """The first face that has the character."""
        return next((face for face in self._all if has_character(face, character)), None)

    def _chinese(self, faces: tuple[Face, ...]) -> Face | None:
        able = [face for face in faces if has_character(face, _CHINESE)]
        able.sort(key=lambda face: (_rank(face), not face.plain))
        return able[0] if able else None


def find_fonts(font_dirs: tuple[Path, ...]) -> FontBook:
    """The fonts of the given folders, then those of set-up, then the system's."""
    return FontBook((*font_dirs, ASSETS_DIR / "fonts"))


def cjk_font_name(book: FontBook) -> str | None:
    """The family that Chinese captions come out in; None when no font has Chinese."""
    face = book.default
    return face.family if face is not None and has_character(face, _CHINESE) else None


@lru_cache(maxsize=64)
def load(face: Face, size_px: float) -> ImageFont.FreeTypeFont:
    """The face at a size, in pixels an em."""
    return ImageFont.truetype(face.path, max(1.0, size_px), index=face.index)


@lru_cache(maxsize=20_000)
def has_character(face: Face, character: str) -> bool:
    """Whether the face has a glyph for the character: one that is not its box for missing ones."""
    if not character.isprintable() or character.isspace():
        return True
    return _drawn(face, character) != _drawn(face, _NOBODY_HAS)


@lru_cache(maxsize=20_000)
def _drawn(face: Face, character: str) -> bytes:
    picture = Image.new("L", (2 * _PROBE_PX, 2 * _PROBE_PX))
    ImageDraw.Draw(picture).text((0, 0), character, fill=255, font=load(face, _PROBE_PX))
    return picture.tobytes()


def _rank(face: Face) -> int:
    return PREFERRED.index(face.family) if face.family in PREFERRED else len(PREFERRED)


def _plain_name(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _faces(folders: tuple[Path, ...]) -> Iterator[Face]:
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in _ENDINGS and path.is_file():
                yield from _faces_of(path)


def _faces_of(path: Path) -> Iterator[Face]:
    for index in range(_FACES_IN_COLLECTION if path.suffix.lower() == ".ttc" else 1):
        try:
            family, style = ImageFont.truetype(path, _PROBE_PX, index=index).getname()
        except (OSError, ValueError):
            return
        yield Face(path, index, family or path.stem, style or "Regular")
