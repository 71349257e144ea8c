"""The places of segments on the whole timeline, for warnings."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from services.drafts.records import CompoundMaterial, Draft, Segment, drafts_of
from services.errors import DraftWarning


@dataclass(frozen=True, slots=True)
class Place:
    """The time of a segment on the draft's timeline, and its track: a kind and a number, as `text 2`."""

    start_us: int
    end_us: int
    track: str


def locator(draft: Draft) -> Callable[[DraftWarning], DraftWarning]:
    """A function that adds the place of its segment to a warning, where the draft has it."""
    places = _places(draft)

    def located(warning: DraftWarning) -> DraftWarning:
        place = places.get(warning.segment_id or "")
        if place is None:
            return warning
        return replace(warning, start_us=place.start_us, end_us=place.end_us, track=place.track)

    return located


def _places(draft: Draft) -> dict[str, Place]:
    """The places by the segments' ids. Segments within a compound have the place of the first segment that shows it."""
    found: dict[str, Place] = {}
    numbers = Counter[str]()
    seen: set[int] = set()
    for track in draft.tracks:
        numbers[track.kind] += 1
        for segment in track.segments:
            place = Place(segment.target.start_us, segment.target.end_us, f"{track.kind} {numbers[track.kind]}")
            found.setdefault(segment.id, place)
            for inner in _within(segment, seen):
                found.setdefault(inner.id, place)
    return found


def _within(segment: Segment, seen: set[int]) -> Iterator[Segment]:
    """The segments of the compound that a segment shows, unless it was `seen`."""
    if not isinstance(segment.material, CompoundMaterial) or id(segment.material.draft) in seen:
        return
    for each in drafts_of(segment.material.draft):
        seen.add(id(each))
        for track in each.tracks:
            yield from track.segments
