"""Which characters the styles of a caption mean: three writers count three ways."""

from collections.abc import Callable, Iterable


def with_plain_newlines(text: str) -> str:
    """The text with every line break as one newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def index_of(text: str, ends: Iterable[int]) -> Callable[[int], int]:
    """How an offset into `text` becomes an index of `with_plain_newlines(text)`.

    The apps count UTF-16 units; pyJianYingDraft counts characters; capcut-mate counts the
    bytes of UTF-16 for the style of the whole text, which is simply too large, and characters
    for keywords. They differ only where a character takes two units. There, units are meant
    when the styles end beyond the last character, but not beyond the last unit.
    """
    units = sum(_units(character) for character in text)
    in_units = len(text) < max(ends, default=0) <= units
    starts: list[int] = []
    at = 0
    for position, character in enumerate(text):
        starts.extend([at] * (_units(character) if in_units else 1))
        if text[position : position + 2] != "\r\n":
            at += 1
    return lambda offset: starts[offset] if offset < len(starts) else at


def _units(character: str) -> int:
    return 1 if ord(character) < 0x10000 else 2
