"""Warnings of unsupported features."""

import re
from collections.abc import Sequence
from itertools import islice

from services.drafts.fields import Fields
from services.drafts.read.glow import is_glow
from services.drafts.read.material_index import MaterialEntry, Materials
from services.errors import WarningCode
from services.http.redaction import display_name

Sentence = tuple[str, str]
"""A message in English and Chinese; `{name}` stands for the material's name in the apps."""

TEXT_EFFECT: Sentence = (
    "The text effect {name} is drawn as plain text with its colour and outline.",
    "花字“{name}”按普通文字（颜色与描边）绘制。",
)
_TEXT_SHAPE: Sentence = ("The bubble {name} behind a text is not drawn.", "文字气泡“{name}”未绘制。")
CURVE_SPEED: Sentence = ("A curve speed is played at its mean speed.", "曲线变速按平均速度播放。")
MAX_LISTED = 20
"""Animations, keyframe lists or template texts of one segment that are read; the apps make no more."""
_BUCKETS: dict[str, tuple[str, Sentence]] = {
    "audio_effects": ("", ("The sound effect {name} is not applied.", "音效“{name}”未生效。")),
    "vocal_beautifys": ("", ("Voice beautification is not applied.", "人声美化未生效。")),
    "vocal_separations": ("choice", ("Voice and music are not separated.", "人声分离未生效。")),
    "realtime_denoises": ("is_denoise", ("Noise reduction is not applied.", "音频降噪未生效。")),
    "loudnesses": ("enable", ("Loudness normalisation is not applied.", "响度统一未生效。")),
    "audio_balances": ("", ("The balance of the sound is not applied.", "声道平衡未生效。")),
    "audio_pannings": ("", ("The panning of the sound is not applied.", "声像调节未生效。")),
    "sound_channel_mappings": (
        "audio_channel_mapping",
        ("The channel mapping of the sound is not applied.", "声道映射未生效。"),
    ),
    "huazi": ("", TEXT_EFFECT),
    "color_curves": ("", ("Colour curves are not drawn.", "色彩曲线未绘制。")),
    "hsl_curves": ("", ("Colour curves are not drawn.", "HSL 曲线未绘制。")),
    "primary_color_wheels": ("", ("Colour wheels are not drawn.", "色轮调节未绘制。")),
    "log_color_wheels": ("", ("Colour wheels are not drawn.", "Log 色轮调节未绘制。")),
    "video_strokes": ("", ("The clip's outline is not drawn.", "视频描边未绘制。")),
    "video_shadows": ("", ("The clip's shadow is not drawn.", "视频阴影未绘制。")),
    "video_radius": ("", ("The clip's round corners are not drawn.", "视频圆角未绘制。")),
    "smart_relights": ("", ("Relighting of the clip is not drawn.", "智能打光未绘制。")),
    "manual_beautys": ("", ("Face retouching is not drawn.", "手动美颜未绘制。")),
    "manual_deformations": ("", ("The deformation of the clip is not drawn.", "手动变形未绘制。")),
    "plugin_effects": ("", ("The plug-in effect {name} is not drawn.", "插件效果“{name}”未绘制。")),
}
"""By bucket: the field that switches the feature on (the apps attach the material in any case), and the message."""
_READ = frozenset(
    {
        "audio_fades", "canvases", "chromas", "common_mask", "drafts", "effects", "hsl", "masks", "material_animations",
        "speeds", "transitions", "video_effects",
    }
)  # fmt: skip
"""Buckets of attached materials that other modules read."""
_HARMLESS = frozenset(
    {
        "audio_track_indexes", "beats", "material_colors", "multi_language_refs", "placeholder_infos", "placeholders",
        "text_templates", "texts", "time_marks",
    }
)  # fmt: skip
"""Buckets of attached materials that change neither picture nor sound: data of the apps' editors."""
_HSL = ("hue", "saturation", "lightness")
_VIDEO_PARTS: tuple[tuple[str, str, Sentence], ...] = (
    ("matting", "flag", ("The clip's background is not cut out.", "智能抠像未绘制。")),
    ("stable", "stable_level", ("Stabilisation is not applied.", "视频防抖未生效。")),
    ("video_algorithm", "noise_reduction", ("Video noise reduction is not applied.", "视频降噪未生效。")),
    ("video_algorithm", "motion_blur_config", ("Motion blur is not drawn.", "运动模糊未绘制。")),
    ("video_algorithm", "deflicker", ("Flicker reduction is not applied.", "视频去频闪未生效。")),
    ("video_algorithm", "complement_frame_config", ("Frame interpolation is not applied.", "智能补帧未生效。")),
    ("beauty_face_auto_preset", "preset_id", ("Face retouching is not drawn.", "美颜未绘制。")),
    ("beauty_body_auto_preset", "preset_id", ("Body retouching is not drawn.", "美体未绘制。")),
    ("video_mask_stroke", "resource_id", ("The outline of the clip's mask is not drawn.", "蒙版描边未绘制。")),
    ("video_mask_shadow", "resource_id", ("The shadow of the clip's mask is not drawn.", "蒙版阴影未绘制。")),
)
"""Features of a video material: an object, the field in it that switches it on, and the message."""
_ALGORITHM_NOTES = frozenset(
    {"path", "time_range", "skip_algorithm_index", "story_video_modify_video_config", "noise_reduction",
     "motion_blur_config", "deflicker", "complement_frame_config"}
)  # fmt: skip
"""Fields of `video_algorithm` without effect of their own, and those of the table above."""
_VIDEO_SWITCHES: tuple[tuple[str, Sentence], ...] = (
    ("object_locked", ("Object tracking is not applied.", "视频跟踪锁定未生效。")),
    ("surface_trackings", ("Surface tracking is not applied.", "平面跟踪未生效。")),
    ("corner_pin", ("The clip's corners are not pinned.", "边角定位未绘制。")),
    ("smart_motion", ("Automatic camera motion is not drawn.", "智能运镜未生效。")),
    ("beauty_face_preset_infos", ("Face retouching is not drawn.", "美颜未绘制。")),
    ("beauty_body_preset_id", ("Body retouching is not drawn.", "美体未绘制。")),
    (
        "audio_fade",
        ("A fade stored in the material, as in old drafts, is not applied.", "素材内的旧版淡入淡出未生效。"),
    ),
)
"""Features of a video material: the field that switches it on, and the message."""


