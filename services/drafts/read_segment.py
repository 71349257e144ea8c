"""From a segment's JSON and its materials to a `Segment`."""

from dataclasses import dataclass, field

from services.drafts.colors import hex_color
from services.drafts.fields import Fields
from services.drafts.read_text import read_text
from services.drafts.records import (
    Clip,
    Color,
    Crop,
    Material,
    MediaKind,
    MediaMaterial,
    Segment,
    TimeRange,
    TrackKind,
)
from services.drafts.undrawn import effect_name, warn_segment
from services.errors import ErrorCode, WarningCode, failed

LOUDEST = 10.0
"""The largest volume the apps offer, as a linear amplitude."""
FASTEST, SLOWEST = 100.0, 0.05
BLACK: Color = (0.0, 0.0, 0.0, 1.0)


@dataclass(slots=True)
class Materials:
    """The materials by id, over all buckets; and what segments say of their tracks while they are read."""

    by_id: dict[str, tuple[str, Fields]]
    transition_us: dict[str, int] = field(default_factory=dict[str, int])
    """How long the transition after a segment is."""
    canvas_color: dict[str, Color] = field(default_factory=dict[str, Color])
    """The background colour a segment asks for."""

    @classmethod
    def index(cls, buckets: Fields) -> "Materials":
        """All materials of a draft."""
        by_id: dict[str, tuple[str, Fields]] = {}
        for bucket, content in buckets.values.items():
            if isinstance(content, list):
                for fields in buckets.objects(bucket):
                    by_id.setdefault(fields.text("id"), (bucket, fields))
        return cls(by_id)

    def refs(self, segment: Fields) -> list[tuple[str, Fields]]:
        """The extra materials a segment names, with their buckets; unknown ids are passed over."""
        ids = [ref for ref in segment.list("extra_material_refs") if isinstance(ref, str)]
        return [self.by_id[ref] for ref in dict.fromkeys(ids) if ref in self.by_id]


def read_segment(kind: TrackKind, fields: Fields, materials: Materials) -> Segment | None:
    """The segment; None, with a warning, when there is nothing to draw. Raises `Failed` (DRAFT_INVALID)."""
    segment_id = fields.text("id") or fields.path
    target = _range(fields, "target_timerange", segment_id)
    if target is None or target.duration_us == 0:
        _skip(fields, segment_id, "it has no length", "时长为零")
        return None
    refs = materials.refs(fields)
    material = _material(kind, fields, segment_id, materials)
    if material is None:
        return None
    warn_segment(fields, segment_id, refs)
    _note(segment_id, refs, materials)
    source = None if kind is TrackKind.TEXT else _range(fields, "source_timerange", segment_id)
    fade = next((found for bucket, found in refs if bucket == "audio_fades"), None)
    return Segment(
        id=segment_id,
        material=material,
        target=target,
        source=source,
        speed=_speed(fields, source, target),
        keep_pitch=not fields.flag("is_tone_modify"),
        volume=fields.number("volume", 1.0, 0.0, LOUDEST),
        reverse=fields.flag("reverse"),
        visible=fields.flag("visible", True),
        fade_in_us=max(0, fade.microseconds("fade_in_duration")) if fade else 0,
        fade_out_us=max(0, fade.microseconds("fade_out_duration")) if fade else 0,
        clip=_clip(fields),
        render_index=int(fields.number("render_index")),
    )


def _range(fields: Fields, name: str, segment_id: str) -> TimeRange | None:
    if not fields.has(name):
        return None
    times = fields.object(name)
    start_us, duration_us = times.microseconds("start"), times.microseconds("duration")
    if start_us < 0 or duration_us < 0:
        raise failed(
            ErrorCode.DRAFT_INVALID,
            f"Segment {segment_id} has a negative time in {name}: start {start_us} µs, duration {duration_us} µs.",
            f"片段 {segment_id} 的 {name} 含负数时间：起点 {start_us} 微秒，时长 {duration_us} 微秒。",
            segment_id=segment_id,
        )
    return TimeRange(start_us, duration_us)


def _material(kind: TrackKind, fields: Fields, segment_id: str, materials: Materials) -> Material | None:
    bucket, found = materials.by_id.get(fields.text("material_id"), ("", None))
    if found is None:
        fields.warnings.add(
            WarningCode.MATERIAL_MISSING,
            f"Segment {segment_id} names a material that the draft does not hold; it is not drawn.",
            f"片段 {segment_id} 引用的素材不在草稿中，未绘制。",
            segment_id=segment_id,
        )
        return None
    if bucket == "text_templates":
        found = _template_text(found, segment_id, materials)
        bucket = "texts" if found else bucket
    if found is not None and bucket == "texts" and kind is TrackKind.TEXT:
        return read_text(found, segment_id)
    if found is not None and bucket == "videos" and kind is TrackKind.VIDEO:
        return _media(found, _video_kind(found), segment_id)
    if found is not None and bucket == "audios" and kind is TrackKind.AUDIO:
        return _media(found, MediaKind.AUDIO, segment_id)
    _skip(
        fields,
        segment_id,
        f"a {bucket} material cannot stand on a {kind} track",
        f"{bucket} 素材不能放在 {kind} 轨道上",
    )
    return None


