"""Compounds that only group segments, replaced by what they hold. Pure.

A compound that covers the canvas as it is, at its own speed, looks and sounds the same when its segments lie in the
outer draft. It then need not be rendered to a file first, which costs as much as the video.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise

from services.drafts.curves import Property
from services.drafts.design import Backdrop, BackdropKind, BlendMode, Mask
from services.drafts.records import (
    CompoundMaterial,
    Draft,
    EffectMaterial,
    Segment,
    TextMaterial,
    TimeRange,
    Track,
    TrackKind,
    stacked,
)
from services.drafts.resize import scaled

MOST_SEGMENTS = 2000
"""Drafts of more segments keep further compounds: copies of compounds within compounds multiply."""
LARGEST_VOLUME = 10.0


class _Apart(Exception):
    """The compound must be rendered apart."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A segment and the properties of its track; segments with an equal `place` share a track."""

    place: tuple[int, ...]
    track: Track
    segment: Segment

    @property
    def mask(self) -> Mask | None:
        """The segment's mask; masks are drawn by the segment's id."""
        return self.segment.mask


def flattened(draft: Draft) -> Draft:
    """The draft with the segments of such compounds in place of them, also within other compounds."""
    return _Flattener().draft(draft)


@dataclass(slots=True)
class _Flattener:
    _known: dict[int, tuple[Draft, Draft]] = field(default_factory=dict[int, tuple[Draft, Draft]])
    """By the identity of a draft, which is held: segments that share a draft share the flattened one."""

    def draft(self, draft: Draft) -> Draft:
        if id(draft) not in self._known:
            self._known[id(draft)] = (draft, self._made(draft))
        return self._known[id(draft)][1]

    def _made(self, draft: Draft) -> Draft:
        segments = list(stacked(draft))
        if not any(isinstance(segment.material, CompoundMaterial) for _, segment in segments):
            return draft
        placed: list[_Placed] = []
        left = MOST_SEGMENTS - len(segments)
        masks = {segment.id: segment.mask for _, segment in segments}
        for number, (track, segment) in enumerate(segments):
            found = self._placed(draft, track, segment, number)
            if len(found) - 1 > left or any(masks.get(part.segment.id, part.mask) != part.mask for part in found):
                found = [_Placed((track.index,), track, segment)]
            left -= len(found) - 1
            masks |= {part.segment.id: part.mask for part in found}
            placed.extend(found)
        return replace(draft, tracks=_tracks(placed))

    def _placed(self, draft: Draft, track: Track, segment: Segment, number: int) -> list[_Placed]:
        if isinstance(segment.material, CompoundMaterial):
            segment = replace(segment, material=replace(segment.material, draft=self.draft(segment.material.draft)))
            with suppress(_Apart):
                return list(_parts(draft, track, segment, number))
        return [_Placed((track.index,), track, segment)]


def _tracks(placed: list[_Placed]) -> tuple[Track, ...]:
    """The tracks of segments that are given lowest first."""
    found: dict[tuple[int, ...], list[Segment]] = {}
    kinds = {each.place: each.track for each in placed}
    for rank, each in enumerate(placed):
        found.setdefault(each.place, []).append(replace(each.segment, track_render_index=rank, render_index=0))
    return tuple(
        replace(kinds[place], index=index, segments=tuple(sorted(segments, key=lambda each: each.target.start_us)))
        for index, (place, segments) in enumerate(sorted(found.items(), key=lambda each: each[0]))
    )


def _parts(draft: Draft, track: Track, segment: Segment, number: int) -> Iterator[_Placed]:
    """What a compound shows, in its place, lowest first. Raises `_Apart`."""
    material = segment.material
    assert isinstance(material, CompoundMaterial)  # noqa: S101 - the caller has looked
    if not _only_groups(draft, track, segment):
        raise _Apart
    inner = scaled(material.draft, draft.width / material.draft.width)
    shift_us = segment.target.start_us - (segment.source.start_us if segment.source else 0)
    shown = TimeRange(segment.target.start_us - shift_us, segment.target.duration_us)
    if shown.end_us > inner.duration_us + _frame_us(draft):
        raise _Apart
    for own in inner.tracks:
        _check_transitions(own, shown)
    for own, part in stacked(inner):
        moved = _moved(part, shown, shift_us)
        if moved is not None:
            volume = _louder(moved, segment.volume)
            yield _Placed((track.index, number, own.index), _muted(draft, track, inner, own), volume)


