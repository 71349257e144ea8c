"""Which characters stand together as one: accents on letters, and emoji of several parts."""

import unicodedata

EMOJI_STYLE = "\ufe0f"
"""After a character: it is meant as an emoji."""
JOINER = "\u200d"
"""Joins what stands before and after it: parts of an emoji, Arabic letters."""


def is_mark(character: str) -> bool:
    """Accents, joiners, variation selectors: what has no place of its own."""
    return unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")


def is_variation_selector(character: str) -> bool:
    """Whether a character only picks how the one before it looks."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def is_emoji(character: str) -> bool:
    """Whether a character is an emoji by itself, without asking for it."""
    return "\U0001f000" <= character <= "\U0001faff"


def continues_emoji(before: str, character: str) -> bool:
    """Whether a character is one more part of the emoji before it: a family, a flag, a colour of skin."""
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return is_emoji(before[0]) or before[-1] == EMOJI_STYLE or unicodedata.category(before[0]) == "So"
    if _is_flag_letter(character):
        return len(before) == 1 and _is_flag_letter(before)
    return before[-1] == JOINER and len(before) > 1 and unicodedata.category(character) == "So"


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
