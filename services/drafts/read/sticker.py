"""From a sticker's JSON to the picture that stands for it."""

from services.drafts.fields import Fields
from services.drafts.read.unsupported import effect_name, warn_of
from services.drafts.records import MediaKind, MediaMaterial
from services.errors import WarningCode
from services.http.urls import is_url

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_URLS = ("remote_url", "preview_cover_url", "icon_url", "preview_url", "cover_url")
"""Where the apps keep pictures of a sticker, the largest first [unverified]; their addresses expire."""
_PREVIEW = ("The sticker {name} is drawn as its preview picture.", "贴纸“{name}”按其预览图绘制。")


def read_sticker(fields: Fields, segment_id: str) -> MediaMaterial | None:
    """The picture of a material of `stickers`: a file of the draft, or what the apps show in their list.

    None when it has neither: most stickers are only an id of a resource of the apps'. At scale 1 it is fitted into
    the canvas, as a photo is [unverified: the apps tell no size. Stickers that people placed in corners have scales
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
