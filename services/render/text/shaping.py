"""Text in the form that Pillow needs. Pure.

Pillow shapes text if libfribidi is installed. Otherwise characters are put into visual order here, with Arabic letters
joined by Unicode's presentation forms; other scripts stay unshaped.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from PIL import features

from services.render.text.bidi import mirrored
from services.render.text.characters import JOINER, is_mark, is_variation_selector

_FORMS = (range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD))
"""Unicode's Arabic presentation forms A and B."""
_SHAPES = {(False, False): "<isolated>", (True, False): "<final>", (False, True): "<initial>", (True, True): "<medial>"}
"""By (joined to the letter before, joined to the letter after)."""
_LAM, _ALEFS = "ل", frozenset("اآأإ")
"""The two letters of the mandatory ligature."""


@lru_cache(maxsize=1)
def shapes() -> bool:
    """Whether Pillow shapes text itself."""
    return bool(features.check_feature("raqm"))


def direction(level: int) -> str | None:
    """Pillow's direction of a run of that level; None if it cannot shape."""
    if not shapes():
        return None
    return "rtl" if level % 2 else "ltr"


def for_pillow(text: str, level: int, has: Callable[[str], bool]) -> str:
    """A run's text for Pillow; `has` tests whether its face has a character."""
    return text if shapes() else visual_text(text, backwards=level % 2 == 1, has=has)


def visual_text(text: str, *, backwards: bool, has: Callable[[str], bool]) -> str:
    """A text in visual order, one character for each glyph: composed, joined, without invisible characters."""
    joined = _joined(_composed(text, has), has)
    seen = [character for letter in joined for character in letter if not _is_invisible(character)]
    if not backwards:
        return "".join(seen)
    clusters: list[str] = []
    for character in seen:
        if clusters and is_mark(character):
            clusters[-1] += character
        else:
            clusters.append(mirrored(character))
    return "".join(reversed(clusters))


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or is_variation_selector(character)


def _composed(text: str, has: Callable[[str], bool]) -> str:
    """Letters and accents as one character each, where the face has it."""
    whole = unicodedata.normalize("NFC", text)
    return "".join(one if has(one) else unicodedata.normalize("NFD", one) for one in whole)


def _joined(text: str, has: Callable[[str], bool]) -> Iterator[str]:
    letters = _letters(text)
    bases = [at for at, letter in enumerate(letters) if not is_mark(letter[0]) or letter == JOINER]
    place = {at: number for number, at in enumerate(bases)}
    for at, letter in enumerate(letters):
        form = _form(letters, bases, place[at]) if at in place else letter
        yield form if form == letter or has(form) else letter


def _letters(text: str) -> list[str]:
    """The characters, with lam and alef as one."""
    letters: list[str] = []
    for character in text:
        if letters and letters[-1] == _LAM and character in _ALEFS:
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _form(letters: Sequence[str], bases: Sequence[int], number: int) -> str:
    letter = letters[bases[number]]
    before = letters[bases[number - 1]] if number else ""
    after = letters[bases[number + 1]] if number + 1 < len(bases) else ""
    shape = _SHAPES[_join(before, letter), _join(letter, after)]
    return _forms().get(letter, {}).get(shape, letter)


def _join(one: str, other: str) -> bool:
    """Whether two neighbours join: the first has an initial form, the second a final one."""
    ahead = one == JOINER or "<initial>" in _forms().get(one, ())
    behind = other == JOINER or "<final>" in _forms().get(other, ())
    return ahead and behind


@lru_cache(maxsize=1)
def _forms() -> Mapping[str, Mapping[str, str]]:
    """The presentation forms of each Arabic letter, from Unicode's character data."""
    forms: dict[str, dict[str, str]] = {}
    for code in (code for block in _FORMS for code in block):
        shape, *codes = unicodedata.decomposition(chr(code)).split() or [""]
        letters = "".join(chr(int(one, 16)) for one in codes)
        if shape in _SHAPES.values() and (len(letters) == 1 or (letters[0] == _LAM and letters[1:] in _ALEFS)):
            forms.setdefault(letters, {})[shape] = chr(code)
    return forms
