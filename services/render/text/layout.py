"""Layout of a caption's runs. Lengths in pixels from the middle of the caption's block, y downwards."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from services.drafts.records import Align, TextMaterial
from services.render.text.bidi import visual_order
from services.render.text.cells import Cell, Line, Paragraphs, read_paragraphs
from services.render.text.fonts import FontBook
from services.render.text.runs import Run, advances_of, runs_of, upright_run
from services.render.text.wrap import wrapped

ASCENT_EM = 0.88
"""The baseline in the em box of Chinese fonts, from its top: characters of a column stand in such boxes."""
_TURNED = frozenset("（）〔〕【】《》〈〉「」『』｛｝—…()[]{}<>“”‘’～〜~ー-–―‥=＝|｜/／\\＼→←")
"""Characters rotated in vertical text if the font has no vertical form."""


@dataclass(frozen=True, slots=True)
class PlacedRun:
    """A run with its left end and baseline; in vertical text, one character of a column. `turned`: rotated clockwise by
    a quarter turn about the middle of its em. `underline_px`: length of an underline from its left (of a column: from
    its top).
    """

    run: Run
    x_px: float
    baseline_px: float
    underline_px: float
    vertical: bool = False
    turned: bool = False


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line or column: its runs in reading order, and its band from top to bottom (of a column: from right to
    left).
    """

    placed: tuple[PlacedRun, ...]
    band_px: tuple[float, float]
    extent_px: tuple[float, float]
    """From left to right; of a column, from top to bottom."""


@dataclass(frozen=True, slots=True)
class Block:
    """A laid out caption; `paragraphs` holds missing fonts and characters."""

    lines: tuple[PlacedLine, ...]
    width_px: float
    height_px: float
    vertical: bool
    paragraphs: Paragraphs

    @property
    def placed(self) -> tuple[PlacedRun, ...]:
        """All runs, line by line, in reading order."""
        return tuple(placed for line in self.lines for placed in line.placed)


def lay_out(text: TextMaterial, book: FontBook, canvas_width: int, canvas_height: int, scale: float) -> Block:
    """The caption's layout; all lengths are multiplied by `scale`."""
    paragraphs = read_paragraphs(text, book, canvas_width, scale)
    if text.vertical:
        longest = _column_limit(text, canvas_height) * scale
        lines, long, across = _columns(list(_wrapped(paragraphs, longest, _heights)), text, scale)
        width, height = across, long
    else:
        limit = _row_limit(text, canvas_width)
        parts = paragraphs.lines if limit is None else _wrapped(paragraphs, limit * scale, advances_of)
        lines, width, height = _rows(list(parts), text, scale)
    centred = tuple(_moved(line, -width / 2, -height / 2, vertical=text.vertical) for line in lines)
    return Block(centred, width, height, text.vertical, paragraphs)


def _row_limit(text: TextMaterial, canvas_width: int) -> float | None:
    if text.fixed_width_px is not None:
        return text.fixed_width_px
    return text.line_max_width * canvas_width if text.wrap else None


def _column_limit(text: TextMaterial, canvas_height: int) -> float:
    """Maximum height of a column: never more than the canvas [unverified]."""
    if text.fixed_height_px is not None:
        return text.fixed_height_px
    return text.line_max_width * canvas_height if text.wrap else float(canvas_height)


def _wrapped(
    paragraphs: Paragraphs, limit_px: float, measure: Callable[[Sequence[Cell]], Sequence[float]]
) -> Iterator[Line]:
    for line in paragraphs.lines:
        yield from wrapped(line, limit_px, measure(line.cells))


def _heights(cells: Sequence[Cell]) -> list[float]:
    return [_cell_height(cell) for cell in cells]


