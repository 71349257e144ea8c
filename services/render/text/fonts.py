"""Font lookup by name, by weight, and by character."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from services.environment import ADDED_FONTS_DIR, ASSETS_DIR
from services.render.text.faces import OPEN_FACES, Face, faces_in, has_character, has_text
from services.render.text.font_table import OPEN_FONTS
from services.render.text.open_fonts import bare, open_font

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
"""Chinese families in order of preference within a folder."""
_CHINESE = "你"
_EMOJI = "😀"
_LAST_RESORT = "DejaVu Sans"
"""The family that has a glyph for nearly everything, and a better one for little."""
_FOR_THEIR_NAMES = {font.family for font in OPEN_FONTS if not font.family.startswith("Noto Sans")} - {_LAST_RESORT}
_HEAVY = ("bold", "black", "heavy")
SCRIPTS = {
    "Chinese": _CHINESE,
    "Latin": "A",
    "Japanese": "か",
    "Korean": "한",
    "Arabic": "ع",
    "Hebrew": "ש",
    "Thai": "ก",
    "Devanagari": "क",
    "emoji": _EMOJI,
}
"""Scripts that set-up brings fonts for, and a letter of each."""


@dataclass(frozen=True)
class FontBook:
    """The fonts of some folders, those of the first folder first. Files are opened on demand: the system's only if the
    folders lack a font.
    """

    folders: tuple[Path, ...]
    system_folders: tuple[Path, ...] = SYSTEM_DIRS
    _fallbacks: dict[tuple[str, bool], Face | None] = field(
        default_factory=dict[tuple[str, bool], Face | None], repr=False, compare=False
    )

    @cached_property
    def _near(self) -> tuple[tuple[Face, ...], ...]:
        return tuple(tuple(faces_in(folder)) for folder in self.folders)

    @cached_property
    def _system(self) -> tuple[tuple[Face, ...], ...]:
        return tuple(tuple(faces_in(folder)) for folder in self.system_folders)

    @cached_property
    def _all(self) -> tuple[Face, ...]:
        return tuple(face for faces in (*self._near, *self._system) for face in faces)

    @cached_property
    def _plain_first(self) -> tuple[Face, ...]:
        return tuple(sorted(self._all, key=_plainness))

    @cached_property
    def _by_family(self) -> dict[str, Face]:
        """The plainest face of each family."""
        return {bare(face.family): face for face in reversed(self._plain_first)}

    @cached_property
    def _by_full_name(self) -> dict[str, Face]:
        return {name: face for face in reversed(self._all) for name in _full_names(face)}

    @cached_property
    def _emoji_faces(self) -> tuple[Face, ...]:
        """Emoji faces, coloured ones first."""
        made = (face for face in self._all if face.colored or "emoji" in face.family.lower())
        return tuple(sorted(made, key=lambda face: (not face.colored, *_plainness(face))))

    @cached_property
    def default(self) -> Face | None:
        """The default face of captions: a Chinese one if there is any, that of the first folder. An open font that
        was added for drafts that name it is taken only if there is no other.
        """
        usual = _first_chinese(map(_usual, self._near)) or _first_chinese(map(_usual, self._system))
        return usual or _first_chinese((self._all,)) or _best(self._all, _plainness)

    def named(self, name: str) -> Face | None:
        """The face of that family or full name, or of an open font that drafts call so, regardless of spaces and case;
        of a family, the plain one.
        """
        meant = open_font(name)
        return self._called(bare(name)) or (self._called(meant.full_name) if meant and meant.same else None)

    def stand_in(self, name: str) -> Face | None:
        """The face that looks most like the font of that name: of a look-alike, or of the same family."""
        meant = open_font(name)
        if meant is None:
            return None
        plain = self._called(bare(meant.font.family))
        heavy = plain and any(weight in meant.full_name for weight in _HEAVY)
        return self._called(meant.full_name) or (self.bold_of(plain) if plain and heavy else None) or plain

    def _called(self, wanted: str) -> Face | None:
        return self._by_family.get(wanted) or self._by_full_name.get(wanted) if wanted else None

    def bold_of(self, face: Face) -> Face | None:
        """The bold face of the same family."""
        family = (other for other in self._all if other.family == face.family and other.bold)
        return _best((other for other in family if other.slanted == face.slanted), _boldness)

    def fallback(self, character: str, *, emoji: bool = False) -> Face | None:
        """The first face with the character and its marks: the default one, then plain ones; for emoji, theirs first.

        At most `OPEN_FACES` are tried.
        """
        if (character, emoji) not in self._fallbacks:
            first = (*(self._emoji_faces if emoji else ()), *((self.default,) if self.default else ()))
            faces = (*first, *self._plain_first)
            able = (face for face in faces[:OPEN_FACES] if has_text(face, character))
            self._fallbacks[character, emoji] = next(able, None)
        return self._fallbacks[character, emoji]

    def emoji(self, character: str) -> Face | None:
        """The first emoji face with the character."""
        return next((face for face in self._emoji_faces if has_text(face, character)), None)


def find_fonts(font_dirs: tuple[Path, ...]) -> FontBook:
    """The fonts of the given folders, then those of set-up, those added to it, and the system's."""
    return FontBook((*font_dirs, ASSETS_DIR / "fonts", ADDED_FONTS_DIR))


def cjk_font_name(book: FontBook) -> str | None:
    """The family of Chinese captions; None if no font has Chinese."""
    face = book.default
    return face.family if face is not None and has_character(face, _CHINESE) else None


def script_fonts(book: FontBook) -> dict[str, str | None]:
    """The family in which captions of each of `SCRIPTS` are drawn; None where no font has the script."""
    return {script: _family_with(book, letter) for script, letter in SCRIPTS.items()}


def _family_with(book: FontBook, letter: str) -> str | None:
    face = book.emoji(letter) if letter == _EMOJI else book.fallback(letter)
    return face.family if face is not None else None


def _best(faces: Iterable[Face], rank: Callable[[Face], tuple[int, ...]]) -> Face | None:
    """The face of the lowest rank, the first of several."""
    return min(faces, key=rank, default=None)


def _first_chinese(folders: Iterable[tuple[Face, ...]]) -> Face | None:
    found = (_best((face for face in faces if has_character(face, _CHINESE)), _preference) for faces in folders)
    return next((face for face in found if face is not None), None)


def _preference(face: Face) -> tuple[int, ...]:
    known = PREFERRED.index(face.family) if face.family in PREFERRED else len(PREFERRED)
    return known, *_plainness(face)


def _rank(face: Face) -> int:
    """0 for a usual face, 1 for the last resort, 2 for an open font that is meant for drafts that name it."""
    if face.family == _LAST_RESORT:
        return 1
    return 2 if face.family in _FOR_THEIR_NAMES else 0


def _usual(faces: tuple[Face, ...]) -> tuple[Face, ...]:
    return tuple(face for face in faces if _rank(face) == 0)


def _plainness(face: Face) -> tuple[int, ...]:
    return face.colored, _rank(face), not face.plain, face.slanted, face.bold, face.style == "Medium"


def _boldness(face: Face) -> tuple[int, ...]:
    """Bold before semi-bold and extra-bold."""
    return (bare(face.style).removesuffix("italic").removesuffix("oblique") != "bold",)


def _full_names(face: Face) -> tuple[str, str]:
    return bare(f"{face.family}{face.style}"), bare(face.path.stem)
