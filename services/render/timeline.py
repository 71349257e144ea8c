"""From a draft and its real media to what is seen and heard when, in frames and pixels. All of it is pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from services.drafts.records import Color, Crop, Draft, MediaMaterial, Segment, TextMaterial, Track, TrackKind
from services.errors import Bilingual, DraftWarning, WarningCode
from services.render.geometry import Box, Pose, narrowed, turned
from services.render.media import Footage, SoundTrack
from services.render.photos import Still

US = 1_000_000
FROZEN_SHORTEST_US = 100_000
"""A source that ends earlier than its segment by less than this freezes unnoticed: headers are often off by so much."""
NTSC_RATES = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
SMALLEST_ALPHA = 1 / 512
"""Less than half a step of 8 bits is not seen."""
SHORTEST_SOUND_US = 5_000
"""Less is a click at most, and ffmpeg 5.1 loses count of samples when nothing but such scraps is mixed."""
SMALLEST_SCALE = 1e-4
"""Less than this is no pixel of any canvas."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A drawn text; its picture's centre is `offset_x`, `offset_y` pixels from the text's own (y down)."""

    still: Still
    offset_x: float
    offset_y: float


Picture: TypeAlias = Footage | Still
Visual: TypeAlias = Picture | Caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the materials of a draft turned out to be. Captions are drawn for a scale each."""

    pictures: dict[MediaMaterial, Picture]
    tracks: dict[MediaMaterial, SoundTrack]
    captions: dict[tuple[TextMaterial, float], Caption]

    def visual(self, segment: Segment) -> Visual | None:
        """What a segment shows; None when that is nothing."""
        if isinstance(segment.material, TextMaterial):
            return self.captions.get((segment.material, caption_scale(segment)))
        return self.pictures.get(segment.material)

    def track(self, segment: Segment) -> SoundTrack | None:
        """What a segment sounds; None when that is nothing."""
        return None if isinstance(segment.material, TextMaterial) else self.tracks.get(segment.material)


def caption_scale(segment: Segment) -> float:
    """The scale a caption is drawn at; where it is scaled differently in x and y it is squeezed from there."""
    return max(segment.clip.scale_x, segment.clip.scale_y)


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
class Layer:
    """A picture on the canvas for some frames. Of the picture, the pixels of `region` are drawn."""

    segment_id: str
    picture: Picture
    span: Span
    pose: Pose
    region: Box
    source_us: float = 0.0
    """Where in the footage the span begins."""
    speed: float = 1.0

    @property
    def opaque(self) -> bool:
        """Whether nothing shines through where it stands."""
        return not self.picture.has_alpha and self.pose.alpha >= 1 and self.pose.quarter_turns is not None

    def source_at_us(self, frame: int, rate: Fraction) -> int:
        """The time in the footage that a frame of the timeline shows."""
        return round(self.source_us + (frame - self.span.start) / float(rate) * US * self.speed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A stretch of sound. Times in microseconds: `start_us` on the timeline, `source_us` in the file."""

    segment_id: str
    track: SoundTrack
    start_us: int
    duration_us: int
    source_us: int
    speed: float = 1.0
    keep_pitch: bool = True
    volume: float = 1.0
    fade_in_us: int = 0
    fade_out_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All that a video shows and sounds; `layers` from the bottom to the top."""

    width: int
    height: int
    rate: Fraction
    frames: int
    background: Color
    layers: tuple[Layer, ...]
    sounds: tuple[Sound, ...]
    warnings: tuple[DraftWarning, ...] = ()

    @property
    def canvas(self) -> Box:
        """The whole picture."""
        return Box(0, 0, self.width, self.height)

    @property
    def duration_us(self) -> int:
        """From the first frame to the end of the last."""
        return round(self.frames * US / self.rate)


def frame_rate(fps: float) -> Fraction:
    """Frames a second as an exact number: 29.97 is 30000/1001."""
    ntsc = next((rate for rate in NTSC_RATES if abs(float(rate) - fps) < 0.006 and fps != round(fps)), None)
    return ntsc or Fraction(fps).limit_denominator(1000)


def frame_at(time_us: int, rate: Fraction) -> int:
    """The frame boundary nearest to a time."""
    return round(time_us * rate / US)


def drawn(track: Track, segment: Segment) -> bool:
    """Whether a segment's picture is shown at all."""
    clip = segment.clip
    shown = segment.visible and not track.hidden and track.kind is not TrackKind.AUDIO
    return shown and clip.alpha >= SMALLEST_ALPHA and min(clip.scale_x, clip.scale_y) >= SMALLEST_SCALE


