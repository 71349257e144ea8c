"""Runs: characters of one style that are shaped and drawn together. Lengths in pixels."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from services.render.text.cells import Cell, ResolvedStyle
from services.render.text.characters import JOINER
from services.render.text.faces import enlarged, has_character, load
from services.render.text.shaping import direction, for_pillow

LONGEST_RUN_PX = 4096
"""Maximum length of a run: each is drawn as one mask."""
_JOINS_NOTHING_AFTER = frozenset("ءآأؤإاةدذرزوٱٲٳٵڈډڊڋڌڍڎڏڐڑڒړڔڕږڗژڙۀۃۄۅۆۇۈۉۊۋۍەۮۯ")
"""Arabic letters that are not joined to the next one."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one style (`texts`) in reading order. `pieces` are the shaped texts with their offsets from the
    run's left. At odd levels the run reads from right to left.
    """

    style: ResolvedStyle
    texts: tuple[str, ...]
    pieces: tuple[tuple[str, float], ...]
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
        if len(self.pieces) > 1:
            return self.pieces[index][1] if index < len(self.pieces) else self.width_px
        if index >= len(self.texts):
            return self.width_px
        begun = _shaped(self.style, "".join(self.texts[:index]), self.level)
        return min(self.width_px, _length_px(self.style, begun, self.level))


def _shaped(style: ResolvedStyle, text: str, level: int) -> str:
    """The text in the form that Pillow needs."""
    return for_pillow(text, level, partial(has_character, style.face))


def _length_px(style: ResolvedStyle, shaped: str, level: int) -> float:
    return load(style.face, style.em_px).getlength(shaped, direction=direction(level)) * enlarged(
        style.face, style.em_px
    )


def runs_of(cells: Sequence[Cell]) -> Iterator[Run]:
    """Neighbours of one style and level as runs, in reading order."""
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or _parts(cells, start, at):
            before = cells[start - 1] if start else None
            after = cells[at] if at < len(cells) else None
            yield _run(cells[start:at], before, after)
            start = at


def run_of(cell: Cell, text: str) -> Run:
    """A run of one character, perhaps drawn as another one."""
    shaped = _shaped(cell.style, text, 0)
    return Run(cell.style, (cell.text,), ((shaped, 0.0),), _length_px(cell.style, shaped, 0))


def _parts(cells: Sequence[Cell], start: int, at: int) -> bool:
    """Whether a run ends before the cell `at`."""
    first, here = cells[start], cells[at]
    too_long = (at - start) * first.style.em_px >= LONGEST_RUN_PX
    return too_long or here.level != first.level or here.style != first.style or _each_by_itself(first)


def _each_by_itself(cell: Cell) -> bool:
    style = cell.style.text_style
    gradients = (style.gradient, style.stroke.gradient if style.stroke is not None else None)
    return cell.level % 2 == 0 and any(one is not None and one.per_character for one in gradients)


def _run(cells: Sequence[Cell], before: Cell | None, after: Cell | None) -> Run:
    """A run of cells. Letters with spacing and emoji are placed one by one; right-to-left scripts are joined and stay
    whole.
    """
    style, level = cells[0].style, cells[0].level
    texts = tuple(cell.text for cell in cells)
    if level % 2 or not (style.spacing_px or style.face.colored):
        shaped = _shaped(style, _joined("".join(texts), cells, before, after), level)
        return Run(style, texts, ((shaped, 0.0),), _length_px(style, shaped, level), level)
    pieces: list[tuple[str, float]] = []
    offset = 0.0
    for text in (_shaped(style, one, level) for one in texts):
        pieces.append((text, offset))
        offset += _length_px(style, text, level) + style.spacing_px
    return Run(style, texts, tuple(pieces), offset - style.spacing_px, level)


def _joined(whole: str, cells: Sequence[Cell], before: Cell | None, after: Cell | None) -> str:
    """The text with joiners at its ends where neighbouring letters of another style join."""
    head = JOINER if before is not None and _join(before, cells[0]) else ""
    return head + whole + (JOINER if after is not None and _join(cells[-1], after) else "")


def _join(one: Cell, other: Cell) -> bool:
    letters = one.text[0], other.text[0]
    arabic = all(unicodedata.bidirectional(letter) == "AL" and letter.isalpha() for letter in letters)
    return arabic and letters[0] not in _JOINS_NOTHING_AFTER and letters[1] != "ء"
