"""Classes of characters: combining marks, variation selectors, and parts of emoji."""

import unicodedata

EMOJI_STYLE = "\ufe0f"
"""Variation selector: the character before it is shown as an emoji."""
JOINER = "\u200d"
"""Zero-width joiner: joins the parts of an emoji, or Arabic letters."""


def is_mark(character: str) -> bool:
    """Whether a character combines with the one before it: accents, joiners, variation selectors."""
    return unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")


def is_variation_selector(character: str) -> bool:
    """Whether a character only selects a variant of the one before it."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def is_emoji(character: str) -> bool:
    """Whether a character is an emoji without a variation selector."""
    return "\U0001f000" <= character <= "\U0001faff"


def continues_emoji(before: str, character: str) -> bool:
    """Whether a character continues the emoji before it: a family, a flag, a skin tone."""
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return is_emoji(before[0]) or before[-1] == EMOJI_STYLE or unicodedata.category(before[0]) == "So"
    if _is_flag_letter(character):
        return len(before) == 1 and _is_flag_letter(before)
    return before[-1] == JOINER and len(before) > 1 and unicodedata.category(character) == "So"


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