def _template_text(template: Fields, segment_id: str, materials: Materials) -> Fields | None:
    """The first text of a text template, whose design is not drawn."""
    template.warnings.add(
        WarningCode.EFFECT_SKIPPED,
        "A text template is drawn as its plain text.",
        "文字模板仅绘制为普通文字。",
        segment_id=segment_id,
        material_name=effect_name(template),
        effect_id=template.text("effect_id"),
    )
    for resource in template.objects("text_info_resources"):
        bucket, text = materials.by_id.get(resource.text("text_material_id"), ("", None))
        if bucket == "texts":
            return text
    return None


def _video_kind(fields: Fields) -> MediaKind:
    kind = fields.text("type")
    return MediaKind(kind) if kind in (MediaKind.PHOTO, MediaKind.GIF) else MediaKind.VIDEO


def _media(fields: Fields, kind: MediaKind, segment_id: str) -> MediaMaterial:
    path = fields.text("path")
    return MediaMaterial(
        id=fields.text("id"),
        kind=kind,
        path=path,
        remote_url=fields.text("remote_url") or None,
        name=fields.text("material_name") or fields.text("name") or path.replace("\\", "/").rsplit("/", 1)[-1],
        width=round(fields.number("width")),
        height=round(fields.number("height")),
        duration_us=fields.microseconds("duration"),
        crop=_crop(fields, segment_id),
    )


def _crop(fields: Fields, segment_id: str) -> Crop:
    """The box around the four corners; a turned rectangle is used as its box."""
    if not fields.has("crop"):
        return Crop()
    corners = fields.object("crop")
    names = ("upper_left", "upper_right", "lower_left", "lower_right")
    defaults = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
    xs = [corners.number(f"{name}_x", x, 0.0, 1.0) for name, (x, _) in zip(names, defaults, strict=True)]
    ys = [corners.number(f"{name}_y", y, 0.0, 1.0) for name, (_, y) in zip(names, defaults, strict=True)]
    if abs(xs[0] - xs[2]) > 1e-3 or abs(ys[0] - ys[1]) > 1e-3:
        fields.warnings.add(
            WarningCode.EFFECT_APPROXIMATED,
            "A turned crop is drawn as the upright box around it.",
            "倾斜裁剪按其外接矩形绘制。",
            segment_id=segment_id,
            material_name=fields.text("material_name"),
        )
    if max(xs) - min(xs) < 1e-3 or max(ys) - min(ys) < 1e-3:
        return Crop()
    return Crop(min(xs), min(ys), max(xs), max(ys))


def _speed(fields: Fields, source: TimeRange | None, target: TimeRange) -> float:
    """The segment's own speed; where it has none, what its two ranges imply."""
    implied = source.duration_us / target.duration_us if source and source.duration_us else 1.0
    speed = fields.number("speed", implied)
    return min(max(speed if speed > 0 else implied, SLOWEST), FASTEST)


def _clip(fields: Fields) -> Clip:
    clip = fields.object("clip")
    scale, place, flip = clip.object("scale"), clip.object("transform"), clip.object("flip")
    scale_x = scale.number("x", 1.0, 0.0, 100.0)
    uniform = fields.object("uniform_scale").flag("on", True)
    return Clip(
        alpha=clip.number("alpha", 1.0, 0.0, 1.0),
        rotation_deg=clip.number("rotation") % 360.0,
        scale_x=scale_x,
        scale_y=scale_x if uniform else scale.number("y", 1.0, 0.0, 100.0),
        x=place.number("x", 0.0, -100.0, 100.0),
        y=place.number("y", 0.0, -100.0, 100.0),
        flip_horizontal=flip.flag("horizontal"),
        flip_vertical=flip.flag("vertical"),
    )


def _note(segment_id: str, refs: list[tuple[str, Fields]], materials: Materials) -> None:
    """What the rest of the track must know of the segment."""
    for bucket, found in refs:
        if bucket == "transitions":
            materials.transition_us[segment_id] = max(0, found.microseconds("duration"))
        elif bucket == "canvases" and found.text("type") == "canvas_color":
            materials.canvas_color[segment_id] = hex_color(found.text("color"), BLACK)


def _skip(fields: Fields, segment_id: str, en: str, zh: str) -> None:
    fields.warnings.add(
        WarningCode.SEGMENT_SKIPPED,
        f"Segment {segment_id} is not drawn: {en}.",
        f"片段 {segment_id} 未绘制：{zh}。",
        segment_id=segment_id,
    )
