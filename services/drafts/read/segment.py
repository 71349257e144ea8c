"""The segments of a draft."""

from dataclasses import dataclass, replace

from services.drafts.design import Transition
from services.drafts.families.looks import Looks
from services.drafts.fields import Fields, Warnings
from services.drafts.read.clip import MAX_VOLUME, is_curved, read_clip, read_speed, read_warp, time_range
from services.drafts.read.context import ReadContext
from services.drafts.read.design import blurs, read_animations, read_backdrop, read_mask, read_splits, read_transition
from services.drafts.read.effects import EFFECT_BUCKETS, blends, read_blend, read_chroma, read_effects, unkeyed
from services.drafts.read.keyframes import KeyframeTimes, read_curves
from services.drafts.read.material import read_material, skip
from services.drafts.read.material_index import MaterialEntry
from services.drafts.read.rainbow import shimmering
from services.drafts.read.strengths import Strengths
from services.drafts.read.switches import adjusted, switched_on
from services.drafts.read.unsupported import CURVE_SPEED, Sentence, warn_attached, warn_of, warn_others, warn_unused
from services.drafts.records import Segment, TextMaterial, TrackKind
from services.errors import WarningCode

_RENDER_INDEXES = {TrackKind.TEXT: 15000, TrackKind.STICKER: 14000, TrackKind.EFFECT: 11000}
"""The order of a segment without `render_index`, as generators write it."""
_BEFORE_GAP: Sentence = (
    "The transition {name} is not drawn: the next segment does not follow at once.",
    "转场“{name}”未绘制：后面的片段没有紧接着开始。",
)
_FADE_TYPE: Sentence = ("A fade along a curve is played as a linear fade.", "曲线型的淡入淡出按线性处理。")
_MIXED: Sentence = ("The blend mode {name} of an effect is not drawn.", "特效的混合模式“{name}”未绘制。")
_MASKS = ("masks", "common_mask")
_ONLY_VIDEO = ("transitions", "chromas")
_SEEN_ONLY = (*_MASKS, *_ONLY_VIDEO, *EFFECT_BUCKETS, "material_animations")


@dataclass(frozen=True, slots=True)
class SegmentPosition:
    """The position of a segment: on the `bottom` video track, as the `last` one of its track, and directly `followed`
    by the next one.
    """

    bottom: bool = False
    last: bool = True
    followed: bool = False


def read_segment(kind: TrackKind, fields: Fields, context: ReadContext, place: SegmentPosition) -> Segment | None:
    """The segment; None, with a warning, when there is nothing to draw. A hidden segment causes no warnings.

    Raises `Failed` (DRAFT_INVALID, DRAFT_TOO_LARGE).
    """
    visible = fields.flag("visible", True)
    fields = fields if visible else fields.with_warnings(Warnings())
    target = time_range(fields, "target_timerange")
    if target is None or target.duration_us == 0:
        skip(fields, ("its duration is zero", "时长为零"))
        return None
    attached = context.materials.refs(fields)
    refs = switched_on(fields, attached)
    warn_attached(fields, refs)
    material = read_material(kind, fields, refs, context)
    if material is None:
        return None
    source = time_range(fields, "source_timerange") if kind in (TrackKind.VIDEO, TrackKind.AUDIO) else None
    ramp = _one(refs, "speeds") or fields.empty("speeds")
    speed, warp = read_speed(fields, ramp, source, target), read_warp(fields, ramp, source, target)
    if warp is None and (ramp.number("mode") or is_curved(ramp)):
        warn_of(ramp, fields.own_id, CURVE_SPEED, WarningCode.EFFECT_APPROXIMATED)
    clock = KeyframeTimes(source, speed, warp)
    masked = any(bucket in _MASKS for bucket, _ in attached)
    segment = Segment(
        id=fields.own_id,
        material=material,
        target=target,
        source=source,
        speed=speed,
        warp=warp,
        keep_pitch=not fields.flag("is_tone_modify"),
        volume=fields.number("volume", 1.0, 0.0, MAX_VOLUME),
        reverse=fields.flag("reverse"),
        visible=visible,
        clip=read_clip(fields),
        curves=adjusted(fields, read_curves(kind, fields, context.budget, clock, masked=masked)),
        track_render_index=int(fields.number("track_render_index")),
        render_index=int(fields.number("render_index", _RENDER_INDEXES.get(kind, 0))),
    )
    segment = _faded(segment, _only(refs, segment.id, "audio_fades"))
    if place.bottom:
        segment = replace(segment, backdrop=read_backdrop(_only(refs, segment.id, "canvases"), segment.id))
    if kind is TrackKind.VIDEO and not place.last:
        segment = replace(segment, transition=_transition(refs, segment.id, place))
    unseen = kind in (TrackKind.EFFECT, TrackKind.AUDIO)
    strengths = Strengths() if unseen else Strengths.read(kind, fields, context.budget, clock)
    return _designed(kind, segment, fields, refs, context.looks, strengths)


