"""The places of warnings on the whole timeline."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from services.drafts.look_times import seen
from services.drafts.records import CompoundMaterial, Draft, Segment, drafts_of
from services.errors import DraftWarning


def locator(draft: Draft) -> Callable[[DraftWarning], DraftWarning]:
    """A function that adds its place to a warning, where the draft has its segment: the time of the transition,
    animation or effect that it names, else of its segment, and the track: a kind and a number, as `text 2`.
    """
    shown_by = _shown_by(draft)

    def located(warning: DraftWarning) -> DraftWarning:
        segment, track = shown_by.get(warning.segment_id or "", (None, ""))
        if segment is None:
            return warning
        whole = segment.target.start_us, segment.target.end_us
        start_us, end_us = seen(segment, warning) if segment.id == warning.segment_id else whole
        return replace(warning, start_us=start_us, end_us=min(end_us, max(draft.duration_us, start_us)), track=track)

    return located


def _shown_by(draft: Draft) -> dict[str, tuple[Segment, str]]:
    """The segment of the whole timeline, and its track, by the ids of segments: those within a compound are shown by
    the first segment that shows the compound.
    """
    found: dict[str, tuple[Segment, str]] = {}
    numbers = Counter[str]()
    within: set[int] = set()
    for track in draft.tracks:
        numbers[track.kind] += 1
        for segment in track.segments:
            shown = segment, f"{track.kind} {numbers[track.kind]}"
            found.setdefault(segment.id, shown)
            for inner in _within(segment, within):
                found.setdefault(inner.id, shown)
    return found


def _within(segment: Segment, seen: set[int]) -> Iterator[Segment]:
    """The segments of the compound that a segment shows, unless it was `seen`."""
    if not isinstance(segment.material, CompoundMaterial) or id(segment.material.draft) in seen:
        return
    for each in drafts_of(segment.material.draft):
        seen.add(id(each))
        for track in each.tracks:
            yield from track.segments