def _rows(lines: Sequence[Line], text: TextMaterial, scale: float) -> tuple[list[PlacedLine], float, float]:
    """The lines from the top left corner on, and their total width and height."""
    rows = [list(runs_of(line.cells)) for line in lines]
    widths = [_row_extent(row) for row in rows]
    block = max([*widths, (text.fixed_width_px or 0.0) * scale])
    found: list[PlacedLine] = []
    baseline, bottom = lines[0].metrics.ascent, 0.0
    for line, row, width in zip(lines, rows, widths, strict=True):
        left = _aligned(text.align, block - width)
        top, bottom = baseline - line.metrics.ascent, baseline + line.metrics.descent
        found.append(PlacedLine(_row(row, left, baseline), (top, bottom), (left, left + width)))
        baseline += _pitch(line, text)
    return found, block, max(0.0, bottom)


def _pitch(line: Line, text: TextMaterial) -> float:
    """The distance from a line's baseline to the next one: its own cell and spacing, whatever the next one's size.
    Measured on covers that the apps drew: 69.0 px from size 10 to size 6, at a spacing of -0.38 and 1920 px width.
    """
    return (1 + text.line_spacing) * line.metrics.cell


def _row(runs: Sequence[Run], left: float, baseline: float) -> tuple[PlacedRun, ...]:
    """The runs of a line with their positions, in reading order."""
    order = _from_left(runs)
    placed: dict[int, PlacedRun] = {}
    x = left
    for at, right in zip_longest(order, order[1:]):
        run = runs[at]
        lined = right is not None and runs[right].style.text_style.underline
        placed[at] = PlacedRun(run, x, baseline, run.advance_px if lined else run.width_px)
        x += run.advance_px
    return tuple(placed[at] for at in range(len(runs)))


def _from_left(runs: Sequence[Run]) -> list[int]:
    return visual_order(range(len(runs)), lambda at: runs[at].level)


def _row_extent(runs: Sequence[Run]) -> float:
    """The width without the spacing after the last letter."""
    spacing = runs[_from_left(runs)[-1]].style.spacing_px if runs else 0.0
    return max(0.0, sum(run.advance_px for run in runs) - spacing)


def _columns(lines: Sequence[Line], text: TextMaterial, scale: float) -> tuple[list[PlacedLine], float, float]:
    """The columns from right to left, and their total height and width."""
    heights = [_column_extent(line.cells) for line in lines]
    height = max([*heights, (text.fixed_height_px or 0.0) * scale])
    found: list[PlacedLine] = []
    right = left = 0.0
    for line, tall in zip(lines, heights, strict=True):
        top = _aligned(text.align, height - tall)
        left = right - line.metrics.cell
        found.append(PlacedLine(_column(line, (left + right) / 2, top), (right, left), (top, top + tall)))
        right -= _pitch(line, text)
    width = max(0.0, -left)
    return [_moved(line, width, 0.0, vertical=True) for line in found], height, width


def _column(line: Line, middle: float, top: float) -> tuple[PlacedRun, ...]:
    placed: list[PlacedRun] = []
    y = top
    for at, cell in enumerate(line.cells):
        run, upright = upright_run(cell)
        turned = not upright and cell.text in _TURNED
        em_px = cell.style.em_px
        lined = at + 1 < len(line.cells) and line.cells[at + 1].style.text_style.underline
        underline_px = em_px + (cell.style.spacing_px if lined else 0.0)
        baseline = y + ASCENT_EM * em_px
        placed.append(PlacedRun(run, middle - run.width_px / 2, baseline, underline_px, vertical=True, turned=turned))
        y += _cell_height(cell)
    return tuple(placed)


def _cell_height(cell: Cell) -> float:
    return cell.style.em_px + cell.style.spacing_px


def _column_extent(cells: Sequence[Cell]) -> float:
    return max(0.0, sum(_heights(cells)) - cells[-1].style.spacing_px) if cells else 0.0


def _aligned(align: Align, free_px: float) -> float:
    return {Align.LEFT: 0.0, Align.CENTER: free_px / 2, Align.RIGHT: free_px}[align]


def _moved(line: PlacedLine, dx: float, dy: float, *, vertical: bool) -> PlacedLine:
    placed = tuple(replace(one, x_px=one.x_px + dx, baseline_px=one.baseline_px + dy) for one in line.placed)
    across, along = (dx, dy) if vertical else (dy, dx)
    (first, last), (start, end) = line.band_px, line.extent_px
    return PlacedLine(placed, (first + across, last + across), (start + along, end + along))
