"""The prepared materials of a draft: fetched, examined, and drawn."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from services.drafts.curves import Property
from services.drafts.design import Recipe
from services.drafts.records import CompoundMaterial, MediaMaterial, Segment, TextMaterial
from services.errors import Bilingual
from services.render.box import Box
from services.render.media.damage import Decoded
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.media.still import Still
from services.render.timeline.karaoke import spoken
from services.render.timeline.scene import Picture, StillSequence


@dataclass(frozen=True, slots=True)
class Caption:
    """A drawn caption; the picture's centre is `offset_x`, `offset_y` pixels from the text's centre (y down)."""

    still: Still
    offset_x: float
    offset_y: float
    clusters: tuple[Box, ...] = ()
    """The characters' boxes in the picture, in pixels, in reading order: for a typewriter."""


Visual: TypeAlias = Picture | Caption
MaskKey: TypeAlias = tuple[str, int]
"""A segment's id and its start: segments taken out of a compound that is used twice have the same id."""


@dataclass(frozen=True, slots=True)
class Compound:
    """A rendered compound, used like a video."""

    footage: Footage
    track: SoundTrack | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The prepared materials of a draft; a caption has a picture for each scale."""

    pictures: dict[MediaMaterial, Picture] = field(default_factory=dict[MediaMaterial, Picture])
    tracks: dict[MediaMaterial, SoundTrack] = field(default_factory=dict[MediaMaterial, SoundTrack])
    lost: dict[MediaMaterial, Bilingual] = field(default_factory=dict[MediaMaterial, Bilingual])
    """The reason why a material's sound, or its first track, cannot be played."""
    decoded: dict[MediaMaterial, Decoded] = field(default_factory=dict[MediaMaterial, Decoded])
    """The decoded part of a material's sound, as far as it is used."""
    captions: dict[tuple[TextMaterial, float], Caption] = field(
        default_factory=dict[tuple[TextMaterial, float], Caption]
    )
    compounds: dict[str, Compound] = field(default_factory=dict[str, Compound])
    """By the material's id."""
    masks: dict[MaskKey, Still | StillSequence] = field(default_factory=dict[MaskKey, Still | StillSequence])
    backdrops: dict[str, Still] = field(default_factory=dict[str, Still])
    """By the path in the draft."""
    luts: dict[str, Path] = field(default_factory=dict[str, Path])
    """By the path in the draft."""
    recipes: dict[Recipe, Path] = field(default_factory=dict[Recipe, Path])
    """The colour tables of filters."""

    def visual(self, segment: Segment) -> Visual | None:
        """The picture of a segment, the first one of a caption that changes; None if it has none."""
        material = segment.material
        if isinstance(material, TextMaterial):
            return self.captions.get((spoken(material)[0][1], largest_scale(segment)))
        if isinstance(material, CompoundMaterial):
            compound = self.compounds.get(material.id)
            return compound.footage if compound else None
        return self.pictures.get(material) if isinstance(material, MediaMaterial) else None

    def track(self, segment: Segment) -> SoundTrack | None:
        """The sound track of a segment; None if it has none."""
        material = segment.material
        if isinstance(material, CompoundMaterial):
            compound = self.compounds.get(material.id)
            return compound.track if compound else None
        return self.tracks.get(material) if isinstance(material, MediaMaterial) else None


def mask_key(segment: Segment) -> MaskKey:
    """The key of a segment's mask."""
    return segment.id, segment.target.start_us


def largest_scale(segment: Segment) -> float:
    """The largest scale of a segment in x or y, without animations. Captions are drawn at it."""
    curves = (segment.curve(Property.SCALE_X), segment.curve(Property.SCALE_Y))
    change = [curve.most() for curve in curves if curve]
    return max(segment.clip.scale_x, segment.clip.scale_y, *change)


def fitted_size(visual: Visual, region: Box, canvas: Box) -> tuple[float, float]:
    """The size of a picture's region at scale 1: fitted into the canvas. A caption has its drawn size."""
    if isinstance(visual, Caption):
        return float(region.width), float(region.height)
    width = region.width * visual.width / visual.pixel_width
    height = region.height * visual.height / visual.pixel_height
    fit = min(canvas.width / width, canvas.height / height)
    return width * fit, height * fit