def _faded(segment: Segment, fades: Fields | None) -> Segment:
    if fades is None:
        return segment
    if fades.number("fade_type"):
        warn_of(fades, segment.id, _FADE_TYPE, WarningCode.EFFECT_APPROXIMATED)
    return replace(
        segment,
        fade_in_us=max(0, fades.microseconds("fade_in_duration")),
        fade_out_us=max(0, fades.microseconds("fade_out_duration")),
    )


def _designed(
    kind: TrackKind, segment: Segment, fields: Fields, refs: list[MaterialEntry], looks: Looks, strengths: Strengths
) -> Segment:
    """The segment with the design of its picture; sounds and effects have none."""
    if kind in (TrackKind.AUDIO, TrackKind.EFFECT):
        unused = _SEEN_ONLY if kind is TrackKind.AUDIO else (*_MASKS, *_ONLY_VIDEO, "material_animations")
        warn_unused(fields, refs, unused, kind)
        for mode in blends(refs) if kind is TrackKind.EFFECT else ():
            warn_of(mode, segment.id, _MIXED)
        return segment
    if kind is not TrackKind.VIDEO:
        warn_unused(fields, refs, _ONLY_VIDEO, kind)
    animations = [found for bucket, found in refs if bucket == "material_animations"]
    mask = read_mask(_only(refs, segment.id, *_MASKS), segment.id)
    blend, strength = read_blend(refs, segment.id)
    moves = read_animations(animations, segment.target.duration_us, segment.id)
    material = shimmering(segment.material, moves) if isinstance(segment.material, TextMaterial) else segment.material
    own = unkeyed(read_effects(refs, fields, looks, strengths), segment.curves)
    return replace(
        segment,
        material=material,
        mask=mask,
        blend=blend,
        blend_strength=strength,
        animations=moves,
        effects=(*read_splits(animations), *own, *blurs(moves, segment.target.duration_us)),
        chroma=read_chroma(_only(refs, segment.id, "chromas"), segment.id) if kind is TrackKind.VIDEO else None,
    )


def _transition(refs: list[MaterialEntry], segment_id: str, place: SegmentPosition) -> Transition | None:
    """The transition to the next segment; None, with a warning, when it does not follow directly."""
    found = _only(refs, segment_id, "transitions")
    if found is None or place.followed:
        return read_transition(found, segment_id)
    warn_of(found, segment_id, _BEFORE_GAP)
    return None


def _one(refs: list[MaterialEntry], *buckets: str) -> Fields | None:
    """The first of the segment's extra materials that is in one of the buckets."""
    return next((found for bucket, found in refs if bucket in buckets), None)


def _only(refs: list[MaterialEntry], segment_id: str, *buckets: str) -> Fields | None:
    """As `_one`, with a warning for each further one."""
    named = [found for bucket, found in refs if bucket in buckets]
    warn_others(named, segment_id)
    return named[0] if named else None
