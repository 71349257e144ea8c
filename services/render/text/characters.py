"""Classes of characters: invisible ones, scripts, and emoji."""

import unicodedata
from functools import lru_cache

EMOJI_STYLE = "\ufe0f"
"""Variation selector: the character before it is shown as an emoji."""
CURSIVE = frozenset({"Arab", "Syrc", "Mong", "Nkoo", "Mand", "Phag", "Rohg", "Adlm"})
"""Scripts whose letters are joined: letter spacing does not part them."""
_EMOJI = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
"""Unicode's characters of emoji presentation below U+10000."""


def is_variation_selector(character: str) -> bool:
    """Whether a character only selects a variant of the one before it."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def is_mark(character: str) -> bool:
    """Whether a character is shown with the one before it, or not at all."""
    return unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")


def is_emoji(cluster: str) -> bool:
    """Whether a character with what follows it is an emoji."""
    return "\U0001f000" <= cluster[0] <= "\U0001faff" or cluster[0] in _EMOJI or EMOJI_STYLE in cluster


@lru_cache(maxsize=4096)
def script_of(character: str) -> str | None:
    """The ISO 15924 code of a character's script; None for those that all scripts share."""
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_codepoints([ord(character)])
    buffer.guess_segment_properties()
    return buffer.script