def heard(draft: Draft, track: Track, segment: Segment) -> bool:
    """Whether a segment's sound is played. A segment that is switched off is mute, as in the apps;
    one on a hidden track still sounds: tracks are muted by a switch of their own.
    """
    muted = track.muted or not segment.visible or (draft.video_muted and track.kind is TrackKind.VIDEO)
    audible = segment.volume > 0 and segment.target.duration_us >= SHORTEST_SOUND_US
    return not muted and track.kind is not TrackKind.TEXT and audible


def lay_out(draft: Draft, prepared: Prepared) -> Timeline:
    """The timeline of a draft."""
    rate = frame_rate(draft.fps)
    layers: list[Layer] = []
    sounds: list[Sound] = []
    warnings: list[DraftWarning] = []
    for track, segment in _stacked(draft):
        layer = _layer(draft, segment, prepared.visual(segment), rate) if drawn(track, segment) else None
        if layer is not None:
            layers.append(layer)
            warnings.extend(_warnings(segment, layer.picture))
        source = prepared.track(segment)
        if source is not None and heard(draft, track, segment):
            sounds.append(_sound(segment, source))
    return Timeline(
        width=draft.width,
        height=draft.height,
        rate=rate,
        frames=max(1, frame_at(draft.duration_us, rate)),
        background=draft.background,
        layers=tuple(layers),
        sounds=tuple(sorted(sounds, key=lambda sound: sound.start_us)),
        warnings=tuple(warnings),
    )


def _stacked(draft: Draft) -> Iterator[tuple[Track, Segment]]:
    """All segments, the lowest first."""
    segments = [(track, segment) for track in draft.tracks for segment in track.segments]
    segments.sort(key=lambda pair: (pair[1].render_index, pair[0].index, pair[1].target.start_us))
    yield from segments


def _layer(draft: Draft, segment: Segment, visual: Visual | None, rate: Fraction) -> Layer | None:
    """The segment's layer; None when nothing of it is on the canvas for a frame."""
    span = Span(frame_at(segment.target.start_us, rate), frame_at(segment.target.end_us, rate))
    if visual is None or span.count <= 0:
        return None
    picture = visual.still if isinstance(visual, Caption) else visual
    canvas = Box(0, 0, draft.width, draft.height)
    crop = segment.material.crop if isinstance(segment.material, MediaMaterial) else Crop()
    region = pixels(crop, picture.pixel_width, picture.pixel_height)
    pose = _pose(segment, visual, region, canvas)
    if not pose.box().meets(canvas):
        return None
    moving = isinstance(picture, Footage)
    pose, region = narrowed(pose, region, canvas, grid=2 if moving else 1)
    return Layer(
        segment_id=segment.id,
        picture=picture,
        span=span,
        pose=pose,
        region=region,
        source_us=_source_us(segment, span, rate) if moving else 0.0,
        speed=segment.speed,
    )


def pixels(crop: Crop, width: int, height: int) -> Box:
    """The part of a picture of `width` x `height` pixels that a crop leaves: a pixel at least."""
    left, top = min(round(crop.left * width), width - 1), min(round(crop.top * height), height - 1)
    return Box(left, top, max(left + 1, round(crop.right * width)), max(top + 1, round(crop.bottom * height)))


