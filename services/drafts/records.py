"""Typed records of a draft, in the draft's units: microseconds (`_us`, integers), half canvases, fractions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from services.drafts.colors import Color
from services.drafts.curves import Curve, Property
from services.drafts.design import Animation, Backdrop, BlendMode, ChromaKey, Effect, Mask, Transition
from services.drafts.time_warp import TimeWarp
from services.errors import DraftWarning
from services.http.redaction import display_name


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A time range, half open: `start_us` is included, `end_us` is not."""

    start_us: int
    duration_us: int

    @property
    def end_us(self) -> int:
        """The first microsecond after the range."""
        return self.start_us + self.duration_us


@dataclass(frozen=True, slots=True)
class Crop:
    """The visible part of a material, in fractions 0..1 from its top left corner."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


class MediaKind(StrEnum):
    """Kinds of media materials."""

    VIDEO = "video"
    PHOTO = "photo"
    GIF = "gif"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaMaterial:
    """A video, photo, GIF or audio file.

    `path` is the draft's text: a name for lookup, never opened. `width`, `height` (pixels) and `duration_us` are the
    draft's claims; the file itself is probed before it is used.
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
    """Whether the draft is drawn without the file, with a warning, when it is missing: a sticker's picture, a LUT."""

    @property
    def display_name(self) -> str:
        """The redacted name for messages, never empty."""
        return display_name(self.name, self.path or self.remote_url or "", self.id) or "?"


@dataclass(frozen=True, slots=True)
class Gradient:
    """A linear gradient through a text's centre. `angle_deg` is the direction of the last colour, clockwise from
    the top (90 = right). `stops` are (place, colour), at least one, with rising places 0..1; the line is as long as the
    text. `per_character`: each character has all colours; else the whole text has them once.
    """

    angle_deg: float
    stops: tuple[tuple[float, Color], ...]
    per_character: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """An outline: `width_em` is the outline's radius in em. A gradient takes precedence over the colour."""

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


@dataclass(frozen=True, slots=True)
class Glow:
    """Light around letters: `strength` is its brightness and `range` its reach, each 0..1 as in the draft."""

    color: Color
    strength: float
    range: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """The style of the characters `start` to `end` (Python indexes, half open) of a text. Later styles take
    precedence, and so does a gradient over the colour.
    """

    start: int
    end: int
    size: float
    color: Color = (1.0, 1.0, 1.0, 1.0)
    gradient: Gradient | None = None
    picture: str = ""
    """The path of a picture within the letters, which takes precedence; empty for none."""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    stroke: Stroke | None = None
    """The widest outline."""
    inner_strokes: tuple[Stroke, ...] = ()
    """Narrower outlines over it, the wider ones first."""
    shadow: Shadow | None = None
    lower_shadows: tuple[Shadow, ...] = ()
    """Further shadows under it, the upper ones first."""
    inner_shadows: tuple[Shadow, ...] = ()
    """Shadows that the edges of letters cast into them, the upper ones first; without distance, an inner glow."""
    glow: Glow | None = None
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


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word of a caption: `start_us`, when it is spoken, from the segment's start, and the index in the text after
    it.
    """

    start_us: int
    end: int


@dataclass(frozen=True, slots=True)
class Karaoke:
    """The colour of the words of a caption from the time on at which they are spoken, in order of these times."""

    color: Color
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """A caption as it looks from a time on, in microseconds from the segment's start."""

    start_us: int
    text: "TextMaterial"


class Align(StrEnum):
    """The alignment of a text's lines."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMaterial:
    """A caption. Every character is covered by at least one style.

    `letter_spacing_em` is extra space in em, `line_spacing` in line cells of the upper line;
    `line_max_width` is a fraction of the canvas width at which lines wrap when `wrap` is set. A fixed
    width is that of the text's box, in pixels of the canvas: lines wrap at it and are aligned in it.
    In a vertical text, columns are to the height what lines are to the width.
    """

    id: str
    text: str
    styles: tuple[TextStyle, ...]
    name: str = ""
    align: Align = Align.CENTER
    vertical: bool = False
    letter_spacing_em: float = 0.0
    line_spacing: float = 0.02
    line_max_width: float = 0.82
    wrap: bool = False
    fixed_width_px: float | None = None
    fixed_height_px: float | None = None
    alpha: float = 1.0
    background: TextBackground | None = None
    karaoke: Karaoke | None = None
    looks: tuple[Look, ...] = ()
    """Its looks over time where keyframes change its style, instead of its own; in order of time, the first at 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectMaterial:
    """Effects on everything below, applied in order."""

    id: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompoundMaterial:
    """A draft within a draft; its canvas is transparent where nothing is drawn."""

    id: str
    draft: "Draft"
    name: str = ""


