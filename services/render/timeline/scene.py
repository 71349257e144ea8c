"""The records of a timeline, in frames and pixels: made by `lay_out`, drawn by the renderer."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from services.drafts.colors import BLACK, Color
from services.drafts.design import BlendMode, ChromaKey, Effect, TransitionKind, Variation
from services.drafts.records import TimeRange
from services.drafts.time_warp import TimeWarp
from services.errors import DraftWarning
from services.render.box import Box
from services.render.encoding import STANDARD_ENCODER
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.media.still import Still
from services.render.timeline.geometry import Pose, covers
from services.render.timeline.ramps import Ramp

US = 1_000_000
NTSC_RATES = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
UNMOVED = Ramp(((0, 0.0),))
"""0 for every frame."""


@dataclass(frozen=True, slots=True)
class SolidColor:
    """A canvas-sized picture of one opaque colour."""

    color: Color


Picture: TypeAlias = Footage | Still


@dataclass(frozen=True, slots=True)
class StillSequence:
    """Grey pictures of one size, one for each frame of the timeline from `first` on: a mask that moves. The first and
    the last one hold beyond.
    """

    folder: Path
    first: int
    count: int

    @property
    def pattern(self) -> Path:
        """The files' path, in ffmpeg's syntax."""
        return Path(str(self.folder).replace("%", "%%")) / "%d.png"

    def path(self, frame: int) -> Path:
        """The file of a frame."""
        return self.folder / f"{min(max(frame, self.first), self.first + self.count - 1)}.png"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of frames, half open."""

    start: int
    end: int

    @property
    def count(self) -> int:
        """The number of frames."""
        return self.end - self.start

    def clipped(self, other: "Span") -> "Span":
        """The intersection with `other`; its count is 0 or less if they share no frame."""
        return Span(max(self.start, other.start), min(self.end, other.end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """The motion of a layer. Frames count from the beginning of the timeline.

    `x`, `y` are the centre in canvas pixels, `width`, `height` the size in pixels before rotation, `rotation_deg`
    clockwise, `alpha` 0..1; `brightness`, `contrast`, `saturation` are -1..1, 0 for unchanged. In each frame these
    replace the values of the pose, except for flips.
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

    def pose(self, frame: int) -> Pose:
        """The pose in a frame, without flips."""
        return Pose(
            center_x=self.x.at(frame),
            center_y=self.y.at(frame),
            width=self.width.at(frame),
            height=self.height.at(frame),
            rotation_deg=self.rotation_deg.at(frame),
            alpha=self.alpha.at(frame),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A picture on the canvas for some frames; of the picture, the pixels of `region` are drawn.

    Steps in order: crop to `region`, key out `chroma`, apply `effects` and the motion's brightness, contrast and
    saturation, multiply `mask` (stretched over the region) into the alpha, scale, flip, rotate, multiply by the pose's
    alpha, and overlay in the blend mode.
    """

    segment_id: str
    picture: Picture | SolidColor
    span: Span
    pose: Pose
    region: Box
    source_us: float = 0.0
    """The time in the footage at which the span begins; with `reverse`, that of its last frame."""
    speed: float = 1.0
    reverse: bool = False
    warp: TimeWarp | None = None
    """From times of the timeline to times in the footage, where the speed changes; it replaces `speed`."""
    motion: Motion | None = None
    mask: Still | StillSequence | None = None
    """A grey picture: white is opaque, black transparent."""
    effects: tuple[Effect, ...] = ()
    effects_start: int = 0
    """The frame of the timeline at which effects that change over time begin."""
    effects_length: int = 0
    """The number of frames that they last."""
    chroma: ChromaKey | None = None
    blend: BlendMode = BlendMode.NORMAL
    blend_strength: float = 1.0
    """The share of the blended colours, 0..1; the rest are the picture's own."""
    cover_blur_px: float = 0.0
    """Sigma of the blur, in canvas pixels, of a background that shows the segment itself."""

    @property
    def solid(self) -> bool:
        """Whether its area is fully opaque; the edges of one that is turned at rest are not."""
        if isinstance(self.picture, SolidColor):
            return True
        changed = self.mask or self.chroma or self.blend is not BlendMode.NORMAL
        if changed or self.picture.has_alpha:
            return False
        return (self.motion.alpha.least if self.motion else self.pose.alpha) >= 1

    @property
    def opaque(self) -> bool:
        """Whether its area is fully opaque, up to its edges."""
        turned = self.motion is None and self.pose.quarter_turns is None
        return self.solid and (isinstance(self.picture, SolidColor) or not turned)

    def hides(self, canvas: Box) -> bool:
        """Whether it hides the canvas in all of its frames."""
        if not self.opaque or self.motion is None:
            return self.opaque and self.pose.box().holds(canvas)
        return all(covers(self.motion.pose(frame), canvas) for frame in range(self.span.start, self.span.end))

    def source_at_us(self, frame: int, rate: Fraction) -> int:
        """The time in the footage of a frame of the timeline."""
        if self.warp is not None:
            return round(self.warp.source_us(time_of(frame, rate)))
        return round(self.source_us + (frame - self.span.start) / float(rate) * US * self.speed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackEffect:
    """Effects, applied in order, on all that lies below for some frames."""

    segment_id: str
    span: Span
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionItem:
    """A transition from `before` to `after` in the frames of `span`.

    Each side is drawn alone, lowest layer first, on a transparent canvas (black if `opaque`: nothing lies below); frame
    n of N shows the transition at (n + 0.5) / N.
    """

    segment_id: str
    kind: TransitionKind
    look: Variation
    span: Span
    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    opaque: bool


Item: TypeAlias = Layer | TrackEffect | TransitionItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A piece of sound. Times in µs: `start_us` in the timeline, `source_us` in the file.

    `curve` holds (time from the start, linear amplitude), linear between and constant outside; it replaces `volume`.
    Fades multiply either.
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
    """All pictures and sounds of a video; `items` lowest first, over `background`. `window` are the frames that the
    video shows, None for all; `encoder` are ffmpeg's arguments that encode them.
    """

    width: int
    height: int
    rate: Fraction
    frames: int
    items: tuple[Item, ...]
    sounds: tuple[Sound, ...]
    background: Color = BLACK
    warnings: tuple[DraftWarning, ...] = ()
    window: Span | None = None
    encoder: tuple[str, ...] = STANDARD_ENCODER
    quick: bool = False
    """Whether footage is decoded and scaled fast rather than exactly."""
    labels: tuple[str, ...] = ()
    """The labels of AI-generated content of its materials, as JSON."""
    mark: Still | None = None
    """The visible mark of pictures, which is laid on the finished one."""

    @property
    def shown(self) -> Span:
        """The frames of the video."""
        return self.window or Span(0, self.frames)

    @property
    def clear(self) -> bool:
        """Whether the background is transparent."""
        return self.background[3] == 0

    @property
    def canvas(self) -> Box:
        """The canvas."""
        return Box(0, 0, self.width, self.height)

    @property
    def hidden(self) -> bool:
        """Whether pictures hide the canvas in all frames, so that its background is never seen."""
        end = 0
        for span in sorted(each.span for each in self.items if isinstance(each, Layer) and each.hides(self.canvas)):
            if span.start > end:
                return False
            end = max(end, span.end)
        return end >= self.frames

    @property
    def start_us(self) -> int:
        """The time at which the video begins in the timeline, in µs."""
        return round(self.shown.start * US / self.rate)

    @property
    def duration_us(self) -> int:
        """The video's length in µs."""
        return round(self.shown.count * US / self.rate)


def frame_rate(fps: float) -> Fraction:
    """The exact frame rate: 29.97 is 30000/1001."""
    ntsc = next((rate for rate in NTSC_RATES if abs(float(rate) - fps) < 0.006 and fps != round(fps)), None)
    return ntsc or Fraction(fps).limit_denominator(1000)


def frame_at(time_us: int, rate: Fraction) -> int:
    """The frame boundary nearest to a time."""
    return round(time_us * rate / US)


def span_of(times: TimeRange, rate: Fraction) -> Span:
    """The frames of a time range; both ends are rounded, so that neighbours stay adjacent."""
    return Span(frame_at(times.start_us, rate), frame_at(times.end_us, rate))


def time_of(frame: int, rate: Fraction) -> float:
    """The time at which a frame begins, in µs."""
    return float(frame * US / rate)
