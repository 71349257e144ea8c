"""Runs: characters of one style that are shaped and drawn together. Lengths in pixels, y downwards."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from services.render.text.cells import Cell, ResolvedStyle
from services.render.text.characters import CURSIVE, script_of
from services.render.text.faces import units_per_em
from services.render.text.shaping import ShapedGlyph, shape, upright_glyph

LONGEST_RUN_PX = 4096
"""Maximum length of a run: each is drawn as one mask."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph by its number in the face, and its origin from the run's left end and baseline."""

    number: int
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one style (`texts`) in reading order. At odd levels the run reads from right to left."""

    style: ResolvedStyle
    texts: tuple[str, ...]
    glyphs: tuple[Glyph, ...]
    starts_px: tuple[float, ...]
    """The distance of each character from the run's beginning, in reading direction; ligatures begin together."""
    width_px: float
    """Without the letter spacing after its last character."""
    level: int = 0

    @property
    def advance_px(self) -> float:
        """The distance to the next run."""
        return self.width_px + self.style.spacing_px

    @property
    def backwards(self) -> bool:
        """Whether it reads from right to left."""
        return self.level % 2 == 1

    def start_of(self, index: int) -> float:
        """The distance of a character from the run's beginning, in reading direction."""
        return self.starts_px[index] if index < len(self.texts) else self.width_px


def runs_of(cells: Sequence[Cell]) -> Iterator[Run]:
    """Neighbours of one style, level and script as runs, in reading order."""
    scripts = _scripts(cells)
    whole = "".join(cell.text for cell in cells)
    ends = list(accumulate(len(cell.text) for cell in cells))
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or scripts[at] != scripts[start] or _parts(cells, start, at):
            offsets = [ends[index] - len(cells[index].text) for index in range(start, at)]
            yield _run(cells[start:at], whole, [*offsets, ends[at - 1]], scripts[start])
            start = at


def advances_of(cells: Sequence[Cell]) -> list[float]:
    """The width of each character with the spacing after it; of a ligature, its first character has all."""
    widths: list[float] = []
    for run in runs_of(cells):
        ends = (*run.starts_px[1:], run.width_px)
        widths += [end - start for start, end in zip(run.starts_px, ends, strict=True)]
        widths[-1] += run.style.spacing_px
    return widths


def upright_run(cell: Cell) -> tuple[Run, bool]:
    """A run of one character of a column, and whether it has its form for vertical text."""
    number = upright_glyph(cell.style.face, cell.text)
    (run,) = runs_of([cell])
    if number is None:
        return run, False
    return Run(cell.style, run.texts, (Glyph(number, 0.0, 0.0),), run.starts_px, run.width_px), True


def _scripts(cells: Sequence[Cell]) -> list[str | None]:
    """The script of each character: shared ones take that before them, at the beginning that after them."""
    found = [script_of(cell.text[0]) for cell in cells]
    current = next((script for script in found if script), None)
    return [current := script or current for script in found]


def _parts(cells: Sequence[Cell], start: int, at: int) -> bool:
    """Whether a run ends before the cell `at`."""
    first, here = cells[start], cells[at]
    too_long = (at - start) * first.style.em_px >= LONGEST_RUN_PX
    return too_long or here.level != first.level or here.style != first.style or _each_by_itself(first)


def _each_by_itself(cell: Cell) -> bool:
    style = cell.style.text_style
    gradients = (style.gradient, *(stroke.gradient for stroke in (style.stroke, *style.inner_strokes) if stroke))
    return cell.level % 2 == 0 and any(one is not None and one.per_character for one in gradients)


def _run(cells: Sequence[Cell], whole: str, offsets: Sequence[int], script: str | None) -> Run:
    """The run of some cells; `offsets` are their beginnings in the whole line, and the end of the last one."""
    style, level = cells[0].style, cells[0].level
    spacing = 0.0 if script in CURSIVE else style.spacing_px
    shaped = shape(style.face, whole, offsets[0], offsets[-1], level, script, spaced=spacing != 0)
    scale = style.em_px / units_per_em(style.face)
    cell_of = [bisect_right(offsets, glyph.start) - 1 for glyph in shaped]
    glyphs, width = _placed(shaped, cell_of, scale, spacing)
    starts = _starts(shaped, cell_of, scale, spacing, len(cells))
    return Run(style, tuple(cell.text for cell in cells), glyphs, starts, width, level)


def _placed(
    shaped: Sequence[ShapedGlyph], cell_of: Sequence[int], scale: float, spacing: float
) -> tuple[tuple[Glyph, ...], float]:
    """The glyphs from left to right, with spacing between those of different characters, and their total width."""
    glyphs: list[Glyph] = []
    x = 0.0
    for at, glyph in enumerate(shaped):
        if at and cell_of[at] != cell_of[at - 1]:
            x += spacing
        glyphs.append(Glyph(glyph.number, x + glyph.x * scale, -glyph.y * scale))
        x += glyph.advance * scale
    return tuple(glyphs), x


def _starts(
    shaped: Sequence[ShapedGlyph], cell_of: Sequence[int], scale: float, spacing: float, count: int
) -> tuple[float, ...]:
    widths = [0.0] * count
    for glyph, cell in zip(shaped, cell_of, strict=True):
        widths[cell] += glyph.advance * scale
    drawn = set(cell_of)
    steps = (width + (spacing if cell in drawn else 0.0) for cell, width in enumerate(widths))
    return tuple(accumulate(steps, initial=0.0))[:count]