def _frame_us(draft: Draft) -> float:
    return 1_000_000 / draft.fps


def _only_groups(draft: Draft, track: Track, segment: Segment) -> bool:
    """Whether a compound is shown as it is, and holds nothing that depends on what lies below it."""
    material = segment.material
    assert isinstance(material, CompoundMaterial)  # noqa: S101 - the caller has looked
    as_it_is = Segment(
        id=segment.id,
        material=material,
        target=segment.target,
        source=segment.source,
        keep_pitch=segment.keep_pitch,
        volume=segment.volume,
        backdrop=segment.backdrop,
        track_render_index=segment.track_render_index,
        render_index=segment.render_index,
    )
    before = next((one for one, other in pairwise(track.segments) if other.target == segment.target), None)
    return (
        segment == as_it_is
        and track.kind is TrackKind.VIDEO
        and _is_black(segment.backdrop)
        and (before is None or before.transition is None)
        and _same_shape(draft, material.draft)
        and all(_stands_alone(part) for own in material.draft.tracks for part in own.segments)
    )


def _is_black(backdrop: Backdrop | None) -> bool:
    if backdrop is None or backdrop.kind is not BackdropKind.COLOR:
        return backdrop is None
    *color, alpha = backdrop.color
    return not (alpha and any(color))


def _same_shape(draft: Draft, inner: Draft) -> bool:
    """Whether both canvases have the same proportions, up to their rounding to even sides."""
    return abs(inner.width * draft.height / draft.width - inner.height) <= 1


def _stands_alone(segment: Segment) -> bool:
    return segment.blend is BlendMode.NORMAL and not isinstance(segment.material, EffectMaterial)


def _check_transitions(track: Track, shown: TimeRange) -> None:
    """Raise `_Apart` if a transition would lose one of its sides, or a part of it."""
    for one, other in pairwise(track.segments):
        begins, ends = one.target.start_us < shown.start_us, other.target.end_us > shown.end_us
        meets = one.target.end_us > shown.start_us and other.target.start_us < shown.end_us
        near = one.target.start_us < shown.end_us and other.target.end_us > shown.start_us
        if one.transition is not None and near and (begins or ends or not meets):
            raise _Apart


def _moved(segment: Segment, shown: TimeRange, shift_us: int) -> Segment | None:
    """The shown part of a segment in the outer draft's time; None if nothing of it is shown. Raises `_Apart`."""
    start_us, end_us = max(segment.target.start_us, shown.start_us), min(segment.target.end_us, shown.end_us)
    if start_us >= end_us:
        return None
    early_us, late_us = start_us - segment.target.start_us, segment.target.end_us - end_us
    if (early_us or late_us) and not _can_be_cut(segment, early_us):
        raise _Apart
    source = segment.source
    if early_us or late_us:
        begin_us = (source.start_us if source else 0) + round(
            (late_us if segment.reverse else early_us) * segment.speed
        )
        source = TimeRange(begin_us, round((end_us - start_us) * segment.speed))
    return replace(segment, target=TimeRange(start_us + shift_us, end_us - start_us), source=source)


def _can_be_cut(segment: Segment, early_us: int) -> bool:
    """Whether a part of a segment shows the same as the whole does at that time."""
    if segment.animations or segment.effects or segment.fade_in_us or segment.fade_out_us:
        return False
    material = segment.material
    spoken = isinstance(material, TextMaterial) and material.karaoke is not None
    return not (early_us and (spoken or segment.curves or segment.warp or isinstance(material, CompoundMaterial)))


def _louder(segment: Segment, factor: float) -> Segment:
    """The segment with its volume multiplied. Raises `_Apart` where that cannot be said by one number."""
    if factor == 1:
        return segment
    volume = segment.volume * factor
    if segment.curve(Property.VOLUME) is not None or volume > LARGEST_VOLUME:
        raise _Apart
    return replace(segment, volume=volume)


def _muted(draft: Draft, outer: Track, inner: Draft, track: Track) -> Track:
    """A compound's track with the switches of the track and drafts that it lies in."""
    silent = draft.video_muted or outer.muted or (inner.video_muted and track.kind is TrackKind.VIDEO)
    return replace(track, muted=track.muted or silent, hidden=track.hidden or outer.hidden)
