"""What lies behind a segment of the bottom video track."""

from services.drafts.colors import BLACK, read_color
from services.drafts.design import Backdrop, BackdropKind
from services.drafts.fields import Fields
from services.drafts.read.unsupported import warn_of

_NO_PICTURE = ("The background picture names no file and is not drawn.", "背景图片没有文件，未绘制。")
_UNKNOWN = ("A background of an unknown kind is not drawn.", "未知类型的背景未绘制。")


def read_backdrop(fields: Fields | None, segment_id: str) -> Backdrop | None:
    """The backdrop of a material of `canvases`; None for one that asks for nothing.

    Overlays carry such materials too, where they mean nothing.
    """
    kind = fields.text("type") if fields else ""
    if fields is None or (kind in ("", "canvas_color") and not fields.text("color")):
        return None
    if kind in ("", "canvas_color"):
        return Backdrop(kind=BackdropKind.COLOR, color=read_color(fields, "color", BLACK))
    if kind == "canvas_blur":
        blur = fields.number("blur", 0.0, 0.0, 1.0)
        return Backdrop(kind=BackdropKind.BLUR, blur=blur)
    picture = fields.text("image") or fields.text("album_image")
    if kind == "canvas_image" and picture:
        return Backdrop(kind=BackdropKind.PICTURE, picture=picture)
    warn_of(fields, segment_id, _NO_PICTURE if kind == "canvas_image" else _UNKNOWN)
    return None
