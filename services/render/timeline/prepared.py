"""What the materials of a draft turned out to be, once they were fetched, looked into and drawn."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from services.drafts.design import Property
from services.drafts.records import CompoundMaterial, MediaMaterial, Segment, TextMaterial
from services.errors import Bilingual
from services.render.media.damage import Decoded
from services.render.media.photos import Still
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.timeline.geometry import Box
from services.render.timeline.scene import Picture


@dataclass(frozen=True, slots=True)
class Caption:
    """A drawn text; its picture's centre is `offset_x`, `offset_y` pixels from the text's own (y down)."""

    still: Still
    offset_x: float
    offset_y: float
    clusters: tuple[Box, ...] = ()
    """Where its characters stand in the picture, in pixels, in the order they are read: for a typewriter."""


Visual: TypeAlias = Picture | Caption


@dataclass(frozen=True, slots=True)
class Compound:
    """A draft within a draft, rendered: a clip like any other."""

    footage: Footage
    track: SoundTrack | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the materials of a draft turned out to be. Captions are drawn for a scale each."""

    pictures: dict[MediaMaterial, Picture] = field(default_factory=dict[MediaMaterial, Picture])
    tracks: dict[MediaMaterial, SoundTrack] = field(default_factory=dict[MediaMaterial, SoundTrack])
    lost: dict[MediaMaterial, Bilingual] = field(default_factory=dict[MediaMaterial, Bilingual])
    """Why a material's sound, or the first track of it, cannot be heard."""
    decoded: dict[MediaMaterial, Decoded] = field(default_factory=dict[MediaMaterial, Decoded])
    """What of a material's sound decodes, as far as it is used."""
    captions: dict[tuple[TextMaterial, float], Caption] = field(
        default_factory=dict[tuple[TextMaterial, float], Caption]
    )
    compounds: dict[str, Compound] = field(default_factory=dict[str, Compound])
    """By the material's id."""
    masks: dict[str, Still] = field(default_factory=dict[str, Still])
    """By the segment's id."""
    backdrops: dict[str, Still] = field(default_factory=dict[str, Still])
    """By the path in the draft."""
    luts: dict[str, Path] = field(default_factory=dict[str, Path])
    """By the path in the draft."""

    def visual(self, segment: Segment) -> Visual | None:
        """What a segment shows; None when that is nothing."""
        material = segment.material
        if isinstance(material, TextMaterial):
            return self.captions.get((material, caption_scale(segment)))
        if isinstance(material, CompoundMaterial):
            compound = self.compounds.get(material.id)
            return compound.footage if compound else None
        return self.pictures.get(material) if isinstance(material, MediaMaterial) else None

    def track(self, segment: Segment) -> SoundTrack | None:
        """What a segment sounds; None when that is nothing."""
        material = segment.material
        if isinstance(material, CompoundMaterial):
            compound = self.compounds.get(material.id)
            return compound.track if compound else None
        return self.tracks.get(material) if isinstance(material, MediaMaterial) else None


def largest_scale(segment: Segment) -> float:
    """The largest that a segment is ever scaled to, in x or y; animations aside."""
    curves = (segment.curve(Property.SCALE_X), segment.curve(Property.SCALE_Y))
    moved = [point.value for curve in curves if curve for point in curve.points]
    return max(segment.clip.scale_x, segment.clip.scale_y, *moved)


def caption_scale(segment: Segment) -> float:
    """The scale a caption is drawn at; where it is smaller it is squeezed from there."""
    return largest_scale(segment)


def fitted_size(visual: Visual, region: Box, canvas: Box) -> tuple[float, float]:
    """How large a picture's region is at scale 1: fitted into the canvas. A caption has the size it was drawn at."""
    if isinstance(visual, Caption):
        return float(region.width), float(region.height)
    width = region.width * visual.width / visual.pixel_width
    height = region.height * visual.height / visual.pixel_height
    fit = min(canvas.width / width, canvas.height / height)
    return width * fit, height * fit
