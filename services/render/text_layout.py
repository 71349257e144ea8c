"""Where each run of a caption stands. Lengths in pixels from the middle of the caption's block, y downwards."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import features

from services.drafts.records import Align, TextMaterial
from services.render.fonts import FontBook, has_character, load
from services.render.text_cells import Cell, Line, Look, Paragraphs, read_paragraphs
from services.render.text_wrap import wrapped

LINE_EM = 1.2
"""Height of a line in em, before `line_spacing` [unverified]."""
ASCENT_EM = 0.88
"""Where the baseline lies in the em box of Chinese fonts, from its top."""
LONGEST_RUN_PX = 4096
"""Longer runs are parted: they are drawn as one mask each."""
_UPRIGHT = "，、。：；！？（）〔〕【】《》〈〉「」『』｛｝—…"
_STANDING = "︐︑︒︓︔︕︖︵︶︹︺︻︼︽︾︿﹀﹁﹂﹃﹄︷︸︱︙"
_VERTICAL_FORMS = dict(zip(_UPRIGHT, _STANDING, strict=True))
"""Marks as they look in vertical setting."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look. `pieces` are what is shaped at once, and where: pixels from the run's left.
    `direction` is "rtl" on lines that read from right to left.
    """

    look: Look
    pieces: tuple[tuple[str, float], ...]
    width_px: float
    """Without the letter spacing after its last character."""
    direction: str | None = None

    @property
    def advance_px(self) -> float:
        """From its left to the left of what follows."""
        return self.width_px + self.look.spacing_px


@dataclass(frozen=True, slots=True)
class Placed:
    """A run with its left end and baseline; in vertical setting, one character of a column."""

    run: Run
    x_px: float
    baseline_px: float
    vertical: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A caption laid out; `paragraphs` tell what could not be had."""

    placed: tuple[Placed, ...]
    width_px: float
    height_px: float
    paragraphs: Paragraphs


def lay_out(text: TextMaterial, book: FontBook, canvas_width: int, scale: float) -> Block:
    """The caption's runs, line by line; all lengths are multiplied by `scale`."""
    paragraphs = read_paragraphs(text, book, canvas_width, scale)
    if text.vertical:
        placed, width, height = _columns(paragraphs.lines, text)
    else:
        limit = _limit_px(text, canvas_width, scale)
        parts = [part for line in paragraphs.lines for part in _parts(line, limit)]
        placed, width, height = _rows(parts, text)
    centred = (_moved(one, -width / 2, -height / 2) for one in placed)
    return Block(tuple(centred), width, height, paragraphs)


def _limit_px(text: TextMaterial, canvas_width: int, scale: float) -> float | None:
    if text.fixed_width_px is not None:
        return text.fixed_width_px * scale
    return text.line_max_width * canvas_width * scale if text.wrap else None


def _parts(line: Line, limit_px: float | None) -> Iterator[Line]:
    if limit_px is None:
        yield line
    else:
        yield from wrapped(line, limit_px, lambda cells: sum(run.advance_px for run in _runs(cells)))


def _runs(cells: Sequence[Cell], direction: str | None = None) -> Iterator[Run]:
    """Neighbours of one look together, so that they are shaped together."""
    start = 0
    for at in range(1, len(cells) + 1):
        look = cells[start].look
        too_long = (at - start) * look.em_px >= LONGEST_RUN_PX
        if at == len(cells) or too_long or cells[at].look != look:
            yield _run([cell.text for cell in cells[start:at]], look, direction)
            start = at


def _run(texts: list[str], look: Look, direction: str | None = None) -> Run:
    """Spaced letters are placed one by one; right-to-left scripts are joined, so they stay whole."""
    font = load(look.face, look.em_px)
    whole = "".join(texts)
    if not look.spacing_px or any(_is_right_to_left(character) for character in whole):
        return Run(look, ((whole, 0.0),), font.getlength(whole, direction=direction), direction)
    pieces: list[tuple[str, float]] = []
    offset = 0.0
    for text in texts:
        pieces.append((text, offset))
        offset += font.getlength(text) + look.spacing_px
    return Run(look, tuple(pieces), offset - look.spacing_px, direction)


def _rows(lines: Sequence[Line], text: TextMaterial) -> tuple[list[Placed], float, float]:
    """Lines under each other, from the top left corner."""
    rows = [_row(line) for line in lines]
    widths = [_row_width(row) for row in rows]
    block = max(widths, default=0.0)
    placed: list[Placed] = []
    top = spacing = 0.0
    for line, row, width in zip(lines, rows, widths, strict=True):
        x = _aligned(text.align, block - width)
        baseline = top + ((LINE_EM - 1) / 2 + ASCENT_EM) * line.em_px
        for run in row:
            placed.append(Placed(run, x, baseline))
            x += run.advance_px
        spacing = text.line_spacing_em * line.em_px
        top += LINE_EM * line.em_px + spacing
    return placed, block, max(0.0, top - spacing)


def _row(line: Line) -> list[Run]:
    """The runs of a line from left to right."""
    if _begins_right(line) and features.check_feature("raqm"):
        return list(reversed(list(_runs(line.cells, "rtl"))))
    return list(_runs(line.cells))


def _row_width(row: list[Run]) -> float:
    """Without the spacing after the last letter."""
    return max(0.0, sum(run.advance_px for run in row) - row[-1].look.spacing_px) if row else 0.0


def _columns(lines: Sequence[Line], text: TextMaterial) -> tuple[list[Placed], float, float]:
    """Vertical setting: characters under each other, columns from right to left."""
    columns = [[_run([_vertical_form(cell)], cell.look) for cell in line.cells] for line in lines]
    heights = [_column_height(column) for column in columns]
    height = max(heights, default=0.0)
    placed: list[Placed] = []
    right = spacing = 0.0
    for line, column, tall in zip(lines, columns, heights, strict=True):
        y = _aligned(text.align, height - tall)
        for run in column:
            x = right - (LINE_EM * line.em_px + run.width_px) / 2
            placed.append(Placed(run, x, y + ASCENT_EM * run.look.em_px, vertical=True))
            y += run.look.em_px + run.look.spacing_px
        spacing = text.line_spacing_em * line.em_px
        right -= LINE_EM * line.em_px + spacing
    width = max(0.0, -right - spacing)
    return [_moved(one, width, 0.0) for one in placed], width, height


def _column_height(column: list[Run]) -> float:
    tall = sum(run.look.em_px + run.look.spacing_px for run in column)
    return max(0.0, tall - (column[-1].look.spacing_px if column else 0.0))


def _vertical_form(cell: Cell) -> str:
    form = _VERTICAL_FORMS.get(cell.text)
    return form if form is not None and has_character(cell.look.face, form) else cell.text


def _aligned(align: Align, free_px: float) -> float:
    return {Align.LEFT: 0.0, Align.CENTER: free_px / 2, Align.RIGHT: free_px}[align]


def _moved(one: Placed, dx: float, dy: float) -> Placed:
    return Placed(one.run, one.x_px + dx, one.baseline_px + dy, one.vertical)


def _begins_right(line: Line) -> bool:
    """Whether the line reads from right to left: its first letter tells."""
    kinds = (unicodedata.bidirectional(cell.text[0]) for cell in line.cells)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)


def _is_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL")
