"""How near a draft is drawn to its design: its transitions, animations, effects and filters, and its time. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.drafts.look_times import Range, looks, seen
from services.drafts.records import CompoundMaterial, Draft, Segment, segments_of
from services.errors import DraftWarning, WarningCode

_NEAR = frozenset({WarningCode.EFFECT_APPROXIMATED, WarningCode.KEYFRAME_SIMPLIFIED})
_LEFT_OUT = frozenset({WarningCode.EFFECT_SKIPPED, WarningCode.SEGMENT_SKIPPED})


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Numbers of looks (transitions, animations, effects, filters and other features of a segment) that are drawn as
    designed, that are only near, and that are left out; and the time in µs without one of the latter two.
    """

    exact: int
    near: int
    left_out: int
    designed_us: int


def fidelity(draft: Draft) -> Fidelity:
    """The fidelity of a draft by its warnings. A compound's looks are seen for as long as the compound."""
    whole = {segment.id: segment for segment in segments_of(draft)}
    near = [warning for warning in draft.warnings if warning.code in _NEAR]
    left_out = [warning for warning in draft.warnings if warning.code in _LEFT_OUT]
    told = {(warning.segment_id, warning.material_name or warning.effect_id or "") for warning in near}
    drawn = {(segment.id, look.name or look.effect_id) for segment in whole.values() for look in looks(segment)}
    lost = _merged(each for warning in (*near, *left_out) for each in _ranges(draft, warning))
    return Fidelity(
        exact=len(drawn - told),
        near=len(told),
        left_out=len(left_out),
        designed_us=draft.duration_us - sum(min(end, draft.duration_us) - start for start, end in lost),
    )


def _ranges(draft: Draft, warning: DraftWarning) -> Iterator[Range]:
    """When the subject of a warning is seen, or would be seen if its segment were drawn."""
    if warning.start_us is not None and warning.end_us is not None:
        yield warning.start_us, warning.end_us
    for segment in (segment for track in draft.tracks for segment in track.segments):
        if segment.id == warning.segment_id:
            yield seen(segment, warning)
        elif _holds(segment, warning.segment_id):
            yield segment.target.start_us, segment.target.end_us


def _holds(segment: Segment, segment_id: str | None) -> bool:
    """Whether a segment is a compound with another one in it."""
    material = segment.material
    return isinstance(material, CompoundMaterial) and any(each.id == segment_id for each in segments_of(material.draft))


def _merged(ranges: Iterator[Range]) -> Iterator[Range]:
    """The union of ranges, in order, without overlaps."""
    reached_us = 0
    for start_us, end_us in sorted(ranges):
        if end_us > max(start_us, reached_us):
            yield max(start_us, reached_us), end_us
            reached_us = end_us
