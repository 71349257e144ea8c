"""The fonts that a draft names, and whether they are here."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.drafts.records import Draft, TextMaterial, drafts_of, segments_of
from services.render.text.fonts import FontBook
from services.render.text.open_font import OpenFont
from services.render.text.open_fonts import open_font


class FontState(StrEnum):
    """Whether a font can be used."""

    HERE = "here"
    OPEN = "open"
    """Not here; `draftcast fonts add` fetches it, or one that looks like it."""
    MISSING = "missing"
    """Not here, and not open: the operator has to supply it."""


@dataclass(frozen=True, slots=True)
class NeededFont:
    """A font by the name that a draft has for it, and the family in which it is drawn. `open_font`: the one that can be
    fetched, which only looks like it unless `same`.
    """

    name: str
    state: FontState
    drawn_in: str | None
    open_font: OpenFont | None
    same: bool


def needed_fonts(draft: Draft, book: FontBook) -> tuple[NeededFont, ...]:
    """The fonts that the captions name, each once; the apps' default font has no name."""
    return tuple(_needed(name, book) for name in dict.fromkeys(_names(draft)))


def _names(draft: Draft) -> Iterator[str]:
    for segment in (segment for each in drafts_of(draft) for segment in segments_of(each)):
        if isinstance(segment.material, TextMaterial):
            yield from (style.font_name for style in segment.material.styles if style.font_name)


def _needed(name: str, book: FontBook) -> NeededFont:
    meant = open_font(name)
    here, near = book.named(name), book.stand_in(name)
    drawn = here or near or book.default
    fetchable = meant is not None and (meant.same or near is None)
    state = FontState.HERE if here else FontState.OPEN if fetchable else FontState.MISSING
    font, same = (meant.font, meant.same) if meant else (None, False)
    return NeededFont(name, state, drawn.family if drawn else None, font, same)
