"""The places of segments that are not drawn at all, which the draft does not hold."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from services.drafts.fields import Fields
from services.drafts.read.clip import time_range
from services.drafts.read.track import KINDS
from services.drafts.records import Draft
from services.errors import DraftWarning


def place_left_out(warnings: Iterable[DraftWarning], root: Fields, draft: Draft) -> Iterator[DraftWarning]:
    """The warnings; those of segments that `draft` lacks, with the time and track that they have in the file."""
    places = _places(root, {segment.id for track in draft.tracks for segment in track.segments})
    for warning in warnings:
        start_us, end_us, track = places.get(warning.segment_id or "", (None, None, None))
        yield replace(warning, start_us=start_us, end_us=end_us, track=track)


def _places(root: Fields, drawn: set[str]) -> dict[str, tuple[int, int, str]]:
    """Start and end in µs, and the track, as `effect 2`, by the ids of the file's other segments."""
    found: dict[str, tuple[int, int, str]] = {}
    numbers = Counter[str]()
    for track in root.objects("tracks"):
        kind = KINDS.get(track.text("type"))
        if kind is None or not track.list("segments"):
            continue
        numbers[kind] += 1
        for segment in track.objects("segments"):
            target = time_range(segment, "target_timerange")
            if target is not None and segment.own_id not in drawn:
                found[segment.own_id] = target.start_us, target.end_us, f"{kind} {numbers[kind]}"
    return found
