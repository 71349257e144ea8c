"""Where each run of a caption stands: styles, fonts, lines. Lengths in pixels, y downwards."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from services.drafts.records import Align, TextMaterial, TextStyle
from services.render.fonts import Face, FontBook, has_character, load

EM_OF_CANVAS_WIDTH = 1 / 160
"""An em in canvas widths, for a size of 1: 6.75 px at 1080 wide. Measured by others on one
exported video; other projects find up to 15 % less [unverified]."""
LINE_EM = 1.2
"""Height of a line in em, before `line_spacing` [unverified]."""
ASCENT_EM = 0.88
"""Where the baseline lies in the em box of Chinese fonts, from its top."""
LARGEST_EM_PX = 2000.0

_NOT_FIRST = set("、。，．！？：；）】》」』〉”’…—～·,.!?:;)]}%％")
_NOT_LAST = set("（【《「『〈“‘([{")


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look; `width_px` with letter spacing."""

    text: str
    style: TextStyle
    face: Face
    em_px: float
    thicken: bool
    """Bold is wanted and the font has no bold face."""
    spacing_px: float
    width_px: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A run on its line: left end and baseline, from the block's top left corner."""

    run: Run
    x_px: float
    baseline_px: float


@dataclass(frozen=True, slots=True)
class Block:
    """A caption laid out."""

    placed: tuple[Placed, ...]
    width_px: float
    height_px: float
    missing: str
    """Characters that no font has."""
    substituted: tuple[str, ...]
    """Names of fonts that are not installed."""


class _Faces:
    """Chooses the face of each character and remembers what was not to be had."""

    def __init__(self, book: FontBook) -> None:
        self._book = book
        self.missing: dict[str, None] = {}
        self.substituted: dict[str, None] = {}

    def choose(self, style: TextStyle, character: str) -> tuple[Face, bool] | None:
        """The face, and whether it must be thickened; None when there is no font at all."""
        face = self._named(style.font_name) or self._book.default
        if face is None:
            return None
        bold = self._book.bold_of(face) if style.bold and not face.bold else None
        chosen = bold or face
        if not has_character(chosen, character):
            fallback = self._book.fallback(character)
            if fallback is None:
                self.missing.setdefault(character)
            chosen = fallback or chosen
        return chosen, style.bold and not chosen.bold

    def _named(self, name: str | None) -> Face | None:
        if name is None:
            return None
        face = self._book.named(name)
        if face is None:
            self.substituted.setdefault(name)
        return face


def lay_out(text: TextMaterial, book: FontBook, canvas_width: int, scale: float) -> Block:
    """The caption's runs, line by line; all lengths are multiplied by `scale`."""
    faces = _Faces(book)
    em_of_size = canvas_width * EM_OF_CANVAS_WIDTH * scale
    limit = _limit_px(text, canvas_width, scale)
    lines = list(_lines(list(_runs(text, faces, em_of_size))))
    if limit is not None and not text.vertical:
        lines = [part for line in lines for part in _wrapped(line, limit)]
    placed, width, height = _columns(lines, text) if text.vertical else _rows(lines, text)
    return Block(tuple(placed), width, height, "".join(faces.missing), tuple(faces.substituted))


def _limit_px(text: TextMaterial, canvas_width: int, scale: float) -> float | None:
    if text.fixed_width_px is not None:
        return text.fixed_width_px * scale
    return text.line_max_width * canvas_width * scale if text.wrap else None


def _runs(text: TextMaterial, faces: _Faces, em_of_size: float) -> Iterator[Run]:
    """Runs of one look, cut where a line may break and at each newline (a run of its own)."""
    looks: list[TextStyle] = [text.styles[0]] * len(text.text)
    for style in text.styles:
        looks[style.start : style.end] = [replace(style, start=0, end=0)] * (min(style.end, len(looks)) - style.start)
    normal = text.text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text.text else text.text
    cells = [
        (character, look, faces.choose(look, character), _break_class(character, at))
        for at, (character, look) in enumerate(zip(normal, looks, strict=False))
    ]
    for (look, chosen, _), group in groupby(cells, key=lambda cell: cell[1:]):
        if chosen is not None:
            yield _run("".join(cell[0] for cell in group), look, chosen, text.letter_spacing_em, em_of_size)


def _break_class(character: str, at: int) -> object:
    """Equal for neighbours that must not be parted: the letters of a word; else unequal."""
    if character == "\n" or unicodedata.east_asian_width(character) in "WF":
        return at
    return "space" if character.isspace() else "word"


