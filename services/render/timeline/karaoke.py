"""The stages of a caption that changes: of karaoke one for each word, with the colours of the words spoken so far;
where keyframes change its style one for each look. Pure.
"""

from collections.abc import Iterator
from dataclasses import replace

from services.drafts.records import Karaoke, TextMaterial, TextStyle


def spoken(text: TextMaterial) -> tuple[tuple[int, TextMaterial], ...]:
    """The captions from the segment's start on, then from each word's or look's time on, in microseconds."""
    if text.looks:
        return tuple((look.start_us, look.text) for look in text.looks)
    karaoke = text.karaoke
    if karaoke is None:
        return ((0, text),)
    return ((0, text), *((word.start_us, _until(text, karaoke, word.end)) for word in karaoke.words))


def _until(text: TextMaterial, karaoke: Karaoke, end: int) -> TextMaterial:
    return replace(text, styles=(*text.styles, *_colored(text.styles, karaoke, end)))


def _colored(styles: tuple[TextStyle, ...], karaoke: Karaoke, end: int) -> Iterator[TextStyle]:
    for style in styles:
        if style.start < end:
            yield replace(style, end=min(style.end, end), color=karaoke.color, gradient=None, picture="")
