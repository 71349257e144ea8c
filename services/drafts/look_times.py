"""The looks of a segment, and when they are seen: its transition, animations, effects and filters. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.drafts.records import EffectMaterial, Segment
from services.errors import DraftWarning

Range = tuple[int, int]
"""First microsecond of the timeline, and the first after it."""


@dataclass(frozen=True, slots=True)
class Look:
    """A drawn transition, animation or effect of a segment, and when it is seen."""

    name: str
    effect_id: str
    seen: Range


def looks(segment: Segment) -> Iterator[Look]:
    """The looks of a segment. A transition is seen half before the segment's end and half after it."""
    start_us, end_us = segment.target.start_us, segment.target.end_us
    effects = segment.material.effects if isinstance(segment.material, EffectMaterial) else segment.effects
    for effect in effects:
        yield Look(effect.name, effect.effect_id, (start_us, end_us))
    for animation in segment.animations:
        begun_us = start_us + animation.start_us
        yield Look(animation.name, animation.effect_id, (begun_us, begun_us + animation.duration_us))
    if segment.transition is not None:
        half_us = segment.transition.duration_us // 2
        yield Look(segment.transition.name, segment.transition.effect_id, (end_us - half_us, end_us + half_us))


def seen(segment: Segment, warning: DraftWarning) -> Range:
    """When the subject of a warning of this segment is seen: the look that it names, or the whole segment."""
    named = (look.seen for look in looks(segment) if _is_of(warning, look))
    return next(named, (segment.target.start_us, segment.target.end_us))


def _is_of(warning: DraftWarning, look: Look) -> bool:
    return look.name == warning.material_name if look.name else look.effect_id == warning.effect_id
