"""The materials of a draft that are visible or audible; only these are fetched. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.drafts.design import BackdropKind, Effect, EffectKind, Recipe
from services.drafts.records import (
    CompoundMaterial,
    Draft,
    EffectMaterial,
    MediaKind,
    MediaMaterial,
    Segment,
    TextMaterial,
)
from services.render.timeline.covers import covers
from services.render.timeline.karaoke import spoken
from services.render.timeline.layers import is_visible
from services.render.timeline.prepared import largest_scale
from services.render.timeline.sounds import is_audible


@dataclass(slots=True)
class Needed:
    """The visible and audible materials, each with its segments."""

    shown: dict[MediaMaterial, list[Segment]] = field(default_factory=dict[MediaMaterial, list[Segment]])
    sounded: dict[MediaMaterial, list[Segment]] = field(default_factory=dict[MediaMaterial, list[Segment]])
    captions: dict[tuple[TextMaterial, float], list[Segment]] = field(
        default_factory=dict[tuple[TextMaterial, float], list[Segment]]
    )
    compounds: dict[str, CompoundMaterial] = field(default_factory=dict[str, CompoundMaterial])
    """By the material's id."""
    masked: list[Segment] = field(default_factory=list[Segment])
    backdrops: dict[MediaMaterial, Segment] = field(default_factory=dict[MediaMaterial, Segment])
    """Pictures behind segments and within letters."""
    luts: dict[MediaMaterial, Segment] = field(default_factory=dict[MediaMaterial, Segment])
    tables: dict[str, Segment] = field(default_factory=dict[str, Segment])
    """The operator's colour tables, by their paths."""
    recipes: dict[Recipe, None] = field(default_factory=dict[Recipe, None])
    """Those of filters, in order."""

    @property
    def media(self) -> dict[MediaMaterial, Segment]:
        """Every file, with the first segment that uses it."""
        first = {material: segments[0] for material, segments in {**self.sounded, **self.shown}.items()}
        return {**first, **self.backdrops, **self.luts}


def needed(draft: Draft) -> Needed:
    """The materials that a draft needs."""
    found = Needed()
    for track in draft.tracks:
        for segment in track.segments:
            if is_visible(track, segment):
                _add_visible(found, segment)
            if is_audible(draft, track, segment):
                _add_audible(found, segment)
    return found


def _add_visible(found: Needed, segment: Segment) -> None:
    material = segment.material
    if isinstance(material, TextMaterial):
        for _, text in spoken(material):
            found.captions.setdefault((text, largest_scale(segment)), []).append(segment)
            for path in dict.fromkeys(style.picture for style in text.styles if style.picture):
                found.backdrops.setdefault(_extra(path, MediaKind.PHOTO), segment)
    elif isinstance(material, MediaMaterial):
        found.shown.setdefault(material, []).append(segment)
    elif isinstance(material, CompoundMaterial):
        found.compounds[material.id] = material
    _add_luts(found, segment, segment.effects)
    if isinstance(material, EffectMaterial):
        _add_luts(found, segment, material.effects)
    if segment.mask is not None or covers(segment):
        found.masked.append(segment)
    if segment.backdrop is not None and segment.backdrop.kind is BackdropKind.PICTURE:
        found.backdrops.setdefault(_extra(segment.backdrop.picture, MediaKind.PHOTO), segment)


def _add_audible(found: Needed, segment: Segment) -> None:
    material = segment.material
    if isinstance(material, CompoundMaterial):
        found.compounds[material.id] = material
    if isinstance(material, MediaMaterial) and material.kind in (MediaKind.VIDEO, MediaKind.AUDIO):
        found.sounded.setdefault(material, []).append(segment)


def _add_luts(found: Needed, segment: Segment, effects: Iterable[Effect]) -> None:
    for effect in effects:
        if effect.kind is EffectKind.LUT and effect.path:
            found.luts.setdefault(_extra(effect.path, MediaKind.PHOTO, effect.name), segment)
        elif effect.table:
            found.tables.setdefault(effect.table, segment)
        elif effect.recipe is not None:
            found.recipes[effect.recipe] = None


def _extra(path: str, kind: MediaKind, name: str = "") -> MediaMaterial:
    """An optional file: a draft is drawn without it if it cannot be fetched."""
    return MediaMaterial(id=path, kind=kind, path=path, name=name, optional=True)
