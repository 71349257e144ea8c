"""The plan of chunks: spans of the timeline, rendered by one ffmpeg each, with few inputs. Pure.

In each interval between cuts, layers below an opaque full-canvas layer are left out. The lowest remaining layer is the
base: it needs no blending if it is opaque. The others are overlaid, and effects change all that lies below them.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from services.drafts.colors import BLACK
from services.render.media.probe import Footage
from services.render.picture.moving import framed_in_black
from services.render.timeline.scene import Item, Layer, Span, Timeline, TransitionItem

MAX_INPUTS = 16
"""Maximum number of inputs of one ffmpeg; a video counts as several."""
MAX_GROUPED = 12
"""The same for chunks that could be shorter, since all inputs are open from the chunk's beginning. With 16, cuts of
1080x1920 needed a seventh more memory, and no less work.
"""
PIXELS_PER_INPUT = 600_000
"""A video counts as one input for each such number of pixels of its frame: its decoder holds about twenty frames."""
CHUNK_SECONDS = 15
"""Approximate length of chunks rendered in parallel."""
SHORTEST_CHUNK_SECONDS = 2
EARLY_SECONDS, NEXT_SECONDS = 1, 4
"""Lengths of the first chunk of a video that is watched while it is rendered, and of the first that are rendered in
parallel, if more follow.
"""


@dataclass(frozen=True, slots=True)
class Use:
    """An item of the timeline, for some of its frames."""

    item: Item
    span: Span


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of the base: of a layer or transition, or of the background alone (None)."""

    span: Span
    use: Use | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of the video. `base` covers it without gaps; each pass overlays items, lowest first, on the result of the
    pass before. There is more than one pass only if many items overlap.
    """

    span: Span
    base: tuple[Piece, ...]
    passes: tuple[tuple[Use, ...], ...]

    @property
    def uses(self) -> tuple[Use, ...]:
        """All uses, those of the base first."""
        base = (piece.use for piece in self.base if piece.use)
        return (*base, *(use for each in self.passes for use in each))


@dataclass(frozen=True, slots=True)
class _Interval:
    """Frames with the same visible items; `seen` are their indices in the timeline, lowest first."""

    span: Span
    seen: tuple[int, ...]
    last: bool = False
    """Whether a chunk ends here."""


def plan(
    timeline: Timeline,
    *,
    at_once: int = 1,
    max_inputs: int = MAX_INPUTS,
    span: Span | None = None,
    early: bool = False,
) -> tuple[Chunk, ...]:
    """The chunks of a timeline, in order and without gaps; their length keeps `at_once` of them busy in parallel. With
    `early`, the first ones are shorter.

    The chunks of a `span` show the same frames as a plan of the whole timeline: the choice of bases does not depend on
    the span.
    """
    span = span or timeline.shown
    whole = list(_intervals(timeline))
    bases = _bases(timeline, whole)
    intervals = list(_cut(_within(span, whole), _ends(span, timeline.rate, at_once, early=early)))
    groups = _grouped(timeline, intervals, min(max_inputs, MAX_GROUPED))
    return tuple(_chunk(timeline, group, bases, max_inputs) for group in groups)


def longest_chunk(frames: int, rate: Fraction, at_once: int) -> int:
    """Maximum number of frames of a chunk: work is shared evenly, and each seam costs some decoding."""
    seconds = float(frames / rate)
    rounds = max(1, round(seconds / (at_once * CHUNK_SECONDS)))
    count = min(at_once * rounds, max(1, int(seconds / SHORTEST_CHUNK_SECONDS)))
    return math.ceil(frames / count)


def _within(span: Span, intervals: Iterable[_Interval]) -> Iterator[_Interval]:
    """The intervals' parts in a span."""
    for interval in intervals:
        inside = interval.span.clipped(span)
        if inside.count > 0:
            yield _Interval(inside, interval.seen)


def _ends(span: Span, rate: Fraction, at_once: int, *, early: bool) -> list[int]:
    """The frames at which chunks of a span end: every `longest_chunk` frames, after the early ones."""
    first = [span.start + round(seconds * rate) for seconds in _early_ends(float(span.count / rate), at_once) if early]
    start = first[-1] if first else span.start
    longest = longest_chunk(span.end - start, rate, at_once)
    return [*first, *range(start + longest, span.end, longest)]


def _early_ends(seconds: float, at_once: int) -> Iterator[int]:
    """The ends of the early chunks of a video, in seconds; those that leave a chunk for each core."""
    if seconds >= EARLY_SECONDS + at_once * SHORTEST_CHUNK_SECONDS:
        yield EARLY_SECONDS
    for number in range(at_once if seconds > at_once * CHUNK_SECONDS else 0):
        yield EARLY_SECONDS + NEXT_SECONDS * (number + 1)


