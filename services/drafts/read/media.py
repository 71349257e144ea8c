"""Media materials: videos, photos, sounds and stickers."""

from services.drafts.families.stickers import emoji_of
from services.drafts.fields import Fields
from services.drafts.read.canvas import Canvas
from services.drafts.read.unsupported import effect_name, warn_of, warn_of_video
from services.drafts.records import Crop, MediaKind, MediaMaterial, TextMaterial, TextStyle
from services.errors import WarningCode
from services.http.redaction import display_name
from services.http.urls import is_url

_CORNERS = {
    "upper_left": (0.0, 0.0),
    "upper_right": (1.0, 0.0),
    "lower_left": (0.0, 1.0),
    "lower_right": (1.0, 1.0),
}
_NEAR = 1e-3
"""Tolerance of corners on one line, as a fraction of the material's side."""
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_URLS = ("remote_url", "preview_cover_url", "icon_url", "preview_url", "cover_url")
"""Fields with pictures of a sticker, the largest first [unverified]; their addresses expire."""
SIZE_OF_WIDTH = 172.8
"""The size of a text whose line cell is as high as the canvas is wide."""
_EMOJI = ("The sticker {name} is drawn as the emoji of its name.", "贴纸“{name}”按名称对应的表情符号绘制。")
_PREVIEW = ("The sticker {name} is drawn as its preview picture.", "贴纸“{name}”按其预览图绘制。")


def read_media(fields: Fields, *, sound: bool, segment_id: str) -> MediaMaterial:
    """A material of `videos` or `audios`; `sound` for one on an audio track."""
    path = fields.text("path")
    if not sound:
        warn_of_video(fields, segment_id)
    return MediaMaterial(
        id=fields.text("id"),
        kind=MediaKind.AUDIO if sound else _picture_kind(fields),
        path=path,
        remote_url=fields.text("remote_url") or None,
        name=display_name(fields.label("material_name") or fields.label("name"), path),
        width=round(fields.number("width", 0.0, 0.0)),
        height=round(fields.number("height", 0.0, 0.0)),
        duration_us=max(0, fields.microseconds("duration")),
        crop=Crop() if sound else _crop(fields, segment_id),
    )


def _picture_kind(fields: Fields) -> MediaKind:
    kind = fields.text("type")
    return MediaKind(kind) if kind in (MediaKind.PHOTO, MediaKind.GIF) else MediaKind.VIDEO


def _crop(fields: Fields, segment_id: str) -> Crop:
    """The bounding box of the four corners, with a warning for a rotated rectangle, and for one without an area: the
    whole picture is drawn then. Corners that are all zero are not set.
    """
    if not fields.has("crop"):
        return Crop()
    corners = fields.object("crop")
    xs = [corners.number(f"{name}_x", x, 0.0, 1.0) for name, (x, _) in _CORNERS.items()]
    ys = [corners.number(f"{name}_y", y, 0.0, 1.0) for name, (_, y) in _CORNERS.items()]
    if max(abs(xs[0] - xs[2]), abs(xs[1] - xs[3]), abs(ys[0] - ys[1]), abs(ys[2] - ys[3])) > _NEAR:
        fields.warnings.add(
            WarningCode.EFFECT_APPROXIMATED,
            "A rotated crop is drawn as its upright bounding box.",
            "倾斜裁剪按其外接矩形绘制。",
            segment_id=segment_id,
            material_name=display_name(fields.label("material_name")),
        )
    if max(xs) - min(xs) < _NEAR or max(ys) - min(ys) < _NEAR:
        if any(xs + ys):
            fields.warnings.add(
                WarningCode.EFFECT_SKIPPED,
                "A crop to nothing is ignored; the whole picture is drawn.",
                "裁剪区域为空，已忽略，按整个画面绘制。",
                segment_id=segment_id,
                material_name=display_name(fields.label("material_name")),
            )
        return Crop()
    return Crop(min(xs), min(ys), max(xs), max(ys))


def read_sticker(fields: Fields, segment_id: str) -> MediaMaterial | None:
    """The picture of a material of `stickers`: a file of the draft, or the preview of the apps.

    None when it has neither: most stickers are only an id of a resource of the apps. At scale 1 it is fitted into
    the canvas, as a photo is [unverified: the apps store no size. Stickers that people placed in corners have scales
    of about a third, which fits].
    """
    path = fields.text("path")
    if not path.split("?")[0].casefold().endswith(_PICTURES):
        path = ""
    urls = [url for name in _URLS if is_url(url := fields.text(name).strip())]
    if not path and not urls:
        return None
    if not path:
        warn_of(fields, segment_id, _PREVIEW, WarningCode.EFFECT_APPROXIMATED)
    shown = (path or urls[0]).split("?")[0].casefold()
    return MediaMaterial(
        id=fields.text("id"),
        kind=MediaKind.GIF if shown.endswith(".gif") else MediaKind.PHOTO,
        path=path,
        remote_url=urls[0] if urls else None,
        name=effect_name(fields) or fields.label("sticker_id"),
        optional=True,
    )


def named_sticker(fields: Fields, segment_id: str, canvas: Canvas) -> TextMaterial | None:
    """The emoji of a sticker's name, as high as the canvas's shorter side, with a warning; None for any other name."""
    sign = emoji_of(fields.label("name"))
    if sign is None:
        return None
    warn_of(fields, segment_id, _EMOJI, WarningCode.EFFECT_APPROXIMATED)
    style = TextStyle(start=0, end=len(sign), size=SIZE_OF_WIDTH * min(canvas.width, canvas.height) / canvas.width)
    return TextMaterial(id=fields.text("id"), text=sign, styles=(style,), name=effect_name(fields), line_spacing=0.0)
