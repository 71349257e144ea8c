"""What is seen and heard when, in frames and pixels: the records that `lay_out` makes and the renderer draws."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from services.drafts.colors import BLACK, Color
from services.drafts.design import BlendMode, ChromaKey, Effect, TransitionKind
from services.errors import DraftWarning
from services.render.media.photos import Still
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.timeline.geometry import Box, Pose
from services.render.timeline.ramps import Ramp

US = 1_000_000
UNMOVED = Ramp(((0, 0.0),))
"""0 for every frame."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A canvas full of one opaque colour."""

    color: Color


Picture: TypeAlias = Footage | Still


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of frames, half open."""

    start: int
    end: int

    @property
    def count(self) -> int:
        """How many frames."""
        return self.end - self.start

    def clipped(self, other: "Span") -> "Span":
        """The part of this span that lies in `other`; its count is 0 or less when there is none."""
        return Span(max(self.start, other.start), min(self.end, other.end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How a layer moves. Frames are those of the timeline, from its beginning.

    `x`, `y` are the centre in pixels of the canvas, `width`, `height` the size in pixels before it is turned,
    `rotation_deg` clockwise, `alpha` 0..1. The last three are -1..1, 0 for unchanged. Frame for frame: the pose
    (flipping aside) has these values instead of its own.
    """

    x: Ramp
    y: Ramp
    width: Ramp
    height: Ramp
    rotation_deg: Ramp
    alpha: Ramp
    brightness: Ramp = UNMOVED
    contrast: Ramp = UNMOVED
    saturation: Ramp = UNMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A picture on the canvas for some frames. Of the picture, the pixels of `region` are drawn.

    It is made in this order: `region` is cut out, `chroma` made clear, `effects` and the motion's brightness,
    contrast and saturation applied, `mask` multiplied into its alpha (stretched over the region), scaled, flipped,
    turned, multiplied by the alpha, and laid over what is below in its blend mode.
    """

    segment_id: str
    picture: Picture | Plate
    span: Span
    pose: Pose
    region: Box
    source_us: float = 0.0
    """Where in the footage the span begins; with `reverse`, where its last frame lies."""
    speed: float = 1.0
    reverse: bool = False
    motion: Motion | None = None
    mask: Still | None = None
    """A grey picture: white is seen, black is not."""
    effects: tuple[Effect, ...] = ()
    effects_start: int = 0
    """The frame of the timeline at which the effects begin, for those that change in time."""
    chroma: ChromaKey | None = None
    blend: BlendMode = BlendMode.NORMAL
    cover_blur_px: float = 0.0
    """Of a background made of the clip itself: the sigma of the blur of its whole picture, in canvas pixels."""

    @property
    def opaque(self) -> bool:
        """Whether nothing shines through where it stands."""
        if isinstance(self.picture, Plate):
            return True
        changed = self.motion or self.mask or self.chroma or self.blend is not BlendMode.NORMAL
        return (
            not changed and not self.picture.has_alpha and self.pose.alpha >= 1 and self.pose.quarter_turns is not None
        )

    def source_at_us(self, frame: int, rate: Fraction) -> int:
        """The time in the footage that a frame of the timeline shows."""
        return round(self.source_us + (frame - self.span.start) / float(rate) * US * self.speed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Effects, one after the other, on all that lies below for some frames."""

    segment_id: str
    span: Span
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A transition: for the frames of `span`, what `before` shows becomes what `after` shows.

    Each side is drawn by itself, from the bottom to the top, on a canvas that is clear (black, when `opaque`:
    nothing lies below); frame n of N shows the transition at (n + 0.5) / N.
    """

    segment_id: str
    kind: TransitionKind
    span: Span
    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    opaque: bool


Item: TypeAlias = Layer | Lens | Crossing


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A stretch of sound. Times in microseconds: `start_us` on the timeline, `source_us` in the file.

    `curve` is its loudness (linear amplitude) at times from its start, linear between them and held outside;
    where there is one it goes before `volume`. Fades come on top.
    """

    segment_id: str
    track: SoundTrack
    start_us: int
    duration_us: int
    source_us: int
    speed: float = 1.0
    keep_pitch: bool = True
    reverse: bool = False
    volume: float = 1.0
    curve: tuple[tuple[int, float], ...] = ()
    fade_in_us: int = 0
    fade_out_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All that a video shows and sounds; `items` from the bottom to the top, over `background`."""

    width: int
    height: int
    rate: Fraction
    frames: int
    items: tuple[Item, ...]
    sounds: tuple[Sound, ...]
    background: Color = BLACK
    warnings: tuple[DraftWarning, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether the canvas is transparent where nothing is drawn."""
        return self.background[3] == 0

    @property
    def canvas(self) -> Box:
        """The whole picture."""
        return Box(0, 0, self.width, self.height)

    @property
    def duration_us(self) -> int:
        """From the first frame to the end of the last."""
        return round(self.frames * US / self.rate)
