"""What a draft holds and the renderer does not draw: each becomes a warning."""

from typing import TYPE_CHECKING

from services.drafts.fields import Fields
from services.errors import WarningCode

if TYPE_CHECKING:
    from services.drafts.read_segment import Materials

_BUCKETS = {
    "transitions": ("The transition {name} is drawn as a cut.", "转场“{name}”按硬切绘制。"),
    "masks": ("The mask {name} is not drawn.", "蒙版“{name}”未绘制。"),
    "common_mask": ("The mask {name} is not drawn.", "蒙版“{name}”未绘制。"),
    "effects": ("The effect {name} is not drawn.", "效果“{name}”未绘制。"),
    "video_effects": ("The effect {name} is not drawn.", "特效“{name}”未绘制。"),
    "audio_effects": ("The sound effect {name} is not heard.", "音效“{name}”未生效。"),
    "chromas": ("The chroma key is not drawn.", "色度抠图未绘制。"),
    "drafts": ("The compound clip {name} is not drawn.", "复合片段“{name}”未绘制。"),
    "huazi": ("The text effect {name} is not drawn.", "花字“{name}”未绘制。"),
}
_CANVASES = {
    "canvas_blur": ("The blurred background is drawn as black.", "模糊背景按黑色绘制。"),
    "canvas_image": ("The background picture is drawn as black.", "背景图片按黑色绘制。"),
}


def warn_segment(fields: Fields, segment_id: str, refs: list[tuple[str, Fields]]) -> None:
    """Warn of everything a segment asks for and does not get."""
    for bucket, found in refs:
        if bucket in _BUCKETS:
            _warn(found, segment_id, _BUCKETS[bucket])
        elif bucket == "material_animations":
            for animation in found.objects("animations"):
                _warn(animation, segment_id, ("The animation {name} is not drawn.", "动画“{name}”未绘制。"))
        elif bucket == "canvases" and found.text("type") in _CANVASES:
            _warn(found, segment_id, _CANVASES[found.text("type")])
        elif bucket == "speeds" and (found.number("mode") == 1 or found.has("curve_speed")):
            _warn(
                found,
                segment_id,
                ("A curve speed is played at its mean speed.", "曲线变速按平均速度播放。"),
                WarningCode.EFFECT_APPROXIMATED,
            )
    _warn_own(fields, segment_id)


def _warn_own(fields: Fields, segment_id: str) -> None:
    moved = [
        keyframes.text("property_type")
        for keyframes in fields.objects("common_keyframes")
        if keyframes.list("keyframe_list")
    ]
    if moved:
        names = ", ".join(moved)
        _warn(
            fields,
            segment_id,
            (
                f"Keyframes ({names}) are not played; the segment stands still.",
                f"关键帧（{names}）未生效，片段静止显示。",
            ),
            WarningCode.KEYFRAME_SIMPLIFIED,
        )
    if fields.flag("reverse"):
        _warn(
            fields,
            segment_id,
            ("Reverse play is not drawn; the clip runs forwards.", "倒放未生效，片段按正向播放。"),
            WarningCode.EFFECT_SKIPPED,
        )


def warn_track_effects(kind: str, track: Fields, materials: "Materials") -> None:
    """Warn of each segment on a track of a kind that is not drawn: stickers, effects, filters, adjustments."""
    code = WarningCode.EFFECT_SKIPPED if kind in ("effect", "filter", "adjust") else WarningCode.SEGMENT_SKIPPED
    for segment in track.objects("segments"):
        _, material = materials.by_id.get(segment.text("material_id"), ("", segment))
        sentence = (
            f"The {kind or 'unknown'} segment {{name}} is not drawn.",
            f"{kind or '未知类型'} 片段“{{name}}”未绘制。",
        )
        _warn(material, segment.text("id") or segment.path, sentence, code)


def effect_name(fields: Fields) -> str:
    """What the apps call the material."""
    return fields.text("name") or fields.text("material_name")


def _warn(
    fields: Fields, segment_id: str, sentence: tuple[str, str], code: WarningCode = WarningCode.EFFECT_SKIPPED
) -> None:
    name = effect_name(fields)
    en, zh = (text.replace("“{name}”", f"“{name}”" if name else "").replace("{name}", name) for text in sentence)
    fields.warnings.add(
        code,
        " ".join(en.split()).replace(" .", "."),
        zh,
        segment_id=segment_id,
        material_name=name,
        effect_id=fields.text("effect_id") or fields.text("resource_id"),
    )