_SECOND: Sentence = (
    "{name} is not drawn: only the first of its kind in a segment is.",
    "“{name}”未绘制：同类仅绘制第一个。",
)
_SEGMENT_SWITCHES: tuple[tuple[str, Sentence], ...] = (
    ("intensifies_audio", ("Voice enhancement is not applied.", "人声增强未生效。")),
    ("cartoon", ("The clip is not drawn as a cartoon.", "漫画效果未绘制。")),
    ("is_loop", ("The clip is not repeated.", "片段循环播放未生效。")),
    ("enable_smart_color_adjust", ("Automatic colour adjustment is not applied.", "智能调色未生效。")),
    ("enable_color_match_adjust", ("Colour matching is not applied.", "色彩匹配未生效。")),
    ("enable_color_correct_adjust", ("Colour correction is not applied.", "色彩校正未生效。")),
)
"""Features of a segment: the field that switches it on, and the message."""


def warn_attached(fields: Fields, refs: list[MaterialEntry]) -> None:
    """Warn of a segment's features that no other module reads."""
    for switch, asked in _SEGMENT_SWITCHES:
        if _is_on(fields, switch):
            warn_of(fields, fields.own_id, asked)
    for bucket, found in refs:
        switch, sentence = _BUCKETS.get(bucket, ("", None))
        if sentence is not None and (not switch or _is_on(found, switch)):
            warn_of(found, fields.own_id, sentence)
        elif bucket == "effects" and found.text("type") in ("text_effect", "text_shape") and not is_glow(found):
            warn_of(found, fields.own_id, TEXT_EFFECT if found.text("type") == "text_effect" else _TEXT_SHAPE)
        elif bucket == "hsl" and any(_is_on(found, name) for name in _HSL):
            warn_of(found, fields.own_id, ("HSL adjustments are not drawn.", "HSL 调节未绘制。"))
        elif bucket not in _BUCKETS and bucket not in _READ and bucket not in _HARMLESS:
            unknown = (f"A material of {bucket} {{name}} is not drawn.", f"{bucket} 素材“{{name}}”未绘制。")
            warn_of(found, fields.own_id, unknown)