def _cut(intervals: Iterable[_Interval], ends: Sequence[int]) -> Iterator[_Interval]:
    """The intervals of a span, split where chunks end."""
    for interval in intervals:
        span = interval.span
        inside = ends[bisect_right(ends, span.start) : bisect_left(ends, span.end)]
        for start, end in pairwise([span.start, *inside, span.end]):
            yield _Interval(Span(start, end), interval.seen, last=end in ends)


def _intervals(timeline: Timeline) -> Iterator[_Interval]:
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
        yield _Interval(Span(start, end), tuple(sorted(index for index in here if index >= bottom)))


def _bases(timeline: Timeline, intervals: list[_Interval]) -> set[int]:
    """The indices of items that are opaque, and the lowest wherever they are visible. They are framed in black: over
    another background they must cover the canvas.
    """
    lowest = {interval.seen[0] for interval in intervals if interval.seen}
    over = {index for interval in intervals for index in interval.seen[1:]}
    return {index for index in lowest - over if _can_be_base(timeline.items[index], timeline)}


def _can_be_base(item: Item, timeline: Timeline) -> bool:
    if isinstance(item, TransitionItem):
        return item.opaque and timeline.background == BLACK
    if not isinstance(item, Layer):
        return False
    return (timeline.background == BLACK and framed_in_black(item, timeline)) or _hides_all(item, timeline)


def _hides_all(item: Item, timeline: Timeline) -> bool:
    return isinstance(item, Layer) and item.hides(timeline.canvas)


def _grouped(timeline: Timeline, intervals: list[_Interval], max_inputs: int) -> Iterator[list[_Interval]]:
    """Intervals grouped into chunks of at most `max_inputs` inputs; a single interval may have more."""
    group: list[_Interval] = []
    opened = 0
    for interval in intervals:
        begun = set(interval.seen) - set(group[-1].seen if group else ())
        if group and (group[-1].last or opened + _cost(timeline, begun) > max_inputs):
            yield group
            group, opened, begun = [], 0, set(interval.seen)
        group.append(interval)
        opened += _cost(timeline, begun)
    yield group


def _cost(timeline: Timeline, seen: Iterable[int]) -> int:
    return sum(cost(timeline.items[index]) for index in seen)


def cost(item: Item) -> int:
    """The number of inputs that an item counts as."""
    if isinstance(item, TransitionItem):
        return sum(cost(layer) for layer in (*item.before, *item.after))
    picture = item.picture if isinstance(item, Layer) else None
    if not isinstance(picture, Footage):
        return 1
    return max(1, math.ceil(picture.pixel_width * picture.pixel_height / PIXELS_PER_INPUT))


def _chunk(timeline: Timeline, group: list[_Interval], bases: set[int], max_inputs: int) -> Chunk:
    runs = _runs(group)
    base = [Use(timeline.items[index], span) for span, index in sorted((s, i) for i, s in runs if i in bases)]
    over = [Use(timeline.items[index], span) for index, span in sorted(run for run in runs if run[0] not in bases)]
    whole = Span(group[0].span.start, group[-1].span.end)
    return Chunk(whole, tuple(_filled(whole, base)), tuple(_passes(base, over, max_inputs)))


def _runs(group: list[_Interval]) -> list[tuple[int, Span]]:
    """The uninterrupted spans of each item, with its index."""
    runs: list[tuple[int, Span]] = []
    open_runs: dict[int, int] = {}
    for interval in group:
        still_open: dict[int, int] = {}
        for index in interval.seen:
            still_open[index] = open_runs.pop(index, interval.span.start)
        runs.extend((index, Span(start, interval.span.start)) for index, start in open_runs.items())
        open_runs = still_open
    runs.extend((index, Span(start, group[-1].span.end)) for index, start in open_runs.items())
    return runs


def _filled(whole: Span, uses: list[Use]) -> Iterator[Piece]:
    """The pieces of a base; gaps are background."""
    at = whole.start
    for use in uses:
        if use.span.start > at:
            yield Piece(Span(at, use.span.start), None)
        yield Piece(use.span, use)
        at = use.span.end
    if at < whole.end:
        yield Piece(Span(at, whole.end), None)


def _passes(base: list[Use], over: list[Use], max_inputs: int) -> Iterator[tuple[Use, ...]]:
    """The overlays in passes; the first shares its inputs with the base, the others with the result of the pass
    before.
    """
    uses: list[Use] = []
    opened = sum(cost(use.item) for use in base)
    for use in over:
        if uses and opened + cost(use.item) > max_inputs:
            yield tuple(uses)
            uses, opened = [], 1
        uses.append(use)
        opened += cost(use.item)
    yield tuple(uses)
