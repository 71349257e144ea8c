"""From the bytes of draft_content.json to a `Draft`.

The fields are those that pyJianYingDraft and capcut-mate write and that the apps save
(JianYing 3 to 5.9, CapCut to 9.x). Whatever is not drawn becomes a warning, unless it
belongs to a segment that is switched off.
"""

import math
from itertools import pairwise

from services.drafts.backdrop import read_background
from services.drafts.fields import Fields, Warnings
from services.drafts.materials import Materials
from services.drafts.parse import invalid, parse
from services.drafts.read_segment import read_segment, time_range
from services.drafts.read_text import Captions
from services.drafts.records import Draft, Segment, Track, TrackKind
from services.drafts.undrawn import warn_track_effects
from services.errors import ErrorCode, failed

MAX_SEGMENTS = 5000
LARGEST_SIDE = 16384
"""Pixels; ffmpeg and Pillow work to about this size."""
DEFAULT_FPS = 30.0
FASTEST_FPS = 240.0
_MUTED, _HIDDEN = 1, 2
"""Bits of a track's `attribute`: muted as seen in saved drafts, hidden [unverified: seen on two effect tracks]."""


def read_draft(content: bytes) -> Draft:
    """The draft of a file's content.

    Raises `Failed` with DRAFT_INVALID, DRAFT_ENCRYPTED, DRAFT_EMPTY or DRAFT_TOO_LARGE.
    """
    warnings = Warnings()
    root = Fields(parse(content), "draft", warnings)
    _check_shape(root)
    width, height = _canvas(root)
    fps = _fps(root)
    listed = list(root.objects("tracks"))
    _check_count(listed)
    materials = Materials.index(root.object("materials"))
    captions = Captions()
    read = [_track(index, fields, materials, captions, fps) for index, fields in enumerate(listed)]
    tracks = tuple(track for track in read if track is not None and track.segments)
    _check_not_empty(tracks)
    return Draft(
        width=width,
        height=height,
        fps=fps,
        duration_us=max(_end_us(fields) for fields in listed),
        tracks=tracks,
        video_muted=root.object("config").flag("video_mute"),
        background=read_background(tracks, listed, materials),
        warnings=warnings.found(),
    )


def _check_shape(root: Fields) -> None:
    """A draft has a canvas, materials and tracks; an object without any of them is something else."""
    if not any(name in root.values for name in ("tracks", "materials", "canvas_config")):
        raise invalid("it is not a draft: it has no tracks or no materials", "不是草稿：缺少 tracks 或 materials")
    for name, kind, en, zh in (
        ("tracks", list, "a list", "列表"),
        ("materials", dict, "an object", "对象"),
        ("canvas_config", dict, "an object", "对象"),
    ):
        if root.has(name) and not isinstance(root.values[name], kind):
            raise invalid(f"its {name} is {root.shown(name)}, not {en}", f"{name} 不是{zh}")


def _canvas(root: Fields) -> tuple[int, int]:
    canvas = root.object("canvas_config")
    width, height = round(canvas.number("width")), round(canvas.number("height"))
    shown = f"{canvas.shown('width')} x {canvas.shown('height')}"
    if min(width, height) < 1:
        raise invalid(f"its canvas (width x height) is {shown}", f"画布尺寸（宽 x 高）为 {shown}")
    if max(width, height) > LARGEST_SIDE:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The canvas of {shown} pixels is larger than {LARGEST_SIDE} on a side.",
            f"画布 {shown} 超过单边 {LARGEST_SIDE} 像素的上限。",
        )
    return _even(width), _even(height)


def _even(side: int) -> int:
    """Video in yuv420p has even sides."""
    return side + side % 2


def _fps(root: Fields) -> float:
    if not root.has("fps"):
        return DEFAULT_FPS
    fps = root.number("fps", math.nan)
    if not 1.0 <= fps <= FASTEST_FPS:
        raise invalid(
            f"its fps is {root.shown('fps')}, not 1 to {FASTEST_FPS:.0f}",
            f"fps 为 {root.shown('fps')}，须在 1 到 {FASTEST_FPS:.0f} 之间",
        )
    return fps


def _check_count(tracks: list[Fields]) -> None:
    count = sum(len(track.list("segments")) for track in tracks)
    if count > MAX_SEGMENTS:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The draft has {count} segments; at most {MAX_SEGMENTS} are rendered.",
            f"草稿有 {count} 个片段，最多渲染 {MAX_SEGMENTS} 个。",
        )


def _track(index: int, fields: Fields, materials: Materials, captions: Captions, fps: float) -> Track | None:
    """The track; None when nothing of its kind is drawn."""
    kind = fields.label("type")
    attribute = int(fields.number("attribute"))
    if kind not in tuple(TrackKind):
        if not attribute & _HIDDEN:
            warn_track_effects(kind, fields, materials)
        return None
    read = (read_segment(TrackKind(kind), segment, materials, captions) for segment in fields.objects("segments"))
    segments = sorted((segment for segment in read if segment), key=lambda segment: segment.target.start_us)
    _check_order([segment for segment in segments if segment.visible], 1e6 / fps)
    return Track(
        id=fields.text("id"),
        kind=TrackKind(kind),
        index=index,
        segments=tuple(segments),
        muted=bool(attribute & _MUTED),
        hidden=bool(attribute & _HIDDEN),
    )


def _check_order(segments: list[Segment], frame_us: float) -> None:
    """Segments of a track follow each other. They may overlap for as long as a transition lasts, and by less
    than a frame: the apps snap times to frames. Neither an app nor a generator makes any other overlap.
    """
    for earlier, later in pairwise(segments):
        overlap_us = earlier.target.end_us - later.target.start_us
        if overlap_us >= frame_us + earlier.transition_us:
            raise failed(
                ErrorCode.DRAFT_INVALID,
                f"Segments {earlier.id} and {later.id} of one track overlap by {overlap_us / 1e6:.3f} s.",
                f"同一轨道的片段 {earlier.id} 与 {later.id} 重叠 {overlap_us / 1e6:.3f} 秒。",
                segment_id=later.id,
            )


def _end_us(track: Fields) -> int:
    """Where the last segment of a track ends, drawn or not: that is how the apps and generators count."""
    ranges = (time_range(segment, "target_timerange") for segment in track.objects("segments"))
    return max((found.end_us for found in ranges if found and found.duration_us), default=0)


def _check_not_empty(tracks: tuple[Track, ...]) -> None:
    if not any(_noticed(track, segment) for track in tracks for segment in track.segments):
        raise failed(
            ErrorCode.DRAFT_EMPTY,
            "The draft has no segment to show or to hear.",
            "草稿中没有任何可见或有声的片段。",
        )


def _noticed(track: Track, segment: Segment) -> bool:
    """Whether a segment is seen or may be heard; a hidden track still sounds."""
    shown = not track.hidden and track.kind is not TrackKind.AUDIO
    heard = not track.muted and track.kind is not TrackKind.TEXT and segment.volume > 0
    return segment.visible and (shown or heard)
