"""Transitions between the segments of a track, in frames. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from services.drafts.design import TransitionKind, Variation
from services.drafts.records import Segment, Track
from services.render.timeline.scene import Span, frame_at, span_of


@dataclass(frozen=True, slots=True)
class TrackTransition:
    """A transition between two neighbours, in the frames of `span`."""

    kind: TransitionKind
    look: Variation
    earlier: Segment
    later: Segment
    span: Span


class TrackTransitions:
    """The transitions of a track, by their segments."""

    def __init__(self, track: Track, rate: Fraction) -> None:
        found = list(_transitions(track, rate))
        self._outgoing = {_place(transition.earlier): transition for transition in found}
        self._incoming = {_place(transition.later): transition for transition in found}

    def incoming(self, segment: Segment) -> TrackTransition | None:
        """The transition into a segment."""
        return self._incoming.get(_place(segment))

    def outgoing(self, segment: Segment) -> TrackTransition | None:
        """The transition out of a segment."""
        return self._outgoing.get(_place(segment))

    def alone(self, segment: Segment, rate: Fraction) -> Span:
        """The frames of a segment outside of transitions; the count may be 0 or less."""
        span = span_of(segment.target, rate)
        incoming, outgoing = self.incoming(segment), self.outgoing(segment)
        return Span(incoming.span.end if incoming else span.start, outgoing.span.start if outgoing else span.end)


def _place(segment: Segment) -> tuple[str, int, int]:
    """The identity of a segment within its track: ids in hostile drafts may repeat."""
    return segment.id, segment.target.start_us, segment.target.duration_us


def _transitions(track: Track, rate: Fraction) -> Iterator[TrackTransition]:
    segments = [segment for segment in track.segments if segment.visible and span_of(segment.target, rate).count > 0]
    taken = 0
    for index, (earlier, later) in enumerate(pairwise(segments)):
        span = _window(segments, index, rate, taken)
        if span is not None and earlier.transition is not None:
            taken = span.end
            yield TrackTransition(earlier.transition.kind, earlier.transition.look, earlier, later, span)


def _window(segments: Sequence[Segment], index: int, rate: Fraction, taken: int) -> Span | None:
    """The frames of the transition after segment `index`; None if there is none. Frames before `taken` belong to the
    previous one.

    Where the segments overlap, it lasts as long as the overlap. Else it is centred on the cut, and limited by both
    neighbours: to half of one that has a transition at its other end.
    """
    earlier, later = segments[index : index + 2]
    before, after = span_of(earlier.target, rate), span_of(later.target, rate)
    if earlier.transition is None or after.start > before.end + 1:
        return None
    if after.start < before.end - 1:
        span = Span(max(after.start, taken, before.start), min(before.end, after.end))
        return span if span.count > 0 else None
    again = later.transition is not None and index + 2 < len(segments)
    room = min(before.end - max(before.start, taken), after.count // 2 if again else after.count)
    count = min(frame_at(earlier.transition.duration_us, rate), 2 * room)
    start = before.end - count // 2
    return Span(start, start + count) if count > 0 else None
