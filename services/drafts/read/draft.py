"""The entry of the reader: from the bytes of draft_content.json to a `Draft`.

The fields are those that pyJianYingDraft and capcut-mate write and that the apps save (JianYing 3 to 5.9, CapCut to
9.x). Each unsupported feature becomes a warning, unless its segment is switched off.
"""

from dataclasses import replace

from services.drafts.families.looks import Looks
from services.drafts.fields import Fields, Warnings
from services.drafts.parse import invalid, parse
from services.drafts.read.canvas import Canvas, read_canvas
from services.drafts.read.clip import time_range
from services.drafts.read.context import MAX_COMPOUND_DEPTH, MAX_SEGMENTS, Compounds, ReadBudget, ReadContext
from services.drafts.read.left_out import place_left_out
from services.drafts.read.material_index import Materials
from services.drafts.read.track import bottom_track, read_track
from services.drafts.records import Draft, Segment, Track, TrackKind
from services.errors import ErrorCode, failed

NO_LOOKS = Looks()


def read_draft(content: bytes, looks: Looks = NO_LOOKS) -> Draft:
    """The draft of a file's content, with the operator's colour tables.

    Raises `Failed` with DRAFT_INVALID, DRAFT_ENCRYPTED, DRAFT_EMPTY or DRAFT_TOO_LARGE.
    """
    warnings = Warnings()
    root = Fields(parse(content), "draft", warnings)
    draft = _draft(root, ReadBudget(), looks, None)
    return replace(draft, warnings=tuple(place_left_out(warnings.found(), root, draft)))


def _draft(root: Fields, budget: ReadBudget, looks: Looks, around: Canvas | None) -> Draft:
    """A draft, or one within a draft; its warnings are added to those of `root`."""
    _check_shape(root)
    canvas = read_canvas(root, around)
    listed = list(root.objects("tracks"))
    _count(listed, budget)
    inner = Compounds(lambda found: _draft(found, budget, looks, canvas)) if canvas.level < MAX_COMPOUND_DEPTH else None
    context = ReadContext(Materials.index(root.object("materials")), budget, canvas, inner, looks=looks)
    bottom = bottom_track(listed)
    read = [
        read_track(index, fields, context, 1e6 / canvas.fps, bottom=index == bottom)
        for index, fields in enumerate(listed)
    ]
    tracks = tuple(track for track in read if track is not None and track.segments)
    _check_not_empty(tracks)
    return Draft(
        width=canvas.width,
        height=canvas.height,
        fps=canvas.fps,
        duration_us=max(_end_us(fields) for fields in listed),
        tracks=tracks,
        video_muted=root.object("config").flag("video_mute"),
        name=root.title("name"),
    )


def _check_shape(root: Fields) -> None:
    """Raises `Failed` (DRAFT_INVALID) for an object without tracks, materials and canvas, or with wrong types."""
    if not any(name in root.values for name in ("tracks", "materials", "canvas_config")):
        raise invalid("it is not a draft: it has no tracks or no materials", "不是草稿：缺少 tracks 或 materials")
    for name, kind, en, zh in (
        ("tracks", list, "a list", "列表"),
        ("materials", dict, "an object", "对象"),
        ("canvas_config", dict, "an object", "对象"),
    ):
        if root.has(name) and not isinstance(root.values[name], kind):
            raise invalid(f"its {name} is {root.describe(name)}, not {en}", f"{name} 不是{zh}")


def _count(tracks: list[Fields], budget: ReadBudget) -> None:
    """Subtract the draft's segments from the budget. Raises `Failed` (DRAFT_TOO_LARGE)."""
    budget.segments -= sum(len(track.list("segments")) for track in tracks)
    if budget.segments < 0:
        count = MAX_SEGMENTS - budget.segments
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The draft has {count} segments or more; the limit is {MAX_SEGMENTS}.",
            f"草稿至少有 {count} 个片段，上限为 {MAX_SEGMENTS} 个。",
        )


def _end_us(track: Fields) -> int:
    """The end of a track's last segment, drawn or not, as the apps and generators count."""
    ranges = (time_range(segment, "target_timerange") for segment in track.objects("segments"))
    return max((found.end_us for found in ranges if found and found.duration_us), default=0)


def _check_not_empty(tracks: tuple[Track, ...]) -> None:
    if not any(_noticed(track, segment) for track in tracks for segment in track.segments):
        raise failed(
            ErrorCode.DRAFT_EMPTY,
            "The draft has no visible or audible segment.",
            "草稿中没有任何可见或有声音的片段。",
        )


def _noticed(track: Track, segment: Segment) -> bool:
    """Whether a segment is visible or may be audible; a hidden track is still audible."""
    shown = not track.hidden and track.kind in (TrackKind.VIDEO, TrackKind.TEXT, TrackKind.STICKER)
    heard = not track.muted and track.kind in (TrackKind.VIDEO, TrackKind.AUDIO) and segment.volume > 0
    return segment.visible and (shown or heard)