Material: TypeAlias = MediaMaterial | TextMaterial | EffectMaterial | CompoundMaterial


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """The placement of a picture. `x`, `y` in half canvases from its centre, y up;
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
    beginning). `speed` is source time divided by target time. `volume` is a linear amplitude, 0..10.
    """

    id: str
    material: Material
    target: TimeRange
    source: TimeRange | None = None
    speed: float = 1.0
    warp: TimeWarp | None = None
    """From times since the segment's start to source times, where the speed follows a curve; `speed` is its mean."""
    keep_pitch: bool = True
    volume: float = 1.0
    reverse: bool = False
    visible: bool = True
    fade_in_us: int = 0
    """Durations on the timeline of the sound's fade from silence, and to silence (`fade_out_us`)."""
    fade_out_us: int = 0
    transition: Transition | None = None
    """To the next segment of its track."""
    clip: Clip = field(default_factory=Clip)
    curves: tuple[Curve, ...] = ()
    """At most one for each property; they take precedence over `clip` and `volume`."""
    backdrop: Backdrop | None = None
    """Only on the bottom video track; the apps draw none elsewhere."""
    mask: Mask | None = None
    blend: BlendMode = BlendMode.NORMAL
    blend_strength: float = 1.0
    """The share of the blended colours, 0..1; the rest are the picture's own."""
    animations: tuple[Animation, ...] = ()
    effects: tuple[Effect, ...] = ()
    chroma: ChromaKey | None = None
    track_render_index: int = 0
    """The order of its track, before `render_index`; generators write 0 throughout."""
    render_index: int = 0

    def curve(self, moved: Property) -> Curve | None:
        """The curve of a property; None without keyframes."""
        return next((curve for curve in self.curves if curve.property is moved), None)


class TrackKind(StrEnum):
    """Kinds of tracks."""

    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    STICKER = "sticker"
    EFFECT = "effect"
    """Effects, filters and adjustments of everything below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Segments of one kind, in order of time. `index` is the track's position in the draft's list."""

    id: str
    kind: TrackKind
    index: int
    segments: tuple[Segment, ...]
    muted: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft: canvas in pixels (even, at least 2), `fps` in frames per second, `duration_us` the end of the last
    segment. `warnings` describe the parts of the file that these records do not hold.
    """

    width: int
    height: int
    fps: float
    duration_us: int
    tracks: tuple[Track, ...]
    video_muted: bool = False
    name: str = ""
    warnings: tuple[DraftWarning, ...] = ()


def drafts_of(draft: Draft) -> Iterator[Draft]:
    """A draft and all drafts within it, each once, even when several segments use it."""
    found = {id(draft): draft}
    waiting = [draft]
    while waiting:
        yield (here := waiting.pop())
        for segment in (segment for track in here.tracks for segment in track.segments):
            if isinstance(segment.material, CompoundMaterial) and id(segment.material.draft) not in found:
                found[id(segment.material.draft)] = segment.material.draft
                waiting.append(segment.material.draft)


def stacked(draft: Draft) -> Iterator[tuple[Track, Segment]]:
    """All segments, lowest first: by the order of tracks where the draft has one, as the apps save it (a box below
    captions of smaller `render_index` was seen on a cover that they drew), else by `render_index`.
    """
    segments = [(track, segment) for track in draft.tracks for segment in track.segments]
    segments.sort(
        key=lambda pair: (pair[1].track_render_index, pair[1].render_index, pair[0].index, pair[1].target.start_us)
    )
    yield from segments


def segments_of(draft: Draft) -> Iterator[Segment]:
    """All segments of a draft and of the drafts within it."""
    for each in drafts_of(draft):
        for track in each.tracks:
            yield from track.segments
