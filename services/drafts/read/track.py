"""The tracks of a draft, and the order of their segments."""

from collections.abc import Sequence
from itertools import pairwise

from services.drafts.fields import Fields, Warnings
from services.drafts.read.clip import time_range
from services.drafts.read.context import ReadContext
from services.drafts.read.segment import SegmentPosition, read_segment
from services.drafts.read.unsupported import warn_track
from services.drafts.records import Segment, Track, TrackKind
from services.errors import ErrorCode, failed

_MUTED, _HIDDEN = 1, 2
"""Bits of a track's `attribute`: muted as seen in saved drafts, hidden [unverified: seen on two effect tracks]."""
KINDS = {
    "video": TrackKind.VIDEO,
    "audio": TrackKind.AUDIO,
    "text": TrackKind.TEXT,
    "sticker": TrackKind.STICKER,
    "effect": TrackKind.EFFECT,
    "filter": TrackKind.EFFECT,
    "adjust": TrackKind.EFFECT,
}
"""By a track's `type`."""


def bottom_track(listed: Sequence[Fields]) -> int:
    """The index of the lowest visible video track; -1 when there is none."""
    shown = (
        index
        for index, fields in enumerate(listed)
        if fields.text("type") == "video" and not _attribute(fields) & _HIDDEN and fields.list("segments")
    )
    return next(shown, -1)


def read_track(index: int, fields: Fields, context: ReadContext, frame_us: float, *, bottom: bool) -> Track | None:
    """The track; None, with warnings, for one of an unknown kind. Raises `Failed` (DRAFT_INVALID, DRAFT_TOO_LARGE).

    A hidden track causes no warnings.
    """
    kind = KINDS.get(fields.text("type"))
    attribute = _attribute(fields)
    fields = fields.with_warnings(Warnings()) if attribute & _HIDDEN else fields
    if kind is None:
        warn_track(fields.label("type"), fields, context.materials)
        return None
    places = _positions(fields, frame_us, bottom=bottom)
    alone = SegmentPosition(bottom=bottom)
    read = (
        read_segment(kind, segment, context, places.get(segment.path, alone)) for segment in fields.objects("segments")
    )
    segments = sorted((segment for segment in read if segment), key=lambda segment: segment.target.start_us)
    _check_order([segment for segment in segments if segment.visible], frame_us)
    return Track(
        id=fields.text("id"),
        kind=kind,
        index=index,
        segments=tuple(segments),
        muted=bool(attribute & _MUTED),
        hidden=bool(attribute & _HIDDEN),
    )


def _attribute(fields: Fields) -> int:
    return int(fields.number("attribute"))


def _positions(track: Fields, frame_us: float, *, bottom: bool) -> dict[str, SegmentPosition]:
    """The positions of the visible segments by path, all but the last."""
    ranges = [
        (target.start_us, target.end_us, segment.path)
        for segment in track.objects("segments")
        if segment.flag("visible", True) and (target := time_range(segment, "target_timerange"))
    ]
    return {
        path: SegmentPosition(bottom=bottom, last=False, followed=next_us - end_us < frame_us)
        for (_, end_us, path), (next_us, _, _) in pairwise(sorted(ranges))
    }


def _check_order(segments: list[Segment], frame_us: float) -> None:
    """Raises `Failed` (DRAFT_INVALID) for overlapping segments. An overlap of less than a frame is allowed, as the apps
    snap times to frames, and one of a transition's duration; neither apps nor generators make others.
    """
    for earlier, later in pairwise(segments):
        overlap_us = earlier.target.end_us - later.target.start_us
        if overlap_us >= frame_us + (earlier.transition.duration_us if earlier.transition else 0):
            raise failed(
                ErrorCode.DRAFT_INVALID,
                f"Segments {earlier.id} and {later.id} of one track overlap by {overlap_us / 1e6:.3f} s.",
                f"同一轨道的片段 {earlier.id} 与 {later.id} 重叠 {overlap_us / 1e6:.3f} 秒。",
                segment_id=later.id,
            )
