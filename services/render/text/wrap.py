"""Line breaking. Lengths in pixels."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.render.text.cells import GLUE, Cell, Line, held_metrics


def wrapped(line: Line, limit_px: float, widths: Sequence[float]) -> Iterator[Line]:
    """The line in parts no wider than the limit, broken where Unicode's rules allow it (UAX 14, by ICU). `widths` are
    those of its cells.

    A single wider word is broken anywhere. Spaces at a break stay at the end of their line: the apps count them when
    they centre it, but not against the limit.
    """
    begun, width = 0, 0.0
    for start, end in _pieces(line.cells, limit_px, widths):
        if start > begun and width + _inked(line.cells, widths, start, end) > limit_px:
            yield _line(line, begun, start)
            begun, width = start, 0.0
        width += sum(widths[start:end])
    yield _line(line, begun, len(line.cells))


def _pieces(cells: Sequence[Cell], limit_px: float, widths: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Where words begin and end; a word wider than a line as single characters."""
    starts = [0, *(at for at, cell in enumerate(cells) if at and cell.opens), len(cells)]
    for start, end in pairwise(starts):
        if _inked(cells, widths, start, end) > limit_px:
            yield from ((at, at + 1) for at in range(start, end))
        else:
            yield start, end


def _inked(cells: Sequence[Cell], widths: Sequence[float], start: int, end: int) -> float:
    """The width of a word without the spaces at its end."""
    while end > start and _is_space(cells[end - 1].text):
        end -= 1
    return sum(widths[start:end])


def _line(whole: Line, start: int, end: int) -> Line:
    cells = whole.cells[start:end]
    return Line(cells, held_metrics(cells, whole.metrics))


def _is_space(text: str) -> bool:
    return text.isspace() and text not in GLUE
