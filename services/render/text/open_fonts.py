"""The open font that a draft means by a name, or that looks like the font of that name."""

import re
from dataclasses import dataclass
from functools import lru_cache

from services.render.text.font_table import ALIASES, OPEN_FONTS, STAND_INS
from services.render.text.open_font import OpenFont

_WEIGHT = "(?:extra|ultra|semi|demi)?(?:thin|light|regular|normal|book|medium|bold|black|heavy)"
_STYLE = re.compile(f"({_WEIGHT})?(italic|oblique)?$")
_SYNONYMS = {"ultra": "extra", "demi": "semi", "heavy": "black", "normal": "regular", "book": "regular"}


@dataclass(frozen=True, slots=True)
class Meant:
    """The open font for a name: `same` if it is the very font, else it looks like it. `ascent` and `descent`: those of
    the named font in em, by its OS/2 typographic metrics; None if unknown.
    """

    font: OpenFont
    full_name: str
    """Family and style, as `bare` writes them."""
    same: bool
    ascent: float | None
    descent: float | None


def bare(name: str) -> str:
    """A font's name without what its spellings differ in: case, spaces, hyphens."""
    return re.sub(r"[\W_]+", "", name).lower()


@lru_cache(maxsize=1000)
def open_font(name: str) -> Meant | None:
    """The open font that a name means or resembles; None if there is none. A weight or slant may follow a family."""
    wanted = bare(name)
    found = next((row for row in _ROWS if _begins(wanted, row[0])), None)
    if found is None:
        return None
    key, full_name, same, metrics = found
    style = "" if key.endswith("*") else _usual_style(wanted.removeprefix(key))
    font = _family_of(full_name)
    own = (font.ascent, font.descent) if same else metrics or (None, None)
    return Meant(font, bare(font.family) + style if style else full_name, same, *own)


def names_of(font: OpenFont) -> tuple[str, ...]:
    """The other names of the font, then those of the fonts that it looks like."""
    return (
        *(name for name, full_name in ALIASES.items() if _family_of(bare(full_name)) is font),
        *(name for name, (full_name, _) in STAND_INS.items() if _family_of(bare(full_name)) is font),
    )


def _begins(wanted: str, key: str) -> bool:
    """Whether a name is a key and a style."""
    if key.endswith("*"):
        return wanted.startswith(key[:-1])
    return wanted.startswith(key) and _STYLE.match(wanted.removeprefix(key)) is not None


def _usual_style(style: str) -> str:
    """A style in the words of the open fonts."""
    for word, usual in _SYNONYMS.items():
        style = style.replace(word, usual)
    return style


def _family_of(full_name: str) -> OpenFont:
    return max(
        (font for font in OPEN_FONTS if full_name.startswith(bare(font.family))), key=lambda font: len(font.family)
    )


def _key(name: str) -> str:
    return bare(name) + ("*" if name.endswith("*") else "")


_ROWS: tuple[tuple[str, str, bool, tuple[float, float] | None], ...] = (
    *((bare(font.family), bare(font.family), True, None) for font in OPEN_FONTS),
    *((_key(alias), bare(full_name), True, None) for alias, full_name in ALIASES.items()),
    *((_key(name), bare(full_name), False, metrics) for name, (full_name, metrics) in STAND_INS.items()),
)
"""Names, the full names of their open fonts, whether those are the very fonts, and the metrics of the others."""
