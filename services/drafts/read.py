"""From the bytes of draft_content.json to a `Draft`.

The fields are those that pyJianYingDraft and capcut-mate write and that the apps save
(JianYing 3 to 5.9, CapCut to 9.x). Whatever is not drawn becomes a warning.
"""

import json
import re
from itertools import pairwise
from typing import Any, cast

from services.drafts.fields import Fields, Warnings
from services.drafts.read_segment import Materials, read_segment
from services.drafts.records import Color, Draft, Segment, Track, TrackKind
from services.drafts.undrawn import warn_track_effects
from services.errors import ErrorCode, Failed, failed

MAX_SEGMENTS = 5000
LARGEST_SIDE = 16384
"""Pixels; ffmpeg and Pillow work to about this size."""
DEFAULT_FPS = 30.0
FASTEST_FPS = 240.0
SNAP_US = 50_000
"""The apps snap times to frames; segments that overlap by less than this are taken as touching."""
_MUTED, _HIDDEN = 1, 2
"""Bits of a track's `attribute`: muted as seen in saved drafts, hidden [unverified: seen on two effect tracks]."""


def read_draft(content: bytes) -> Draft:
    """The draft of a file's content.

    Raises `Failed` with DRAFT_INVALID, DRAFT_ENCRYPTED, DRAFT_EMPTY or DRAFT_TOO_LARGE.
    """
    warnings = Warnings()
    root = Fields(_parsed(content), "draft", warnings)
    if not isinstance(root.values.get("tracks"), list) or not isinstance(root.values.get("materials"), dict):
        raise _invalid("it has no tracks or no materials", "缺少 tracks 或 materials")
    width, height = _canvas(root)
    fps = _fps(root)
    listed = list(root.objects("tracks"))
    _check_count(listed)
    materials = Materials.index(root.object("materials"))
    tracks = [_track(index, fields, materials) for index, fields in enumerate(listed)]
    drawn = tuple(track for track in tracks if track is not None and track.segments)
    duration_us = max((segment.target.end_us for track in drawn for segment in track.segments), default=0)
    if duration_us <= 0:
        raise failed(
            ErrorCode.DRAFT_EMPTY,
            "The draft has no segment to show or to hear.",
            "草稿中没有任何可见或有声的片段。",
        )
    return Draft(
        width=width,
        height=height,
        fps=fps,
        duration_us=duration_us,
        tracks=drawn,
        video_muted=root.object("config").flag("video_mute"),
        background=_background(drawn, materials),
        warnings=tuple(warnings.found),
    )


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content.decode("utf-8-sig", "surrogatepass"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise _unparsable(content) from None
    if not isinstance(parsed, dict):
        raise _invalid("it is JSON, but not an object", "内容是 JSON，但不是对象")
    return cast("dict[str, Any]", parsed)


def _unparsable(content: bytes) -> Failed:
    """JianYing 6 and later save encrypted drafts: bytes or base64 text instead of an object."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return _invalid("it is empty", "内容为空")
    if start[:1] in b'{[<"':
        return _invalid("it is not JSON", "内容不是 JSON")
    if re.fullmatch(rb"[A-Za-z0-9+/=\s]{32,}", start) or sum(byte < 9 or byte > 126 for byte in start) > len(start) / 5:
        return failed(
            ErrorCode.DRAFT_ENCRYPTED,
            "The draft is encrypted and cannot be read.",
            "草稿已加密，无法读取。",
        )
    return _invalid("it is not JSON", "内容不是 JSON")


def _canvas(root: Fields) -> tuple[int, int]:
    canvas = root.object("canvas_config")
    width, height = round(canvas.number("width")), round(canvas.number("height"))
    if width < 1 or height < 1:
        raise _invalid(f"its canvas is {width}x{height} pixels", f"画布尺寸为 {width}x{height}")
    if max(width, height) > LARGEST_SIDE:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The canvas of {width}x{height} pixels is larger than {LARGEST_SIDE} on a side.",
            f"画布 {width}x{height} 超过单边 {LARGEST_SIDE} 像素的上限。",
        )
    return max(2, width + width % 2), max(2, height + height % 2)


def _fps(root: Fields) -> float:
    if "fps" not in root.values:
        return DEFAULT_FPS
    fps = root.number("fps", 0.0)
    if not 1.0 <= fps <= FASTEST_FPS:
        raise _invalid(
            f"its fps is {root.values['fps']!r:.50}, not 1 to {FASTEST_FPS:.0f}",
            f"fps 为 {root.values['fps']!r:.50}，须在 1 到 {FASTEST_FPS:.0f} 之间",
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


def _track(index: int, fields: Fields, materials: Materials) -> Track | None:
    """The track; None when nothing of its kind is drawn."""
    kind = fields.text("type")
    if kind not in tuple(TrackKind):
        warn_track_effects(kind, fields, materials)
        return None
    attribute = int(fields.number("attribute"))
    read = (read_segment(TrackKind(kind), segment, materials) for segment in fields.objects("segments"))
    segments = sorted((segment for segment in read if segment), key=lambda segment: segment.target.start_us)
    _check_order(segments, materials)
    return Track(
        id=fields.text("id"),
        kind=TrackKind(kind),
        index=index,
        segments=tuple(segments),
        muted=bool(attribute & _MUTED),
        hidden=bool(attribute & _HIDDEN),
    )


def _check_order(segments: list[Segment], materials: Materials) -> None:
    """Segments of a track follow each other, but for the overlap that a transition makes."""
    for earlier, later in pairwise(segments):
        overlap_us = earlier.target.end_us - later.target.start_us
        if overlap_us > SNAP_US + materials.transition_us.get(earlier.id, 0):
            raise failed(
                ErrorCode.DRAFT_INVALID,
                f"Segments {earlier.id} and {later.id} of one track overlap by {overlap_us / 1e6:.3f} s.",
                f"同一轨道的片段 {earlier.id} 与 {later.id} 重叠 {overlap_us / 1e6:.3f} 秒。",
                segment_id=later.id,
            )


def _background(tracks: tuple[Track, ...], materials: Materials) -> Color:
    """The plain colour behind the bottom video track; black unless its first segment has one."""
    bottom = next((track for track in tracks if track.kind is TrackKind.VIDEO), None)
    if bottom is None:
        return (0.0, 0.0, 0.0, 1.0)
    return materials.canvas_color.get(bottom.segments[0].id, (0.0, 0.0, 0.0, 1.0))


def _invalid(en: str, zh: str) -> Failed:
    return failed(ErrorCode.DRAFT_INVALID, f"The draft cannot be read: {en}.", f"无法读取草稿：{zh}。")