def _run(text: str, style: TextStyle, chosen: tuple[Face, bool], spacing_em: float, em_of_size: float) -> Run:
    em_px = min(style.size * em_of_size, LARGEST_EM_PX)
    spacing_px = spacing_em * em_px
    shown = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    font = load(chosen[0], em_px)
    width = font.getlength(shown)
    if spacing_px:
        width = sum(font.getlength(character) + spacing_px for character in shown)
    return Run("\n" if text == "\n" else shown, style, chosen[0], em_px, chosen[1], spacing_px, max(0.0, width))


def _lines(runs: list[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for run in runs:
        if run.text == "\n":
            yield [*line, replace(run, text="", width_px=0.0)]
            line = []
        else:
            line.append(run)
    yield line


def _wrapped(line: list[Run], limit_px: float) -> Iterator[list[Run]]:
    """The line in parts no wider than the limit, cut between words and between Chinese characters."""
    part: list[Run] = []
    width = 0.0
    for run in [piece for whole in line for piece in _pieces(whole, limit_px)]:
        if part and width + run.width_px > limit_px and not run.text.isspace():
            kept, carried = _cut(part, run)
            yield _trimmed(kept)
            part, width = carried, sum(piece.width_px for piece in carried)
        part.append(run)
        width += run.width_px
    yield _trimmed(part)


def _pieces(run: Run, limit_px: float) -> Iterator[Run]:
    """A word that is wider than a whole line is cut into characters."""
    if run.width_px <= limit_px or len(run.text) == 1:
        yield run
        return
    share = run.width_px / len(run.text)
    for character in run.text:
        yield replace(run, text=character, width_px=share)


def _cut(part: list[Run], following: Run) -> tuple[list[Run], list[Run]]:
    """Closing marks do not begin a line, opening ones do not end it."""
    at = len(part)
    first = following.text[:1]
    while at > 1 and (first in _NOT_FIRST or part[at - 1].text[-1:] in _NOT_LAST):
        at -= 1
        first = part[at].text[:1]
    return (part[:at], part[at:]) if at > 1 or len(part) == 1 else (part, [])


def _trimmed(part: list[Run]) -> list[Run]:
    end = len(part)
    while end > 1 and part[end - 1].text.isspace():
        end -= 1
    return part[:end]


def _rows(lines: list[list[Run]], text: TextMaterial) -> tuple[list[Placed], float, float]:
    """Lines under each other."""
    widths = [sum(run.width_px for run in line) - (line[-1].spacing_px if line else 0.0) for line in lines]
    block = max(widths, default=0.0)
    placed: list[Placed] = []
    top, em_px = 0.0, 0.0
    for line, width in zip(lines, widths, strict=True):
        em_px = max((run.em_px for run in line), default=em_px)
        x = {Align.LEFT: 0.0, Align.CENTER: (block - width) / 2, Align.RIGHT: block - width}[text.align]
        baseline = top + (LINE_EM - 1) / 2 * em_px + ASCENT_EM * em_px
        for run in line:
            placed.append(Placed(run, x, baseline))
            x += run.width_px
        top += em_px * (LINE_EM + text.line_spacing_em)
    return placed, block, max(0.0, top - em_px * text.line_spacing_em)


def _columns(lines: list[list[Run]], text: TextMaterial) -> tuple[list[Placed], float, float]:
    """Vertical setting: characters under each other, columns from right to left."""
    columns = [[piece for run in line for piece in _characters(run)] for line in lines]
    heights = [sum(run.em_px + run.spacing_px for run in column) for column in columns]
    ems = [max((run.em_px for run in column), default=0.0) for column in columns]
    steps = [em * (LINE_EM + text.line_spacing_em) for em in ems]
    width = sum(steps) - (ems[-1] * text.line_spacing_em if ems else 0.0)
    height = max(heights, default=0.0)
    placed: list[Placed] = []
    right = width
    for column, tall, em, step in zip(columns, heights, ems, steps, strict=True):
        y = {Align.LEFT: 0.0, Align.CENTER: (height - tall) / 2, Align.RIGHT: height - tall}[text.align]
        for run in column:
            x = right - em * (LINE_EM + 1) / 2 + (run.em_px - run.width_px) / 2
            placed.append(Placed(run, x, y + ASCENT_EM * run.em_px))
            y += run.em_px + run.spacing_px
        right -= step
    return placed, width, height


def _characters(run: Run) -> Iterator[Run]:
    font = load(run.face, run.em_px)
    for character in run.text:
        yield replace(run, text=character, width_px=font.getlength(character))
