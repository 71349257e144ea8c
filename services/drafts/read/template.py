"""Text templates: several texts, each at its place and time, as a draft within the draft."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from services.drafts.fields import Fields
from services.drafts.read.clip import read_clip
from services.drafts.read.context import ReadContext
from services.drafts.read.design import read_animations
from services.drafts.read.glow import read_glow
from services.drafts.read.material_index import MaterialEntry
from services.drafts.read.unsupported import MAX_LISTED, Sentence, effect_name, warn_of
from services.drafts.records import (
    Clip,
    CompoundMaterial,
    Draft,
    Glow,
    Segment,
    TextMaterial,
    TimeRange,
    Track,
    TrackKind,
)

_DESIGN: Sentence = (
    "The text template {name} is drawn as its texts, without its design.",
    "文字模板“{name}”仅绘制其中的文字，不含样式设计。",
)
_DEEP: Sentence = (
    "The text template {name} is drawn as its first text: compound clips are nested too deep here.",
    "文字模板“{name}”仅绘制第一段文字：此处复合片段嵌套过深。",
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of a template's texts; `attached` has its place and time within the template."""

    text: TextMaterial
    attached: Fields
    refs: list[MaterialEntry]
    order: float


def read_template(
    template: Fields, fields: Fields, glow: Glow | None, context: ReadContext
) -> CompoundMaterial | TextMaterial | None:
    """The template of a segment: a caption where it is one text in the middle, else a compound of its texts, which
    share the segment's place; None without a text.
    """
    parts = sorted(_parts(template, fields, glow, context), key=lambda part: part.order)
    if not parts:
        return None
    warn_of(template, fields.own_id, _DESIGN if context.compounds else _DEEP)
    length_us = fields.object("target_timerange").microseconds("duration")
    segments = [_segment(part, number, length_us) for number, part in enumerate(parts)]
    alone = len(parts) == 1 and segments[0] == replace(segments[0], clip=Clip(), target=TimeRange(0, length_us))
    if context.compounds is None or (alone and not segments[0].animations):
        return parts[0].text
    canvas = context.canvas
    tracks = tuple(
        Track(id=segment.id, kind=TrackKind.TEXT, index=index, segments=(segment,))
        for index, segment in enumerate(segments)
    )
    draft = Draft(width=canvas.width, height=canvas.height, fps=canvas.fps, duration_us=length_us, tracks=tracks)
    return CompoundMaterial(id=f"{template.own_id} {fields.own_id}", draft=draft, name=effect_name(template))


def _parts(template: Fields, fields: Fields, glow: Glow | None, context: ReadContext) -> Iterator[_Part]:
    for resource in islice(template.objects("text_info_resources"), MAX_LISTED):
        found = context.materials.find(resource.text("text_material_id"), fields, "texts")
        if found is None or found[0] != "texts":
            continue
        refs = [
            (bucket, material.with_warnings(fields.warnings)) for bucket, material in context.materials.refs(resource)
        ]
        own = read_glow(material for bucket, material in refs if bucket == "effects") or glow
        text = context.captions.read(found[1], fields.own_id, own)
        attached = resource.object("attach_info").with_warnings(fields.warnings)
        yield _Part(text, attached, refs, resource.number("order_in_layer"))


def _segment(part: _Part, number: int, length_us: int) -> Segment:
    """A text within its template, in the template's time."""
    start_us = min(max(0, part.attached.microseconds("start_time")), length_us)
    duration_us = part.attached.microseconds("duration") or length_us
    target = TimeRange(start_us, max(0, min(duration_us, length_us - start_us)))
    animations = [material for bucket, material in part.refs if bucket == "material_animations"]
    return Segment(
        id=f"{part.text.id} {number}",
        material=part.text,
        target=target,
        clip=read_clip(part.attached),
        animations=read_animations(animations, target.duration_us, part.text.id),
        render_index=number,
    )
