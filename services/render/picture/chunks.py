"""Cutting a timeline into chunks that ffmpeg renders one after the other, with few inputs each. Pure.

In every stretch between two cuts, whatever a picture hides altogether is left out. The lowest picture that is
left is the base: it needs no blending when nothing shines through it. The others lie over it, and effects change
all that lies below them.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from services.drafts.colors import BLACK
from services.render.media.probe import Footage
from services.render.timeline.scene import Crossing, Item, Layer, Span, Timeline

MAX_INPUTS = 16
"""Pictures open at once in one ffmpeg; a video counts for several."""
MAX_GROUPED = 12
"""The same where a chunk could as well be shorter: what is seen later is open from the beginning. With 16, cuts of
1080x1920 needed a seventh more memory, and no less work.
"""
PIXELS_PER_INPUT = 600_000
"""A video's frame counts as one picture for each so many pixels: its decoder holds about twenty frames."""
CHUNK_SECONDS = 15
"""About how long chunks are that are rendered side by side."""
SHORTEST_CHUNK_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Use:
    """A layer, a lens or a transition for some of its frames."""

    item: Item
    span: Span


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of the base: those of a layer or a transition, or of nothing but the background (None)."""

    span: Span
    use: Use | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the video. `base` covers it without a gap; each of `passes` lays pictures over what was
    there before, the lowest first. Usually there is one pass; more only when too many pictures lie over each other.
    """

    span: Span
    base: tuple[Piece, ...]
    passes: tuple[tuple[Use, ...], ...]

    @property
    def uses(self) -> tuple[Use, ...]:
        """Every use, those of the base first."""
        base = (piece.use for piece in self.base if piece.use)
        return (*base, *(use for each in self.passes for use in each))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Frames in which the same layers are seen; `seen` are their places in the timeline, the lowest first."""

    span: Span
    seen: tuple[int, ...]
    last: bool = False
    """Whether a chunk ends here."""


def plan(
    timeline: Timeline, *, at_once: int = 1, max_inputs: int = MAX_INPUTS, span: Span | None = None
) -> tuple[Chunk, ...]:
    """The chunks of a timeline, in order and without gaps; so long that `at_once` of them keep each other company.

    Those of a `span` alone show the same as if all were planned: what is a base does not depend on it.
    """
    span = span or Span(0, timeline.frames)
    whole = list(_stretches(timeline))
    bases = _bases(timeline, whole)
    stretches = list(_cut(_within(span, whole), span, longest_chunk(span.count, timeline.rate, at_once)))
    groups = _grouped(timeline, stretches, min(max_inputs, MAX_GROUPED))
    return tuple(_chunk(timeline, group, bases, max_inputs) for group in groups)


def longest_chunk(frames: int, rate: Fraction, at_once: int) -> int:
    """Frames of a chunk at most, of so many: each has its share of the work, but a seam costs some decoding."""
    seconds = float(frames / rate)
    rounds = max(1, round(seconds / (at_once * CHUNK_SECONDS)))
    count = min(at_once * rounds, max(1, int(seconds / SHORTEST_CHUNK_SECONDS)))
    return math.ceil(frames / count)


def _within(span: Span, stretches: Iterable[_Stretch]) -> Iterator[_Stretch]:
    """What of the stretches lies in a span."""
    for stretch in stretches:
        inside = stretch.span.clipped(span)
        if inside.count > 0:
            yield _Stretch(inside, stretch.seen)


def _cut(stretches: Iterable[_Stretch], whole: Span, longest: int) -> Iterator[_Stretch]:
    """The stretches of a span, cut where chunks end: every `longest` frames from its beginning."""
    for stretch in stretches:
        span = stretch.span
        first = whole.start + ((span.start - whole.start) // longest + 1) * longest
        for start, end in pairwise([span.start, *range(first, span.end, longest), span.end]):
            yield _Stretch(Span(start, end), stretch.seen, last=(end - whole.start) % longest == 0)


def _stretches(timeline: Timeline) -> Iterator[_Stretch]:
    whole = Span(0, timeline.frames)
    hiding = [_hides_all(item, timeline) for item in timeline.items]
    begins: dict[int, list[int]] = {whole.start: [], whole.end: []}
    ends: dict[int, list[int]] = {}
    for index, item in enumerate(timeline.items):
        span = item.span.clipped(whole)
        if span.count > 0:
            begins.setdefault(span.start, []).append(index)
            ends.setdefault(span.end, []).append(index)
    here: set[int] = set()
    for start, end in pairwise(sorted(begins.keys() | ends.keys())):
        here.difference_update(ends.get(start, ()))
        here.update(begins.get(start, ()))
        bottom = max((index for index in here if hiding[index]), default=0)
        yield _Stretch(Span(start, end), tuple(sorted(index for index in here if index >= bottom)))


def _bases(timeline: Timeline, stretches: list[_Stretch]) -> set[int]:
    """The layers that are opaque, and the lowest wherever they are seen. Around them is black, so
    over another background only those that cover it.
    """
    lowest = {stretch.seen[0] for stretch in stretches if stretch.seen}
    over = {index for stretch in stretches for index in stretch.seen[1:]}
    return {index for index in lowest - over if _can_be_base(timeline.items[index], timeline)}


def _can_be_base(item: Item, timeline: Timeline) -> bool:
    if isinstance(item, Crossing):
        return item.opaque and timeline.background == BLACK
    if not isinstance(item, Layer):
        return False
    return item.opaque and (timeline.background == BLACK or _hides_all(item, timeline))


def _hides_all(item: Item, timeline: Timeline) -> bool:
    return isinstance(item, Layer) and item.opaque and item.pose.box().holds(timeline.canvas)


def _grouped(timeline: Timeline, stretches: list[_Stretch], max_inputs: int) -> Iterator[list[_Stretch]]:
    """As many stretches together as open few enough files; one alone may open more."""
    group: list[_Stretch] = []
    opened = 0
    for stretch in stretches:
        begun = set(stretch.seen) - set(group[-1].seen if group else ())
        if group and (group[-1].last or opened + _cost(timeline, begun) > max_inputs):
            yield group
            group, opened, begun = [], 0, set(stretch.seen)
        group.append(stretch)
        opened += _cost(timeline, begun)
    yield group


def _cost(timeline: Timeline, seen: Iterable[int]) -> int:
    return sum(cost(timeline.items[index]) for index in seen)


def cost(item: Item) -> int:
    """How many inputs an item counts for."""
    if isinstance(item, Crossing):
        return sum(cost(layer) for layer in (*item.before, *item.after))
    picture = item.picture if isinstance(item, Layer) else None
    if not isinstance(picture, Footage):
        return 1
    return max(1, math.ceil(picture.pixel_width * picture.pixel_height / PIXELS_PER_INPUT))


def _chunk(timeline: Timeline, group: list[_Stretch], bases: set[int], max_inputs: int) -> Chunk:
    runs = _runs(group)
    base = [Use(timeline.items[index], span) for span, index in sorted((s, i) for i, s in runs if i in bases)]
    over = [Use(timeline.items[index], span) for index, span in sorted(run for run in runs if run[0] not in bases)]
    whole = Span(group[0].span.start, group[-1].span.end)
    return Chunk(whole, tuple(_filled(whole, base)), tuple(_passes(base, over, max_inputs)))


def _runs(group: list[_Stretch]) -> list[tuple[int, Span]]:
    """For how long each layer is seen without a break."""
    runs: list[tuple[int, Span]] = []
    open_runs: dict[int, int] = {}
    for stretch in group:
        still_open: dict[int, int] = {}
        for index in stretch.seen:
            still_open[index] = open_runs.pop(index, stretch.span.start)
        runs.extend((index, Span(start, stretch.span.start)) for index, start in open_runs.items())
        open_runs = still_open
    runs.extend((index, Span(start, group[-1].span.end)) for index, start in open_runs.items())
    return runs


def _filled(whole: Span, uses: list[Use]) -> Iterator[Piece]:
    """The pieces of a base, the background where there is no use."""
    at = whole.start
    for use in uses:
        if use.span.start > at:
            yield Piece(Span(at, use.span.start), None)
        yield Piece(use.span, use)
        at = use.span.end
    if at < whole.end:
        yield Piece(Span(at, whole.end), None)


def _passes(base: list[Use], over: list[Use], max_inputs: int) -> Iterator[tuple[Use, ...]]:
    """The overlays in passes; the first shares its inputs with the base, each other with what was made before it."""
    uses: list[Use] = []
    opened = sum(cost(use.item) for use in base)
    for use in over:
        if uses and opened + cost(use.item) > max_inputs:
            yield tuple(uses)
            uses, opened = [], 1
        uses.append(use)
        opened += cost(use.item)
    yield tuple(uses)
