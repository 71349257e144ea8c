"""A draft as typed records, in the draft's own terms: microseconds, half-canvas units, fractions.

Times are integer microseconds (`_us`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from services.drafts.colors import Color
from services.drafts.design import Animation, Backdrop, BlendMode, ChromaKey, Curve, Effect, Mask, Property, Transition
from services.errors import DraftWarning
from services.http.redaction import display_name


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of time, half open: `start_us` is in it, `end_us` is not."""

    start_us: int
    duration_us: int

    @property
    def end_us(self) -> int:
        """The first microsecond after the range."""
        return self.start_us + self.duration_us


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a material that is used: fractions 0..1 from its top left corner."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


class MediaKind(StrEnum):
    """What sort of file a media material is."""

    VIDEO = "video"
    PHOTO = "photo"
    GIF = "gif"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaMaterial:
    """A file that segments show or sound.

    `path` is as the draft has it and is only a name to look up, never opened.
    `width`, `height` (pixels) and `duration_us` are what the draft claims; the
    file itself is probed before it is used.
    """

    id: str
    kind: MediaKind
    path: str
    remote_url: str | None = None
    name: str = ""
    width: int = 0
    height: int = 0
    duration_us: int = 0
    crop: Crop = field(default_factory=Crop)
    optional: bool = False
    """Whether a draft is drawn without it, with a warning, when it cannot be had: a sticker's picture, a LUT."""

    @property
    def display_name(self) -> str:
        """What messages call it: never empty, and without what may be secret in an address."""
        return display_name(self.name, self.path or self.remote_url or "", self.id) or "?"


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours along a line through a text's middle. `angle_deg` is where the last colour lies, clockwise from
    the top (90 = at the right). `stops` are (place, colour), places 0..1 rising, one at least; the line
    reaches as far as the text does. `per_character`: each character has all colours; else they share them.
    """

    angle_deg: float
    stops: tuple[tuple[float, Color], ...]
    per_character: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """An outline: `width_em` is the outline's radius in em. A gradient goes before the colour."""

    width_em: float
    color: Color
    gradient: Gradient | None = None


@dataclass(frozen=True, slots=True)
class Shadow:
    """A drop shadow: `distance` in 1/100 em, `angle_deg` with y up (-45 = right and down), `diffuse` 0..1."""

    distance: float
    angle_deg: float
    diffuse: float
    color: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """How the characters `start` to `end` (Python indexes, half open) of a text look. Later styles win.
    A gradient goes before the colour.
    """

    start: int
    end: int
    size: float
    color: Color = (1.0, 1.0, 1.0, 1.0)
    gradient: Gradient | None = None
    bold: bool = False
    italic: bool = False
    underline: bool = False
    stroke: Stroke | None = None
    shadow: Shadow | None = None
    font_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBackground:
    """A box behind a text, or behind each of its lines. `round_radius`, `width`, `height` 0..1;
    offsets -1..1 (y up).
    """

    color: Color
    per_line: bool = False
    round_radius: float = 0.0
    width: float = 0.14
    height: float = 0.14
    horizontal_offset: float = 0.0
    vertical_offset: float = 0.0


class Align(StrEnum):
    """How the lines of a text stand to each other."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMaterial:
    """A caption. Every character is covered by at least one style.

    `letter_spacing_em` and `line_spacing_em` are extra space in em;
    `line_max_width` is a fraction of the canvas width at which lines wrap when `wrap` is set. A fixed
    width is that of the text's box, in pixels of the canvas: lines wrap at it and are aligned in it.
    In a vertical text, columns are to the height what lines are to the width.
    """

    id: str
    text: str
    styles: tuple[TextStyle, ...]
    align: Align = Align.CENTER
    vertical: bool = False
    letter_spacing_em: float = 0.0
    line_spacing_em: float = 0.02
    line_max_width: float = 0.82
    wrap: bool = False
    fixed_width_px: float | None = None
    fixed_height_px: float | None = None
    alpha: float = 1.0
    background: TextBackground | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectMaterial:
    """Effects on all that lies below, one after the other."""

    id: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompoundMaterial:
    """A draft within a draft; its canvas is clear where nothing is drawn."""

    id: str
    draft: "Draft"
    name: str = ""


Material: TypeAlias = MediaMaterial | TextMaterial | EffectMaterial | CompoundMaterial


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Where and how a picture stands. `x`, `y` in half canvases from its centre, y up;
    `rotation_deg` clockwise; scale 1 = fitted into the canvas (contain).
    """

    alpha: float = 1.0
    rotation_deg: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    x: float = 0.0
    y: float = 0.0
    flip_horizontal: bool = False
    flip_vertical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One use of a material on a track.

    `target` is on the timeline, `source` in the material (None: the material from its
    beginning). `speed` is source time per target time. `volume` is a linear amplitude, 0..10.
    """

    id: str
    material: Material
    target: TimeRange
    source: TimeRange | None = None
    speed: float = 1.0
    keep_pitch: bool = True
    volume: float = 1.0
    reverse: bool = False
    visible: bool = True
    fade_in_us: int = 0
    """The sound rises from silence over this time (timeline), and falls to it over `fade_out_us`."""
    fade_out_us: int = 0
    transition: Transition | None = None
    """To the next segment of its track."""
    clip: Clip = field(default_factory=Clip)
    curves: tuple[Curve, ...] = ()
    """At most one for each property; they go before `clip` and `volume`."""
    backdrop: Backdrop | None = None
    """Only of the bottom video track; elsewhere the apps draw none."""
    mask: Mask | None = None
    blend: BlendMode = BlendMode.NORMAL
    animations: tuple[Animation, ...] = ()
    effects: tuple[Effect, ...] = ()
    chroma: ChromaKey | None = None
    render_index: int = 0

    def curve(self, moved: Property) -> Curve | None:
        """The curve of a property, if it moves."""
        return next((curve for curve in self.curves if curve.property is moved), None)


class TrackKind(StrEnum):
    """What a track holds."""

    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    STICKER = "sticker"
    EFFECT = "effect"
    """Also filters and adjustments: all of them work on what lies below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Segments of one kind, in order of time. `index` is its place in the draft's list of tracks."""

    id: str
    kind: TrackKind
    index: int
    segments: tuple[Segment, ...]
    muted: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole draft: canvas in pixels (even, at least 2), `fps` in frames a second, `duration_us`
    the end of its last segment. `warnings` tell what of the file is not in these records.
    """

    width: int
    height: int
    fps: float
    duration_us: int
    tracks: tuple[Track, ...]
    video_muted: bool = False
    warnings: tuple[DraftWarning, ...] = ()


def drafts_of(draft: Draft) -> Iterator[Draft]:
    """A draft and all drafts in it, each once, however many segments show it."""
    found = {id(draft): draft}
    waiting = [draft]
    while waiting:
        yield (here := waiting.pop())
        for segment in (segment for track in here.tracks for segment in track.segments):
            if isinstance(segment.material, CompoundMaterial) and id(segment.material.draft) not in found:
                found[id(segment.material.draft)] = segment.material.draft
                waiting.append(segment.material.draft)


def segments_of(draft: Draft) -> Iterator[Segment]:
    """All segments of a draft and of the drafts in it."""
    for each in drafts_of(draft):
        for track in each.tracks:
            yield from track.segments
