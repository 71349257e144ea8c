"""The visible mark of AI-generated content by GB 45438-2025: a caption in the top left corner. Pure."""

from dataclasses import replace

from services.drafts.records import (
    Clip,
    Draft,
    Segment,
    TextBackground,
    TextMaterial,
    TextStyle,
    TimeRange,
    Track,
    TrackKind,
)
from services.output import PICTURES, Output

MARK = "AI生成"
MARK_ID = "draftcast:ai-mark"
"""The id of its segment."""
MARK_US = 3_000_000
"""The standard requires 2 s at least."""
MARK_EM = 0.065
"""The height of its em as a part of the shorter side; of 生 this is at least the required 5 %."""
PICTURE_EM = 0.2
"""The same for pictures, on which it is laid in the size of the sheet (see `render.output`)."""
_CELLS_OF_WIDTH = 172.8
_MIDDLE_EM = (2.1, 1.1)
"""The place of its middle from the corner, in em."""
_TOP = 2**40
"""Above every track of a draft."""


def marked(draft: Draft, output: Output) -> Draft:
    """The draft with the mark over the beginning of the output's range, where the output requests it."""
    start_us = output.start_ms * 1000
    if output.ai_label is None or not output.ai_label.mark or start_us >= draft.duration_us:
        return draft
    target = TimeRange(start_us, min(MARK_US, draft.duration_us - start_us))
    index = max((track.index for track in draft.tracks), default=0) + 1
    track = Track(id=MARK_ID, kind=TrackKind.TEXT, index=index, segments=(_segment(draft, output, target),))
    return replace(draft, tracks=(*draft.tracks, track))


def _segment(draft: Draft, output: Output, target: TimeRange) -> Segment:
    em_px = (PICTURE_EM if output.format in PICTURES else MARK_EM) * min(draft.width, draft.height)
    x_px, y_px = (part * em_px for part in _MIDDLE_EM)
    style = TextStyle(start=0, end=len(MARK), size=em_px * _CELLS_OF_WIDTH / draft.width)
    box = TextBackground(color=(0.0, 0.0, 0.0, 0.6), round_radius=0.2, width=0.3, height=0.15)
    return Segment(
        id=MARK_ID,
        material=TextMaterial(id=MARK_ID, text=MARK, styles=(style,), background=box),
        target=target,
        clip=Clip(x=2 * x_px / draft.width - 1, y=1 - 2 * y_px / draft.height),
        track_render_index=_TOP,
        render_index=_TOP,
    )