def warn_of_video(material: Fields, segment_id: str) -> None:
    """Warn of unsupported processing of a video: cut-outs, stabilisation and others."""
    for name, switch, sentence in _VIDEO_PARTS:
        if material.has(name) and _is_on(material.object(name), switch):
            warn_of(material, segment_id, sentence)
    for name, sentence in _VIDEO_SWITCHES:
        if _is_on(material, name):
            warn_of(material, segment_id, sentence)
    algorithm = material.object("video_algorithm")
    for name in islice(algorithm.values, MAX_LISTED):
        if name not in _ALGORITHM_NOTES and _is_on(algorithm, name):
            computed = (f"The video algorithm {name[:40]} is not applied.", f"视频算法 {name[:40]} 未生效。")
            warn_of(material, segment_id, computed)


def warn_unused(fields: Fields, refs: list[MaterialEntry], buckets: tuple[str, ...], kind: str) -> None:
    """Warn of materials without effect on a track of this kind, except for empty lists of animations."""
    sentence = (f"{{name}} cannot be used on a track of kind {kind}.", f"“{{name}}”不能用于 {kind} 轨道。")
    for bucket, found in refs:
        if bucket in buckets and (bucket != "material_animations" or found.list("animations")):
            warn_of(found, fields.own_id, sentence)


def warn_others(named: Sequence[Fields], segment_id: str) -> None:
    """Warn of each material after the first, where a segment can have one of its kind."""
    for other in named[1:]:
        warn_of(other, segment_id, _SECOND)


def warn_track(kind: str, track: Fields, materials: Materials) -> None:
    """Warn of each segment on a track of an unknown kind."""
    sentence = (
        f"The segment {{name}} of a track of kind {kind or 'unknown'} is not drawn.",
        f"{kind or '未知类型'} 轨道的片段“{{name}}”未绘制。",
    )
    for segment in track.objects("segments"):
        if segment.flag("visible", True):
            found = materials.find(segment.text("material_id"), segment)
            warn_of(found[1] if found else segment, segment.own_id, sentence, WarningCode.SEGMENT_SKIPPED)


def effect_name(fields: Fields) -> str:
    """The material's name in the apps, redacted."""
    return display_name(fields.label("name") or fields.label("material_name"))


def effect_id(fields: Fields) -> str:
    """The material's id in the apps."""
    return fields.label("effect_id") or fields.label("resource_id")


def warn_of(
    fields: Fields, segment_id: str, sentence: Sentence, code: WarningCode = WarningCode.EFFECT_SKIPPED
) -> None:
    """Add a warning of a segment's material, with its name and id."""
    name = effect_name(fields)
    shown = name or effect_id(fields)
    en, zh = (text.replace("“{name}”", f"“{shown}”" if shown else "").replace("{name}", shown) for text in sentence)
    fields.warnings.add(
        code,
        re.sub(r" \.$", ".", " ".join(en.split())),
        zh,
        segment_id=segment_id,
        material_name=name,
        effect_id=effect_id(fields),
    )


def _is_on(fields: Fields, name: str) -> bool:
    """Whether a field has a true value other than "none"; an object needs such a field, and no false `enable`."""
    value = fields.values.get(name)
    if isinstance(value, dict):
        inner = fields.object(name).values
        return any(inner.values()) and bool(inner.get("enable", True))
    return bool(value) and value != "none"