def _pose(segment: Segment, visual: Visual, region: Box, canvas: Box) -> Pose:
    clip = segment.clip
    width, height = drawn_size(visual, region, canvas, clip.scale_x, clip.scale_y)
    dx, dy = (visual.offset_x, visual.offset_y) if isinstance(visual, Caption) else (0.0, 0.0)
    dx, dy = turned(dx, dy, clip.rotation_deg)
    return Pose(
        center_x=canvas.width / 2 * (1 + clip.x) + dx,
        center_y=canvas.height / 2 * (1 - clip.y) + dy,
        width=width,
        height=height,
        rotation_deg=clip.rotation_deg % 360,
        flip_horizontal=clip.flip_horizontal,
        flip_vertical=clip.flip_vertical,
        alpha=clip.alpha,
    )


def drawn_size(visual: Visual, region: Box, canvas: Box, scale_x: float, scale_y: float) -> tuple[float, float]:
    """How large the region is drawn: fitted into the canvas, then scaled. A caption is drawn at the larger scale
    already, and only squeezed here.
    """
    if isinstance(visual, Caption):
        largest = max(scale_x, scale_y)
        return region.width * scale_x / largest, region.height * scale_y / largest
    width = region.width * visual.width / visual.pixel_width
    height = region.height * visual.height / visual.pixel_height
    fit = _fit(width, height, canvas)
    return width * fit * scale_x, height * fit * scale_y


def needed_shrink(crop: Crop, width: int, height: int, canvas: Box, segments: Iterable[Segment]) -> float:
    """How much smaller (0..1) a photo of these pixels may be kept, and still be sharp wherever it is drawn."""
    region = pixels(crop, width, height)
    fit = _fit(region.width, region.height, canvas)
    return min(1.0, fit * max(max(segment.clip.scale_x, segment.clip.scale_y) for segment in segments))


def _fit(width: float, height: float, canvas: Box) -> float:
    """What a picture is multiplied by to just fit into the canvas."""
    return min(canvas.width / width, canvas.height / height)


def _source_us(segment: Segment, span: Span, rate: Fraction) -> float:
    """Where the first frame lies in the material: frames are snapped, times in the material are not."""
    start_us = segment.source.start_us if segment.source else 0
    snapped_us = span.start * US / float(rate) - segment.target.start_us
    return max(0.0, start_us + snapped_us * segment.speed)


def _sound(segment: Segment, track: SoundTrack) -> Sound:
    return Sound(
        segment_id=segment.id,
        track=track,
        start_us=segment.target.start_us,
        duration_us=segment.target.duration_us,
        source_us=segment.source.start_us if segment.source else 0,
        speed=segment.speed,
        keep_pitch=segment.keep_pitch,
        volume=segment.volume,
        fade_in_us=min(segment.fade_in_us, segment.target.duration_us),
        fade_out_us=min(segment.fade_out_us, segment.target.duration_us),
    )


def _warnings(segment: Segment, picture: Picture) -> Iterator[DraftWarning]:
    if not isinstance(picture, Footage) or not isinstance(segment.material, MediaMaterial):
        return
    start_us = segment.source.start_us if segment.source else 0
    short_us = start_us + round(segment.target.duration_us * segment.speed) - picture.end_us
    if short_us >= FROZEN_SHORTEST_US and picture.demuxer != "gif":
        yield DraftWarning(
            code=WarningCode.MATERIAL_FROZEN,
            message=Bilingual(
                f"The material ends {short_us / US:.2f} s before its segment does; its last frame stays.",
                f"素材比片段早结束 {short_us / US:.2f} 秒，画面停留在最后一帧。",
            ),
            segment_id=segment.id,
            material_name=segment.material.name,
        )
    if picture.hdr:
        yield DraftWarning(
            code=WarningCode.EFFECT_APPROXIMATED,
            message=Bilingual(
                "The material is HDR and is shown in standard range without tone mapping.",
                "素材为 HDR，未做色调映射，按标准动态范围显示。",
            ),
            segment_id=segment.id,
            material_name=segment.material.name,
        )
