"""Line breaking. Lengths in pixels."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence

from services.render.text.cells import Cell, Line, held_metrics

_NOT_FIRST = frozenset("、。，．！？：；）】》」』〉〕｝］”’…—～·％ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.!?:;)]}%")
"""Closing marks and the like, which begin no line."""
_NOT_LAST = frozenset("（【《「『〈〔｛［“‘￥＄([{$")
"""Opening marks, which end no line."""
_GLUE = frozenset("\u00a0\u202f")
Measure = Callable[[Sequence[Cell]], float]
"""The width of some characters."""


def wrapped(line: Line, limit_px: float, measure: Measure) -> Iterator[Line]:
    """The line in parts no wider than the limit, broken between words and between Chinese characters.

    A single wider word is broken anywhere. Spaces at a break stay at the end of their line: the apps count them when
    they centre it, but not against the limit.
    """
    part: list[Cell] = []
    width = 0.0
    for word in _pieces(line.cells, limit_px, measure):
        if part and width + measure(_trimmed(word)) > limit_px:
            yield _line(part, line)
            part, width = [], 0.0
        part += word
        width += measure(word)
    yield _line(part, line)


def may_break(before: str, after: str) -> bool:
    """Whether a line may be broken between two neighbouring characters."""
    if _is_space(after) or before in _NOT_LAST:
        return False
    if after in _NOT_FIRST:
        return _is_space(before) and after.isascii()
    return _is_space(before) or before == "-" or _is_wide(before) or _is_wide(after)


def _pieces(cells: Sequence[Cell], limit_px: float, measure: Measure) -> Iterator[list[Cell]]:
    """Words; a word wider than a line as single characters."""
    for word in _words(cells):
        if measure(_trimmed(word)) > limit_px:
            yield from ([cell] for cell in word)
        else:
            yield word


def _words(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    word: list[Cell] = []
    for cell in cells:
        if word and may_break(word[-1].text[0], cell.text[0]):
            yield word
            word = []
        word.append(cell)
    if word:
        yield word


def _trimmed(cells: list[Cell]) -> list[Cell]:
    end = len(cells)
    while end and _is_space(cells[end - 1].text):
        end -= 1
    return cells[:end]


def _line(cells: list[Cell], whole: Line) -> Line:
    return Line(tuple(cells), held_metrics(cells, whole.metrics))


def _is_space(text: str) -> bool:
    return text.isspace() and text not in _GLUE


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
