"""From a segment's JSON and its materials to a `Segment`."""

from itertools import islice

from services.drafts.fields import Fields, Warnings
from services.drafts.materials import Found, Materials
from services.drafts.read_media import read_media
from services.drafts.read_text import Captions
from services.drafts.records import Clip, Segment, TimeRange, TrackKind
from services.drafts.undrawn import MANY, effect_name, warn_segment
from services.errors import ErrorCode, WarningCode, failed

LOUDEST = 10.0
"""The largest volume the apps offer, as a linear amplitude."""
FASTEST, SLOWEST = 100.0, 0.05
_BUCKETS = {TrackKind.VIDEO: ("videos",), TrackKind.AUDIO: ("audios", "videos"), TrackKind.TEXT: ("texts",)}
"""Where the material of a track's segment may be; a video file may be used for its sound."""
_TEXT_RENDER_INDEX = 15000
"""Where generators put captions: above all pictures. Used for a caption that has no `render_index`."""


def read_segment(kind: TrackKind, fields: Fields, materials: Materials, captions: Captions) -> Segment | None:
    """The segment; None, with a warning, when there is nothing to draw. Raises `Failed` (DRAFT_INVALID).

    Nothing is told of a segment that is switched off.
    """
    visible = fields.flag("visible", True)
    fields = fields if visible else fields.telling(Warnings())
    segment_id = fields.own_id
    target = time_range(fields, "target_timerange")
    if target is None or target.duration_us == 0:
        _skip(fields, "it has no length", "时长为零")
        return None
    source = None if kind is TrackKind.TEXT else time_range(fields, "source_timerange")
    refs = materials.refs(fields)
    material = _material(kind, fields, refs, materials)
    if material is None:
        return None
    warn_segment(fields, refs)
    sound = kind is TrackKind.AUDIO
    fades = _first(refs, "audio_fades", fields)
    return Segment(
        id=segment_id,
        material=captions.read(material, segment_id)
        if kind is TrackKind.TEXT
        else read_media(material, sound=sound, segment_id=segment_id),
        target=target,
        source=source,
        speed=_speed(fields, _first(refs, "speeds", fields), source, target),
        keep_pitch=not fields.flag("is_tone_modify"),
        volume=fields.number("volume", 1.0, 0.0, LOUDEST),
        reverse=fields.flag("reverse"),
        visible=visible,
        fade_in_us=max(0, fades.microseconds("fade_in_duration")),
        fade_out_us=max(0, fades.microseconds("fade_out_duration")),
        transition_us=max(0, _first(refs, "transitions", fields).microseconds("duration")),
        clip=_clip(fields),
        render_index=int(fields.number("render_index", _TEXT_RENDER_INDEX if kind is TrackKind.TEXT else 0)),
    )


def time_range(fields: Fields, name: str) -> TimeRange | None:
    """A segment's time range; a start that is missing is 0. Raises `Failed` (DRAFT_INVALID) for a negative time."""
    if not fields.has(name):
        return None
    times = fields.object(name)
    start_us, duration_us = times.microseconds("start"), times.microseconds("duration")
    if start_us < 0 or duration_us < 0:
        raise failed(
            ErrorCode.DRAFT_INVALID,
            f"Segment {fields.own_id} has a negative time in {name}: start {start_us} µs, duration {duration_us} µs.",
            f"片段 {fields.own_id} 的 {name} 含负数时间：起点 {start_us} 微秒，时长 {duration_us} 微秒。",
            segment_id=fields.own_id,
        )
    return TimeRange(start_us, duration_us)


def _first(refs: list[Found], bucket: str, fields: Fields) -> Fields:
    """The segment's extra material of one bucket; an empty object when it has none."""
    found = (material for kind, material in refs if kind == bucket)
    return next(found, Fields({}, f"{fields.path}.{bucket}", fields.warnings))


def _material(kind: TrackKind, fields: Fields, refs: list[Found], materials: Materials) -> Fields | None:
    """What the segment shows or sounds; None, with a warning, when that is nothing known."""
    found = materials.find(fields.text("material_id"), fields, _BUCKETS[kind][0])
    if any(bucket == "drafts" for bucket, _ in refs) or (found and found[0] == "drafts"):
        _skip(fields, "it is a compound clip", "复合片段不支持")
        return None
    if found is None:
        fields.warnings.add(
            WarningCode.MATERIAL_MISSING,
            f"Segment {fields.own_id} names a material that the draft does not hold; it is not drawn.",
            f"片段 {fields.own_id} 引用的素材不在草稿中，未绘制。",
            segment_id=fields.own_id,
        )
        return None
    bucket, material = found
    if kind is TrackKind.TEXT and bucket == "text_templates":
        return _template_text(material, fields, materials)
    if bucket in _BUCKETS[kind]:
        return material
    _skip(
        fields,
        f"a material of {bucket[:40]} cannot stand on a track of kind {kind}",
        f"{bucket[:40]} 素材不能放在 {kind} 轨道上",
    )
    return None


def _template_text(template: Fields, fields: Fields, materials: Materials) -> Fields | None:
    """The first text of a text template, whose design is not drawn."""
    for resource in islice(template.objects("text_info_resources"), MANY):
        found = materials.find(resource.text("text_material_id"), fields, "texts")
        if found is not None and found[0] == "texts":
            template.warnings.add(
                WarningCode.EFFECT_SKIPPED,
                "A text template is drawn as its first text, without its design.",
                "文字模板仅绘制其第一段文字，不含样式设计。",
                segment_id=fields.own_id,
                material_name=effect_name(template),
                effect_id=template.label("effect_id"),
            )
            return found[1]
    _skip(fields, "its text template holds no text", "文字模板不含文字")
    return None


def _speed(fields: Fields, ramp: Fields, source: TimeRange | None, target: TimeRange) -> float:
    """The segment's own speed; where it has none, or a curve, what its two ranges imply."""
    implied = source.duration_us / target.duration_us if source and source.duration_us else 1.0
    curved = ramp.number("mode") == 1 or ramp.has("curve_speed")
    speed = implied if curved and source else fields.number("speed", implied)
    return min(max(speed if speed > 0 else implied, SLOWEST), FASTEST)


def _clip(fields: Fields) -> Clip:
    clip = fields.object("clip")
    scale, place, flip = clip.object("scale"), clip.object("transform"), clip.object("flip")
    scale_x = scale.number("x", 1.0, 0.0, 100.0)
    uniform = fields.object("uniform_scale").flag("on")
    return Clip(
        alpha=clip.number("alpha", 1.0, 0.0, 1.0),
        rotation_deg=clip.number("rotation") % 360.0,
        scale_x=scale_x,
        scale_y=scale_x if uniform else scale.number("y", scale_x, 0.0, 100.0),
        x=place.number("x", 0.0, -100.0, 100.0),
        y=place.number("y", 0.0, -100.0, 100.0),
        flip_horizontal=flip.flag("horizontal"),
        flip_vertical=flip.flag("vertical"),
    )


def _skip(fields: Fields, en: str, zh: str) -> None:
    fields.warnings.add(
        WarningCode.SEGMENT_SKIPPED,
        f"Segment {fields.own_id} is not drawn: {en}.",
        f"片段 {fields.own_id} 未绘制：{zh}。",
        segment_id=fields.own_id,
    )
