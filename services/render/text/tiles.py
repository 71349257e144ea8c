"""Boxes of a caption's characters in its picture, for a typewriter animation."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from services.render.box import Box
from services.render.text.layout import ASCENT_EM, Block, PlacedLine, PlacedRun

MOST_TILES = 40
"""Approximate number of boxes; longer captions have several characters in each."""


def tiles(block: Block, picture: Box) -> tuple[Box, ...]:
    """The boxes in reading order; together they cover the picture.

    Each holds one character or a few; coordinates count from the picture's top left corner.
    """
    lines = [line for line in block.lines if line.placed]
    if not lines:
        return ()
    characters = sum(len(placed.run.texts) for line in lines for placed in line.placed)
    whole_lines = sum(len(_stretches(line)) for line in lines) > 2 * MOST_TILES
    found: list[Box] = []
    for band_lines, band in _bands(lines, picture, -(-len(lines) // MOST_TILES), vertical=block.vertical):
        if whole_lines or len(band_lines) > 1:
            found.append(band)
        else:
            found += _cut(band_lines[0], band, -(-characters // MOST_TILES), vertical=block.vertical)
    return tuple(box.moved(-picture.left, -picture.top) for box in found if not box.empty)


def _bands(
    lines: Sequence[PlacedLine], picture: Box, count: int, *, vertical: bool
) -> Iterator[tuple[Sequence[PlacedLine], Box]]:
    """The picture in bands with their lines, divided in the middle between two lines."""
    groups = [lines[at : at + count] for at in range(0, len(lines), count)]
    between = [(before[-1].band_px[1] + after[0].band_px[0]) / 2 for before, after in pairwise(groups)]
    first, last = (picture.right, picture.left) if vertical else (picture.top, picture.bottom)
    edges = [first, *map(round, between), last]
    for group, (start, end) in zip(groups, pairwise(edges), strict=True):
        whole = (
            Box(end, picture.top, start, picture.bottom) if vertical else Box(picture.left, start, picture.right, end)
        )
        yield group, whole.within(picture)


def _cut(line: PlacedLine, band: Box, count: int, *, vertical: bool) -> Iterator[Box]:
    """A band divided after every `count` characters; boxes are in reading order."""
    starts = [start for stretch in _stretches(line) for start in _starts(stretch, count, vertical=vertical)]
    order = sorted(range(len(starts)), key=lambda at: starts[at])
    first, last = (band.top, band.bottom) if vertical else (band.left, band.right)
    edges = [first, *(min(max(round(starts[at]), first), last) for at in order[1:]), last]
    spans = dict(zip(order, pairwise(edges), strict=True))
    for at in range(len(starts)):
        start, end = spans[at]
        yield Box(band.left, start, band.right, end) if vertical else Box(start, band.top, end, band.bottom)


def _stretches(line: PlacedLine) -> list[list[PlacedRun]]:
    """The runs of a line grouped by reading direction."""
    return [list(group) for _, group in groupby(line.placed, key=lambda placed: placed.run.level)]


def _starts(stretch: Sequence[PlacedRun], count: int, *, vertical: bool) -> Iterator[float]:
    """The left ends (of a column, the tops) of every `count` characters, in reading order."""
    characters = [(placed, index) for placed in stretch for index in range(len(placed.run.texts))]
    for at in range(0, len(characters), count):
        placed, index = characters[at]
        if vertical:
            yield placed.baseline_px - ASCENT_EM * placed.run.style.em_px
        elif placed.run.backwards:
            placed, index = characters[min(at + count, len(characters)) - 1]
            yield placed.x_px + placed.run.width_px - placed.run.start_of(index + 1)
        else:
            yield placed.x_px + placed.run.start_of(index)
