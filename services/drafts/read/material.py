"""The material of a segment."""

from collections.abc import Sequence

from services.drafts.fields import Fields
from services.drafts.read.canvas import Canvas
from services.drafts.read.context import MAX_COMPOUND_DEPTH, ReadContext
from services.drafts.read.effects import EFFECT_BUCKETS, read_effects
from services.drafts.read.glow import read_glow
from services.drafts.read.keyframes import KeyframeTimes
from services.drafts.read.material_index import MaterialEntry
from services.drafts.read.media import named_sticker, read_media, read_sticker
from services.drafts.read.restyled import restyled
from services.drafts.read.strengths import Strengths
from services.drafts.read.template import read_template
from services.drafts.read.unsupported import Sentence, effect_id, effect_name, warn_of
from services.drafts.records import CompoundMaterial, Draft, EffectMaterial, Glow, Material, TrackKind
from services.errors import WarningCode

_BUCKETS = {
    TrackKind.VIDEO: ("videos",),
    TrackKind.AUDIO: ("audios", "videos"),
    TrackKind.TEXT: ("texts",),
    TrackKind.STICKER: ("stickers", "videos"),
    TrackKind.EFFECT: EFFECT_BUCKETS,
}
"""The buckets of materials by kind of track; a video file may be used for its sound, a picture as a sticker."""


def read_material(kind: TrackKind, fields: Fields, refs: list[MaterialEntry], context: ReadContext) -> Material | None:
    """The segment's material; None, with a warning, for one that cannot be drawn.

    Raises `Failed` (DRAFT_TOO_LARGE).
    """
    found = context.materials.find(fields.text("material_id"), fields, *_BUCKETS[kind])
    named = [*refs, *([found] if found else [])]
    if kind in (TrackKind.VIDEO, TrackKind.AUDIO):
        compound = next((material for bucket, material in named if bucket == "drafts"), None)
        if compound is not None:
            return _compound(compound, fields, context)
    if kind is TrackKind.EFFECT:
        return _effects(fields, found, refs, context)
    if found is None:
        _missing(fields)
        return None
    bucket, material = found
    if kind is TrackKind.TEXT and bucket == "text_templates":
        return _template(material, fields, refs, context)
    if bucket not in _BUCKETS[kind]:
        skip(fields, _misplaced(kind, bucket[:40]), material)
        return None
    if kind is TrackKind.TEXT:
        return restyled(context.captions.read(material, fields.own_id, _glow(refs)), fields, context.budget)
    if bucket == "stickers":
        return _sticker(material, fields, context.canvas)
    return read_media(material, sound=kind is TrackKind.AUDIO, segment_id=fields.own_id)


def _compound(found: Fields, fields: Fields, context: ReadContext) -> Material | None:
    compound = _read_compound(found, context)
    if isinstance(compound, tuple):
        skip(fields, compound, found)
        return None
    return compound


def _read_compound(fields: Fields, context: ReadContext) -> CompoundMaterial | tuple[str, str]:
    """The compound clip, or the reason why it cannot be read, in English and Chinese.

    The apps store the whole inner draft in `draft`; its separate file is a copy.
    Raises `Failed` (DRAFT_TOO_LARGE) when the drafts exceed the budget.
    """
    if not fields.object("draft").values:
        return "it is a compound clip whose draft is not in this file", "复合片段的子草稿不在此文件中"
    if context.compounds is None:
        return f"compound clips are drawn {MAX_COMPOUND_DEPTH} levels deep", f"复合片段最多嵌套 {MAX_COMPOUND_DEPTH} 层"
    draft = context.compounds.read(fields)
    if isinstance(draft, Draft):
        return CompoundMaterial(id=fields.text("id"), draft=draft, name=effect_name(fields))
    message = draft.message
    return (
        f"its compound clip cannot be read ({message.en.rstrip('.')})",
        f"复合片段无法读取（{message.zh.rstrip('。')}）",
    )


def _effects(
    fields: Fields, found: MaterialEntry | None, refs: Sequence[MaterialEntry], context: ReadContext
) -> EffectMaterial | None:
    """The effects of a segment of an effect track: its own material, or those it refers to (an adjustment)."""
    sources = [*([found] if found else []), *refs]
    if not any(bucket in EFFECT_BUCKETS for bucket, _ in sources):
        if found is None:
            _missing(fields)
        elif found[0] != "placeholders":
            warn_of(found[1], fields.own_id, ("The effect {name} is not drawn.", "特效“{name}”未绘制。"))
        return None
    strengths = Strengths.read(TrackKind.EFFECT, fields, context.budget, KeyframeTimes())
    effects = read_effects(sources, fields, context.looks, strengths)
    return EffectMaterial(id=fields.text("material_id") or fields.own_id, effects=effects) if effects else None


def _sticker(material: Fields, fields: Fields, canvas: Canvas) -> Material | None:
    """The sticker's picture, else the emoji of its name."""
    sticker = read_sticker(material, fields.own_id)
    if sticker is not None:
        return sticker
    named = named_sticker(material, fields.own_id, canvas)
    if named is None:
        skip(fields, ("its sticker has no picture in the draft", "贴纸在草稿中没有图片"), material)
    return named


def _glow(refs: Sequence[MaterialEntry]) -> Glow | None:
    return read_glow(found for bucket, found in refs if bucket == "effects")


def _template(template: Fields, fields: Fields, refs: Sequence[MaterialEntry], context: ReadContext) -> Material | None:
    material = read_template(template, fields, _glow(refs), context)
    if material is None:
        skip(fields, ("its text template holds no text", "文字模板不含文字"), template)
    return material


def _misplaced(kind: TrackKind, bucket: str) -> Sentence:
    return f"a material of {bucket} cannot be placed on a track of kind {kind}", f"{bucket} 素材不能放在 {kind} 轨道上"


def _missing(fields: Fields) -> None:
    fields.warnings.add(
        WarningCode.MATERIAL_MISSING,
        f"Segment {fields.own_id} refers to a material that is not in the draft; it is not drawn.",
        f"片段 {fields.own_id} 引用的素材不在草稿中，未绘制。",
        segment_id=fields.own_id,
    )


def skip(fields: Fields, why: Sentence, material: Fields | None = None) -> None:
    """Warn that a segment is not drawn, with the reason."""
    fields.warnings.add(
        WarningCode.SEGMENT_SKIPPED,
        f"Segment {fields.own_id} is not drawn: {why[0]}.",
        f"片段 {fields.own_id} 未绘制：{why[1]}。",
        segment_id=fields.own_id,
        material_name=effect_name(material) if material else None,
        effect_id=effect_id(material) if material else None,
    )
