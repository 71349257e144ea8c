"""Characters of a caption with resolved styles and fonts."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from itertools import accumulate

from icu4py.breakers import CharacterBreaker, LineBreaker

from services.drafts.records import TextMaterial, TextStyle
from services.render.text.bidi import levels
from services.render.text.characters import is_emoji, is_mark
from services.render.text.faces import Face, has_character, has_text
from services.render.text.fonts import FontBook
from services.render.text.metrics import CELL_OF_CANVAS_WIDTH, DEFAULT, LineMetrics, metrics_by_name, metrics_of

LARGEST_EM_PX = 1500.0
"""Larger letters are drawn at this size: they fit no canvas."""
_MOST_IN_A_CHARACTER = 17
"""Code points of one character with its marks; more are left out."""
_NEWLINES = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
GLUE = frozenset("\u00a0\u202f")
"""Spaces at which no line is broken."""
_LOCALE = "zh"
"""Of line breaks: it concerns a few marks of Chinese and Japanese."""


@dataclass(frozen=True, slots=True)
class ResolvedStyle:
    """The style and font of a run of characters; the range of `text_style` has no meaning here."""

    text_style: TextStyle
    face: Face
    em_px: float
    metrics: LineMetrics
    """Of the font that the draft names, in pixels: those of the line where this style is the largest."""
    spacing_px: float

    @property
    def thicken(self) -> bool:
        """Whether bold is requested and the font has no bold face."""
        return self.text_style.bold and not self.face.bold and not self.face.colored

    @property
    def shear(self) -> bool:
        """Whether italic is requested and the face is upright."""
        return self.text_style.italic and not self.face.slanted and not self.face.colored


@dataclass(frozen=True, slots=True)
class Cell:
    """One character as a reader sees it, with its marks; at odd levels it reads from right to left. `opens`: a line
    may be broken before it.
    """

    text: str
    style: ResolvedStyle
    level: int = 0
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The characters of a line; `metrics`, in pixels, hold all of them, also if it is empty."""

    cells: tuple[Cell, ...]
    metrics: LineMetrics


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """A caption's lines between newlines, before wrapping."""

    lines: tuple[Line, ...]
    missing: tuple[str, ...]
    """Characters without a glyph in any font; they are left out."""
    substituted: tuple[str, ...]
    """Names of fonts that are not installed."""


def read_paragraphs(text: TextMaterial, book: FontBook, canvas_width: int, scale: float) -> Paragraphs:
    """The characters to draw at `scale`. Invisible ones (under a pixel an em) are left out."""
    return _Reader(text, book, canvas_width * CELL_OF_CANVAS_WIDTH * scale).read()


