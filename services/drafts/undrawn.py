"""What a draft holds and the renderer does not draw: each becomes a warning."""

from itertools import islice

from services.drafts.fields import Fields
from services.drafts.materials import Found, Materials
from services.errors import WarningCode

Sentence = tuple[str, str]
"""In English and Chinese; `{name}` is what the apps call the thing."""

TEXT_EFFECT: Sentence = (
    "The text effect {name} is drawn as plain text with its colour and outline.",
    "花字“{name}”按普通文字（颜色与描边）绘制。",
)
_BUCKETS: dict[str, Sentence] = {
    "transitions": ("The transition {name} is drawn as a cut.", "转场“{name}”按硬切绘制。"),
    "masks": ("The mask {name} is not drawn.", "蒙版“{name}”未绘制。"),
    "common_mask": ("The mask {name} is not drawn.", "蒙版“{name}”未绘制。"),
    "video_effects": ("The effect {name} is not drawn.", "特效“{name}”未绘制。"),
    "audio_effects": ("The sound effect {name} is not heard.", "音效“{name}”未生效。"),
    "chromas": ("The chroma key is not drawn.", "色度抠图未绘制。"),
    "huazi": TEXT_EFFECT,
}
_EFFECT: Sentence = ("The effect {name} is not drawn.", "效果“{name}”未绘制。")
_EFFECT_TYPES: dict[str, Sentence] = {
    "filter": ("The filter {name} is not drawn.", "滤镜“{name}”未绘制。"),
    "mix_mode": ("The blend mode {name} is drawn as normal.", "混合模式“{name}”按正常模式绘制。"),
    "text_effect": TEXT_EFFECT,
    "text_shape": ("The bubble {name} behind a text is not drawn.", "文字气泡“{name}”未绘制。"),
}
_ANIMATION: Sentence = ("The animation {name} is not drawn.", "动画“{name}”未绘制。")
MANY = 20
"""Animations, keyframe lists or template texts of one segment that are looked at; the apps make no more."""


def warn_segment(fields: Fields, refs: list[Found]) -> None:
    """Warn of everything a segment asks for and does not get."""
    for bucket, found in refs:
        if bucket in _BUCKETS:
            warn_of(found, fields.own_id, _BUCKETS[bucket])
        elif bucket == "effects":
            _warn_effect(found, fields.own_id)
        elif bucket == "material_animations":
            for animation in islice(found.objects("animations"), MANY):
                warn_of(animation, fields.own_id, _ANIMATION)
        elif bucket == "speeds" and (found.number("mode") == 1 or found.has("curve_speed")):
            sentence = ("A curve speed is played at its mean speed.", "曲线变速按平均速度播放。")
            warn_of(found, fields.own_id, sentence, WarningCode.EFFECT_APPROXIMATED)
    _warn_own(fields)


def _warn_effect(found: Fields, segment_id: str) -> None:
    """Effects of one bucket differ by type; at strength 0 none of them changes the picture."""
    if not found.has("value") or found.number("value", 1.0) != 0:
        warn_of(found, segment_id, _EFFECT_TYPES.get(found.text("type"), _EFFECT))


def _warn_own(fields: Fields) -> None:
    moved = [
        keyframes.label("property_type")
        for keyframes in islice(fields.objects("common_keyframes"), MANY)
        if keyframes.list("keyframe_list")
    ]
    if moved or fields.list("keyframe_refs"):
        names = ", ".join(dict.fromkeys(moved)) or "all"
        still = (
            f"Keyframes ({names}) are not played; the segment's own values hold throughout.",
            f"关键帧（{names}）未生效，全程使用片段自身的数值。",
        )
        warn_of(fields, fields.own_id, still, WarningCode.KEYFRAME_SIMPLIFIED)
    if fields.flag("reverse"):
        forwards = ("Reverse play is not drawn; the clip runs forwards.", "倒放未生效，片段按正向播放。")
        warn_of(fields, fields.own_id, forwards)


def warn_track_effects(kind: str, track: Fields, materials: Materials) -> None:
    """Warn of each segment on a track of a kind that is not drawn: stickers, effects, filters, adjustments."""
    code = WarningCode.EFFECT_SKIPPED if kind in ("effect", "filter", "adjust") else WarningCode.SEGMENT_SKIPPED
    sentence = (
        f"The segment {{name}} of a track of kind {kind or 'unknown'} is not drawn.",
        f"{kind or '未知类型'} 轨道的片段“{{name}}”未绘制。",
    )
    for segment in track.objects("segments"):
        if segment.flag("visible", True):
            found = materials.find(segment.text("material_id"), segment)
            warn_of(found[1] if found else segment, segment.own_id, sentence, code)


def effect_name(fields: Fields) -> str:
    """What the apps call the material."""
    return fields.label("name") or fields.label("material_name")


def warn_of(
    fields: Fields, segment_id: str, sentence: Sentence, code: WarningCode = WarningCode.EFFECT_SKIPPED
) -> None:
    """Warn that a segment's material is not drawn, by the name and id that the material has."""
    name = effect_name(fields)
    en, zh = (text.replace("“{name}”", f"“{name}”" if name else "").replace("{name}", name) for text in sentence)
    fields.warnings.add(
        code,
        " ".join(en.split()).replace(" .", "."),
        zh,
        segment_id=segment_id,
        material_name=name,
        effect_id=fields.label("effect_id") or fields.label("resource_id"),
    )
