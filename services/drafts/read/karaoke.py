"""Karaoke: the words of a caption that change their colour when they are spoken."""

from collections.abc import Iterator

from services.drafts.colors import WHITE, read_color
from services.drafts.fields import Fields, finite
from services.drafts.records import Karaoke, SpokenWord

MAX_WORDS = 100
"""Words of one caption that change one by one; of more, several change together."""


def read_karaoke(fields: Fields, text: str) -> Karaoke | None:
    """The words of a caption by `words` and their colour by `ktv_color`; None where one of them is missing: recognised
    captions have the times of their words, without a colour.
    """
    if not fields.text("ktv_color"):
        return None
    color = read_color(fields, "ktv_color", WHITE)
    words = sorted(_words(fields.object("words"), text), key=lambda word: word.start_us)
    size = -(-len(words) // MAX_WORDS) or 1
    groups = [words[at : at + size] for at in range(0, len(words), size)]
    together = tuple(SpokenWord(group[0].start_us, group[-1].end) for group in groups)
    return Karaoke(color, together) if words else None


def _words(fields: Fields, text: str) -> Iterator[SpokenWord]:
    """The words that the text has, in its order. The draft has milliseconds from the segment's start."""
    at = 0
    for word, start in zip(fields.list("text"), fields.list("start_time"), strict=False):
        start_ms = finite(start)
        wanted = word.strip() if isinstance(word, str) else ""
        found = text.find(wanted, at) if wanted else -1
        if found >= 0 and start_ms is not None:
            at = found + len(wanted)
            yield SpokenWord(max(0, round(start_ms * 1000)), at)
