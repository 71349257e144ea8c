"""The stages of a karaoke caption: one for each word, with the colours of the words spoken so far. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from services.drafts.records import Karaoke, TextMaterial, TextStyle


def spoken(text: TextMaterial) -> tuple[tuple[int, TextMaterial], ...]:
    """The caption unchanged from the segment's start on, then from each word's time on, in microseconds."""
    karaoke = text.karaoke
    if karaoke is None:
        return ((0, text),)
    return ((0, text), *((word.start_us, _until(text, karaoke, word.end)) for word in karaoke.words))


def _until(text: TextMaterial, karaoke: Karaoke, end: int) -> TextMaterial:
    return replace(text, styles=(*text.styles, *_colored(text.styles, karaoke, end)))


def _colored(styles: tuple[TextStyle, ...], karaoke: Karaoke, end: int) -> Iterator[TextStyle]:
    for style in styles:
        if style.start < end:
            yield replace(style, end=min(style.end, end), color=karaoke.color, gradient=None)
