"""Characters of a caption with resolved styles and fonts."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce

from services.drafts.records import TextMaterial, TextStyle
from services.render.text.bidi import levels
from services.render.text.characters import EMOJI_STYLE, continues_emoji, is_emoji, is_mark
from services.render.text.faces import Face, has_character
from services.render.text.fonts import FontBook
from services.render.text.metrics import CELL_OF_CANVAS_WIDTH, DEFAULT, LineMetrics, metrics_by_name, metrics_of

LARGEST_EM_PX = 1500.0
"""Larger letters are drawn at this size: they fit no canvas."""
_MARKS_ON_A_CHARACTER = 16
_NEWLINES = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


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
    """One character with its combining marks; at odd levels it reads from right to left."""

    text: str
    style: ResolvedStyle
    level: int = 0


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
        self._cells: list[Cell] = []
        self._style_of = cache(self._new_style)
        self._size_of = cache(self._new_size)

    def read(self) -> Paragraphs:
        lines: list[Line] = []
        metrics = LineMetrics(0.0, 0.0)
        for character, style in self._characters():
            metrics = self._size_of(style)[1] or metrics
            if character == "\n":
                lines.append(self._line(metrics))
            else:
                self._add(character, style)
        lines.append(self._line(metrics))
        return Paragraphs(tuple(lines), tuple(self._missing), tuple(self._substituted))

    def _line(self, empty: LineMetrics) -> Line:
        cells, self._cells = self._cells, []
        leveled = zip(cells, levels([cell.text[0] for cell in cells]), strict=True)
        ordered = tuple(replace(cell, level=level) if level else cell for cell, level in leveled)
        return Line(ordered, held_metrics(cells, empty))

    def _characters(self) -> Iterator[tuple[str, TextStyle]]:
        """The drawable characters with their styles; line breaks of all kinds become newlines."""
        text = self._text.text
        for at, (character, style) in enumerate(zip(text, _styles(self._text), strict=False)):
            category = unicodedata.category(character)
            if character in _NEWLINES:
                if text[at : at + 2] != "\r\n":
                    yield "\n", style
            elif category == "Cs":
                yield "\ufffd", style
            elif category != "Cc" or character == "\t":
                yield character if category != "Cc" else " ", style

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

    def _add(self, character: str, style: TextStyle) -> None:
        if not self._size_of(style)[0]:
            return
        before = self._cells[-1] if self._cells else None
        if is_mark(character):
            if before is not None and self._fits(before, character):
                self._cells[-1] = self._marked(before, character)
            return
        if before is not None and continues_emoji(before.text, character) and self._fits(before, character):
            self._cells[-1] = replace(before, text=before.text + character)
            return
        resolved = self._style_of(style)
        if resolved is None:
            self._missing.setdefault(character)
        elif character.isspace() and before is not None and _shares_spaces(before.style, resolved):
            self._cells.append(Cell(character, before.style))
        else:
            self._cells += self._with_glyph(character, resolved)

    def _fits(self, cell: Cell, mark: str) -> bool:
        if not has_character(cell.style.face, mark):
            self._missing.setdefault(mark)
            return False
        return len(cell.text) <= _MARKS_ON_A_CHARACTER

    def _marked(self, cell: Cell, mark: str) -> Cell:
        """The cell with a mark added; a variation selector for emoji selects an emoji font, if there is one."""
        face = self._book.emoji(cell.text) if mark == EMOJI_STYLE and len(cell.text) == 1 else None
        return replace(cell, text=cell.text + mark, style=replace(cell.style, face=face) if face else cell.style)

    def _with_glyph(self, character: str, resolved: ResolvedStyle) -> Iterator[Cell]:
        if has_character(resolved.face, character):
            yield Cell(character, resolved)
            return
        face = self._book.fallback(character, emoji=is_emoji(character))
        if face is None:
            self._missing.setdefault(character)
            return
        bold = self._book.bold_of(face) if resolved.text_style.bold and not face.bold else None
        chosen = bold if bold is not None and has_character(bold, character) else face
        yield Cell(character, replace(resolved, face=chosen))

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


def _shares_spaces(before: ResolvedStyle, resolved: ResolvedStyle) -> bool:
    """Whether a space takes the style of the character before it, so that both are shaped together."""
    return before.text_style is resolved.text_style and not before.face.colored
