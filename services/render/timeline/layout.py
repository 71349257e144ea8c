"""The layout of a draft with its prepared materials as a timeline. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.drafts.colors import BLACK
from services.drafts.records import Draft, EffectMaterial, MediaMaterial, Segment, stacked
from services.errors import Bilingual, DraftWarning, WarningCode
from services.render.media.probe import Footage
from services.render.timeline.layers import Drawing, is_visible
from services.render.timeline.prepared import Prepared, Visual
from services.render.timeline.scene import (
    US,
    Item,
    Sound,
    Span,
    Timeline,
    TrackEffect,
    TransitionItem,
    frame_rate,
    span_of,
)
from services.render.timeline.sounds import is_audible, sound, sound_warnings, warped
from services.render.timeline.transitions import TrackTransition, TrackTransitions

FROZEN_SHORTEST_US = 100_000
"""Smallest reported shortage of a source: headers are often wrong by less."""


def lay_out(draft: Draft, prepared: Prepared, *, clear: bool = False) -> Timeline:
    """The timeline of a draft; with `clear` its background is transparent."""
    drawing = Drawing(draft, prepared, frame_rate(draft.fps))
    transitions = {track.index: TrackTransitions(track, drawing.rate) for track in draft.tracks}
    items: list[Item] = []
    sounds: list[Sound] = []
    warnings: list[DraftWarning] = []
    for track, segment in stacked(draft):
        if is_visible(track, segment):
            items.extend(_items(drawing, transitions[track.index], segment))
            warnings.extend(_warnings(segment, prepared.visual(segment)))
        source = prepared.track(segment)
        if is_audible(draft, track, segment):
            warnings.extend(sound_warnings(segment, prepared))
            if source is not None:
                sounds.extend(warped(sound(segment, source, transitions[track.index], drawing.rate), segment))
    return Timeline(
        width=draft.width,
        height=draft.height,
        rate=drawing.rate,
        frames=drawing.frames,
        items=tuple(_grounded(items)),
        background=(0.0, 0.0, 0.0, 0.0) if clear else BLACK,
        sounds=tuple(sorted(sounds, key=lambda each: each.start_us)),
        warnings=tuple(warnings),
    )


def _items(drawing: Drawing, transitions: TrackTransitions, segment: Segment) -> Iterator[Item]:
    """The layers or effects of a segment, and its transition to the next one."""
    whole = Span(0, drawing.frames)
    if isinstance(segment.material, EffectMaterial):
        span = span_of(segment.target, drawing.rate).clipped(whole)
        effects = drawing.usable(segment.material.effects)
        if span.count > 0 and effects:
            yield TrackEffect(segment_id=segment.id, span=span, effects=effects)
        return
    yield from drawing.layers(segment, transitions.alone(segment, drawing.rate))
    transition = transitions.outgoing(segment)
    if transition is not None and transition.span.clipped(whole).count > 0:
        yield _transition_item(drawing, transition)


def _transition_item(drawing: Drawing, transition: TrackTransition) -> TransitionItem:
    return TransitionItem(
        segment_id=transition.earlier.id,
        kind=transition.kind,
        look=transition.look,
        span=transition.span,
        before=drawing.layers(transition.earlier, transition.span),
        after=drawing.layers(transition.later, transition.span),
        opaque=False,
    )


def _grounded(items: Sequence[Item]) -> Iterator[Item]:
    """The items; transitions above nothing are opaque."""
    for index, item in enumerate(items):
        below = items[:index] if isinstance(item, TransitionItem) else ()
        if isinstance(item, TransitionItem) and not any(other.span.clipped(item.span).count > 0 for other in below):
            yield replace(item, opaque=True)
        else:
            yield item


def _warnings(segment: Segment, picture: Visual | None) -> Iterator[DraftWarning]:
    if not isinstance(picture, Footage) or not isinstance(segment.material, MediaMaterial):
        return
    start_us = segment.source.start_us if segment.source else 0
    short_us = start_us + round(segment.target.duration_us * segment.speed) - picture.end_us
    if short_us >= FROZEN_SHORTEST_US and not picture.loop_frames and picture.demuxer != "gif":
        yield DraftWarning(
            code=WarningCode.MATERIAL_FROZEN,
            message=Bilingual(
                f"The material ends {short_us / US:.2f} s before its segment; its last frame is held.",
                f"素材比片段早结束 {short_us / US:.2f} 秒，画面停留在最后一帧。",
            ),
            segment_id=segment.id,
            material_name=segment.material.name,
        )
