"""The colour behind the bottom video track."""

from services.drafts.colors import BLACK, hex_color
from services.drafts.fields import Fields
from services.drafts.materials import Materials
from services.drafts.records import Color, Track, TrackKind
from services.drafts.undrawn import warn_of
from services.errors import WarningCode

_PICTURES = {
    "canvas_blur": ("The blurred background is drawn as a plain colour.", "模糊背景按纯色绘制。"),
    "canvas_image": ("The background picture is drawn as a plain colour.", "背景图片按纯色绘制。"),
}
_OTHER_COLOR = (
    "The background has the colour of the track's first segment throughout.",
    "背景全程使用该轨道首个片段的颜色。",
)


def read_background(tracks: tuple[Track, ...], listed: list[Fields], materials: Materials) -> Color:
    """The colour that the first visible segment of the bottom video track asks for; black if it asks for none.

    Overlays carry such settings too, where they mean nothing. What differs is told by a warning.
    """
    bottom = next((track for track in tracks if track.kind is TrackKind.VIDEO and not track.hidden), None)
    if bottom is None:
        return BLACK
    shown = {segment.id: BLACK for segment in bottom.segments if segment.visible}
    settings: dict[str, Fields] = {}
    for fields in listed[bottom.index].objects("segments"):
        segment_id = fields.own_id
        found = next((found for bucket, found in materials.refs(fields) if bucket == "canvases"), None)
        if segment_id in shown and found is not None:
            settings[segment_id] = found
            shown[segment_id] = hex_color(found.text("color"), BLACK)
    background = next(iter(shown.values()), BLACK)
    for segment_id, found in settings.items():
        _tell(segment_id, found, shown[segment_id] != background)
    return background


def _tell(segment_id: str, found: Fields, differs: bool) -> None:
    kind = found.text("type")
    if kind in _PICTURES:
        warn_of(found, segment_id, _PICTURES[kind])
    elif differs:
        warn_of(found, segment_id, _OTHER_COLOR, WarningCode.EFFECT_APPROXIMATED)
