"""The effects, the blend mode and the chroma key of a segment."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from services.drafts.colors import Color, hex_color
from services.drafts.curves import Curve
from services.drafts.design import SIGNED, BlendMode, ChromaKey, Effect, EffectKind
from services.drafts.families.effects import ADJUSTMENTS, BLENDS, EFFECTS, FILTERS, NEAR_ADJUSTMENTS
from services.drafts.families.looks import Looks
from services.drafts.families.lookup import Match
from services.drafts.families.recipes import recipe
from services.drafts.fields import Fields
from services.drafts.kind_names import ADJUSTMENT_NAMES, kind_name
from services.drafts.read.keyed_names import ADJUSTED, FILTER, LUT, SLIDER
from services.drafts.read.material_index import MaterialEntry
from services.drafts.read.strengths import Strengths
from services.drafts.read.unsupported import MAX_LISTED, Sentence, effect_id, effect_name, warn_of, warn_others
from services.errors import WarningCode

EFFECT_BUCKETS = ("effects", "video_effects")
MIX_MODE = "mix_mode"
OF_TEXT = ("text_effect", "text_shape")
"""Types of `effects` that only a caption has."""
DEFAULT_KEY_INTENSITY = 0.2
"""The intensity of a chroma key without one [unverified: the value that generators write as the apps' default]."""
_NO_COLOR: Color = (0.0, 0.0, 0.0, 0.0)
_STRENGTHS = {EffectKind.BLUR: "effects_adjust_blur", EffectKind.GRAIN: "effects_adjust_noise"}
_ANY_STRENGTH = ("effects_adjust_intensity", "effects_adjust_filter")
"""The settings of an effect that hold its strength."""
_SKIPPED: Sentence = ("The effect {name} is not drawn.", "特效“{name}”未绘制。")
_SKIPPED_FILTER: Sentence = ("The filter {name} is not drawn.", "滤镜“{name}”未绘制。")
_FACE: Sentence = ("The effect {name} follows a face and is not drawn.", "人物特效“{name}”未绘制。")
_BY_WORDS: Sentence = (
    "The filter {name} is drawn by the words of its name.",
    "滤镜“{name}”按名称中的词近似绘制。",
)
_NO_LUT: Sentence = (
    "The LUT {name} has no .cube file and is not used.",
    "LUT“{name}”没有 .cube 文件，未使用。",
)
_STEADY: Sentence = ("The keyframes of the effect {name} are not applied.", "特效“{name}”的关键帧未生效。")
_LASTING: Sentence = (
    "The effect {name} covers part of a segment, but is drawn on all of it.",
    "特效“{name}”仅作用于部分时段，现绘制于整个片段。",
)
_SETTINGS: Sentence = (
    "The effect {name} is drawn with its default settings, except for its strength.",
    "特效“{name}”仅采用强度参数，其余参数按默认绘制。",
)


def read_effects(found: list[MaterialEntry], segment: Fields, looks: Looks, strengths: Strengths) -> tuple[Effect, ...]:
    """The effects among materials, in order, with warnings for unsupported and approximated ones; at the end
    adjustments of which a segment has keyframes alone.

    A filter or scene effect in `looks` is drawn by its colour table.
    """
    effects = *_read(found, segment.own_id, looks, strengths), *_keyed_only(segment, strengths)
    strengths.warn_left(segment)
    return effects


def unkeyed(effects: tuple[Effect, ...], curves: tuple[Curve, ...]) -> tuple[Effect, ...]:
    """The effects without the adjustments that have keyframes: the apps write the value at the playhead too."""
    keyed = {curve.property.value for curve in curves}
    return tuple(each for each in effects if each.kind not in SIGNED or each.kind.value not in keyed)


def _read(found: list[MaterialEntry], segment_id: str, looks: Looks, strengths: Strengths) -> Iterator[Effect]:
    for bucket, fields in found:
        kind = fields.text("type")
        effect = None
        if bucket == "video_effects":
            table = looks.of(EFFECTS.table, fields)
            effect = _by_look(table, fields, None) or _scene_effect(fields, segment_id, strengths)
        elif bucket == "effects" and kind == "filter":
            curve = strengths.take(FILTER)
            effect = _by_look(looks.of(FILTERS.table, fields), fields, curve) or _filter(fields, segment_id, curve)
        elif bucket == "effects" and kind != MIX_MODE and kind not in OF_TEXT:
            effect = _adjustment(fields, kind, segment_id, strengths.take(*_lists(kind)))
        if effect is not None:
            _warn_whole(fields, segment_id)
            yield effect


def _by_look(table: Path | None, fields: Fields, curve: Curve | None) -> Effect | None:
    """The effect that the operator's colour table draws."""
    if table is None or not (curve or _is_strong(fields)):
        return None
    effect = _effect(EffectKind.LUT, fields.number("value", 1.0, 0.0, 1.0), fields, curve)
    return replace(effect, path="", table=str(table))


def _lists(kind: str) -> tuple[str, ...]:
    """The names of lists that move an adjustment of a type."""
    return (LUT,) if kind == "lut" else tuple(name for name, moved in ADJUSTED.items() if moved == kind)


def _keyed_only(segment: Fields, strengths: Strengths) -> Iterator[Effect]:
    """Adjustments without a material: generators write only their keyframes."""
    for name in strengths.left:
        kind = ADJUSTED.get(name, "")
        if kind in ADJUSTMENTS or kind in NEAR_ADJUSTMENTS:
            effect = _adjustment(segment.empty(kind), kind, segment.own_id, strengths.take(name))
            yield from (effect,) if effect else ()


def _warn_whole(fields: Fields, segment_id: str) -> None:
    """Warn of keyframes and time ranges within the segment, which are not applied."""
    if fields.list("common_keyframes"):
        warn_of(fields, segment_id, _STEADY, WarningCode.KEYFRAME_SIMPLIFIED)
    parts = (fields.object(name) for name in ("time_range", "apply_time_range"))
    if any(part.microseconds("duration") > 0 for part in parts):
        warn_of(fields, segment_id, _LASTING, WarningCode.EFFECT_APPROXIMATED)


def _scene_effect(fields: Fields, segment_id: str, strengths: Strengths) -> Effect | None:
    if not _is_strong(fields):
        return None
    if fields.text("type") == "face_effect":
        warn_of(fields, segment_id, _FACE)
        return None
    match = _family(EFFECTS.of(fields), fields, segment_id, _SKIPPED)
    if match is None:
        return None
    strength = fields.number("value", 1.0, 0.0, 1.0)
    wanted = (_STRENGTHS.get(match.kind, ""), *_ANY_STRENGTH)
    settings = {setting.text("name"): setting for setting in islice(fields.objects("adjust_params"), MAX_LISTED)}
    name = next((name for name in wanted if name in settings), None)
    if name is not None:
        strength *= settings[name].number("value", 1.0, 0.0, 1.0)
    if any(_is_changed(setting) for other, setting in settings.items() if other != name):
        warn_of(fields, segment_id, _SETTINGS, WarningCode.EFFECT_APPROXIMATED)
    curve = strengths.take(*((name,) if name else (each for each in wanted if each)), *_sliders(name, settings))
    return replace(_effect(match.kind, strength, fields, curve), look=match.look) if strength or curve else None


def _sliders(name: str | None, settings: Iterable[str]) -> tuple[str, ...]:
    """The names of lists that move the slider of an effect's strength: it is the first one where none is told."""
    place = list(settings).index(name) + 1 if name else 1
    return (f"{SLIDER}{place}",)


def _is_changed(setting: Fields) -> bool:
    default = setting.number("default_value")
    return setting.has("default_value") and setting.number("value", default) != default


def _filter(fields: Fields, segment_id: str, curve: Curve | None) -> Effect | None:
    if not curve and not _is_strong(fields):
        return None
    strength = fields.number("value", 1.0, 0.0, 1.0)
    if _is_table(fields):
        return _effect(EffectKind.LUT, strength, fields, curve)
    match = _family(FILTERS.of(fields), fields, segment_id, _SKIPPED_FILTER)
    if match is None:
        return None
    effect = _effect(match.kind, strength, fields, curve)
    return replace(effect, recipe=recipe(match.name)) if match.kind is EffectKind.LOOK else effect


def _adjustment(fields: Fields, kind: str, segment_id: str, curve: Curve | None) -> Effect | None:
    """An adjustment of the colours; None for one without a value or keyframes."""
    family = ADJUSTMENTS.get(kind) or NEAR_ADJUSTMENTS.get(kind)
    empty = family is not None and family is not EffectKind.LUT and not fields.has("value")
    if curve is None and (empty or not _is_strong(fields)):
        return None
    if family is EffectKind.LUT:
        return _table(fields, segment_id, curve)
    strength = fields.number("value", 1.0, -1.0, 1.0)
    if family is None or (strength < 0 and family not in SIGNED):
        unknown = (f"The adjustment {kind[:40]} {{name}} is not drawn.", f"调节 {kind[:40]}“{{name}}”未绘制。")
        warn_of(fields, segment_id, unknown)
        return None
    if kind in NEAR_ADJUSTMENTS:
        own, shown = ADJUSTMENT_NAMES[kind], kind_name(family)
        near = (f"The adjustment {own.en} is drawn as “{shown.en}”.", f"调节“{own.zh}”按“{shown.zh}”绘制。")
        warn_of(fields, segment_id, near, WarningCode.EFFECT_APPROXIMATED)
    return _effect(family, strength, fields, curve)


def _table(fields: Fields, segment_id: str, curve: Curve | None) -> Effect | None:
    if _is_table(fields):
        return _effect(EffectKind.LUT, fields.number("value", 1.0, 0.0, 1.0), fields, curve)
    warn_of(fields, segment_id, _NO_LUT)
    return None


def _is_table(fields: Fields) -> bool:
    return fields.text("path").split("?")[0].casefold().endswith(".cube")


def _is_strong(fields: Fields) -> bool:
    """Whether the strength is not 0."""
    return not fields.has("value") or fields.number("value", 1.0) != 0


def _family(
    match: Match[EffectKind] | None, fields: Fields, segment_id: str, skipped: Sentence
) -> Match[EffectKind] | None:
    """The family, with a warning when there is none or it is an approximation."""
    if match is None:
        warn_of(fields, segment_id, skipped)
    elif not match.exact:
        near = _BY_WORDS if match.kind is EffectKind.LOOK else _drawn_as(match.kind)
        warn_of(fields, segment_id, near, WarningCode.EFFECT_APPROXIMATED)
    return match


def _drawn_as(kind: EffectKind) -> Sentence:
    shown = kind_name(kind)
    return f"{{name}} is drawn as the standard effect “{shown.en}”.", f"“{{name}}”按近似效果“{shown.zh}”绘制。"


def _effect(kind: EffectKind, strength: float, fields: Fields, curve: Curve | None) -> Effect:
    return Effect(
        kind=kind,
        strength=strength,
        name=effect_name(fields),
        effect_id=effect_id(fields),
        path=fields.text("path") if kind is EffectKind.LUT else "",
        curve=curve,
    )


def blends(found: list[MaterialEntry]) -> list[Fields]:
    """The blend modes among materials."""
    return [fields for bucket, fields in found if bucket == "effects" and fields.text("type") == MIX_MODE]


def read_blend(found: list[MaterialEntry], segment_id: str) -> tuple[BlendMode, float]:
    """The blend mode of the segment's picture and its strength; NORMAL, with a warning, for an unknown one."""
    modes = blends(found)
    warn_others(modes, segment_id)
    if not modes or not _is_strong(modes[0]):
        return BlendMode.NORMAL, 1.0
    return _blend(modes[0], segment_id), modes[0].number("value", 1.0, 0.0, 1.0)


def _blend(fields: Fields, segment_id: str) -> BlendMode:
    match = BLENDS.of(fields)
    if match is None:
        warn_of(
            fields,
            segment_id,
            ("The blend mode {name} is unknown; normal is used.", "混合模式“{name}”按正常模式绘制。"),
        )
        return BlendMode.NORMAL
    return match.kind


def read_chroma(fields: Fields | None, segment_id: str) -> ChromaKey | None:
    """The chroma key of a material of `chromas`; None at intensity 0, or, with a warning, without a colour."""
    if fields is None:
        return None
    color = hex_color(fields.text("color"), _NO_COLOR)
    if color is _NO_COLOR:
        warn_of(fields, segment_id, ("The chroma key has no colour and is not drawn.", "色度抠图没有颜色，未绘制。"))
        return None
    intensity = _either(fields, "intensity_value", "intensity", DEFAULT_KEY_INTENSITY)
    if fields.number("spill_value") or fields.number("edge_smooth_value"):
        plain = (
            "The chroma key is drawn without edge smoothing and spill suppression.",
            "色度抠图未应用边缘羽化与溢色清除。",
        )
        warn_of(fields, segment_id, plain, WarningCode.EFFECT_APPROXIMATED)
    shadow = _either(fields, "shadow_value", "shadow", 0.0)
    return ChromaKey(color=color, intensity=intensity, shadow=shadow) if intensity else None


def _either(fields: Fields, name: str, other: str, default: float) -> float:
    """A field with two names: generators and the apps use different ones."""
    return fields.number(name if fields.has(name) else other, default, 0.0, 1.0)