class _Reader:
    """Reads a caption once, and records missing characters and fonts."""

    def __init__(self, text: TextMaterial, book: FontBook, cell_of_size: float) -> None:
        self._text = text
        self._book = book
        self._cell_of_size = cell_of_size
        self._missing: dict[str, None] = {}
        self._substituted: dict[str, None] = {}
        self._style_of = cache(self._new_style)
        self._size_of = cache(self._new_size)

    def read(self) -> Paragraphs:
        lines: list[Line] = []
        metrics = LineMetrics(0.0, 0.0)
        for paragraph in _paragraphs(self._text):
            cells = list(self._cells([one for one in paragraph if one[0] != "\n"]))
            metrics = next((held for _, style in reversed(paragraph) if (held := self._size_of(style)[1])), metrics)
            lines.append(Line(tuple(cells), held_metrics(cells, metrics)))
        return Paragraphs(tuple(lines), tuple(self._missing), tuple(self._substituted))

    def _cells(self, paragraph: Sequence[tuple[str, TextStyle]]) -> Iterator[Cell]:
        """The characters of a paragraph as a reader sees them, each in the style of its first code point."""
        seen = [(character, style) for character, style in paragraph if self._size_of(style)[0]]
        whole = "".join(character for character, _ in seen)
        opening = set(accumulate(map(len, LineBreaker(whole, _LOCALE))))
        clusters = list(CharacterBreaker(whole, _LOCALE))
        at, before = 0, None
        for cluster, level in zip(clusters, levels([cluster[0] for cluster in clusters]), strict=True):
            cell = self._cell(cluster[:_MOST_IN_A_CHARACTER], seen[at][1], before)
            if cell is not None:
                opens = at in opening or (before is not None and _begins_word(before.text, cluster))
                before = replace(cell, opens=opens, level=level)
                yield before
            at += len(cluster)

    def _cell(self, cluster: str, style: TextStyle, before: Cell | None) -> Cell | None:
        if is_mark(cluster[0]):
            return None
        resolved = self._style_of(style)
        if resolved is None:
            self._missing.setdefault(cluster[0])
            return None
        if cluster.isspace() and before is not None and _shares_spaces(before.style, resolved):
            return Cell(cluster, before.style)
        return self._with_face(cluster, resolved)

    def _with_face(self, cluster: str, resolved: ResolvedStyle) -> Cell | None:
        """The character in the style's font or, if that lacks it, in another one; without marks that none has."""
        emoji = is_emoji(cluster)
        if has_text(resolved.face, cluster) and not (emoji and self._book.emoji(cluster)):
            return Cell(cluster, resolved)
        face = self._book.fallback(cluster, emoji=emoji)
        if face is not None:
            return Cell(
                cluster, replace(resolved, face=self._bold(face, cluster) if resolved.text_style.bold else face)
            )
        if len(cluster) == 1:
            self._missing.setdefault(cluster)
            return None
        base = self._with_face(cluster[0], resolved)
        if base is None:
            return None
        lacking = [mark for mark in cluster[1:] if not has_character(base.style.face, mark)]
        self._missing.update(dict.fromkeys(lacking))
        return replace(base, text="".join(one for one in cluster if one not in lacking))

    def _bold(self, face: Face, cluster: str) -> Face:
        bold = None if face.bold else self._book.bold_of(face)
        return bold if bold is not None and has_text(bold, cluster) else face

    def _new_size(self, style: TextStyle) -> tuple[float, LineMetrics | None]:
        """The em and the metrics in pixels; 0 and None if invisible."""
        metrics = self._named_metrics(style.font_name)
        em_px = style.size * self._cell_of_size / metrics.cell
        em_px = min(em_px, LARGEST_EM_PX) if em_px >= 1 else 0.0
        return em_px, metrics.scaled(em_px) if em_px else None

    def _named_metrics(self, name: str | None) -> LineMetrics:
        """The metrics in em of the font that the draft names, also if another one stands in for it."""
        if name is None:
            return DEFAULT
        face = self._book.named(name)
        return metrics_by_name(name) or (metrics_of(face) if face is not None else DEFAULT)

    def _new_style(self, style: TextStyle) -> ResolvedStyle | None:
        """The resolved style; None if there is no font at all."""
        face = self._named(style.font_name) or self._book.default
        if face is None:
            return None
        bold = self._book.bold_of(face) if style.bold and not face.bold else None
        em_px, metrics = self._size_of(style)
        return ResolvedStyle(style, bold or face, em_px, metrics or DEFAULT, self._text.letter_spacing_em * em_px)

    def _named(self, name: str | None) -> Face | None:
        if name is None:
            return None
        face = self._book.named(name)
        if face is None:
            self._substituted.setdefault(name)
        return face or self._book.stand_in(name)


def held_metrics(cells: Sequence[Cell], empty: LineMetrics) -> LineMetrics:
    """The metrics in pixels of a line of these characters; `empty` if there are none."""
    return reduce(LineMetrics.over, (cell.style.metrics for cell in cells)) if cells else empty


def _paragraphs(text: TextMaterial) -> Iterator[list[tuple[str, TextStyle]]]:
    """The drawable characters with their styles by paragraph, each but the last with the newline that ends it."""
    paragraph: list[tuple[str, TextStyle]] = []
    for character, style in _characters(text):
        paragraph.append((character, style))
        if character == "\n":
            yield paragraph
            paragraph = []
    yield paragraph


def _characters(text: TextMaterial) -> Iterator[tuple[str, TextStyle]]:
    """The drawable characters with their styles; line breaks of all kinds become newlines."""
    for at, (character, style) in enumerate(zip(text.text, _styles(text), strict=False)):
        category = unicodedata.category(character)
        if character in _NEWLINES:
            if text.text[at : at + 2] != "\r\n":
                yield "\n", style
        elif category == "Cs":
            yield "\ufffd", style
        elif category != "Cc" or character == "\t":
            yield character if category != "Cc" else " ", style


def _styles(text: TextMaterial) -> list[TextStyle]:
    """The style of each character; later styles override earlier ones, and the first fills gaps. Empty without
    styles.
    """
    length = len(text.text)
    bare: dict[TextStyle, TextStyle] = {}
    styles: list[TextStyle] = []
    for style in text.styles:
        resolved = replace(style, start=0, end=0)
        resolved = bare.setdefault(resolved, resolved)
        styles = styles or [resolved] * length
        start, end = max(0, style.start), min(style.end, length)
        if start < end:
            styles[start:end] = [resolved] * (end - start)
    return styles


def _begins_word(before: str, cluster: str) -> bool:
    """Whether a line may be broken between a space and an ASCII mark, against UAX 14: ".net" is a word."""
    return before.isspace() and before not in GLUE and cluster.isascii() and not cluster.isspace()


def _shares_spaces(before: ResolvedStyle, resolved: ResolvedStyle) -> bool:
    """Whether a space takes the style of the character before it, so that both are shaped together."""
    usable = not before.face.colored and has_text(before.face, " ")
    return before.text_style is resolved.text_style and usable
