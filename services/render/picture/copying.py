"""Cuts without encoding: coded frames are copied where a timeline shows nothing but whole groups of them.

Every clip must fill the canvas unchanged, begin at a keyframe, and end before another one, and all must have the same
codec parameters. Everything else is encoded.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, dropwhile, islice
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from services.render.box import Box
from services.render.media.probe import Footage, demuxer_options
from services.render.media.reading import opened
from services.render.picture.graph import timescale
from services.render.timeline.scene import US, Layer, Timeline

NEAR_FRAMES = Fraction(3, 10)
"""Maximum distance of a coded frame from its exact time, in frames; drawing would choose the same frame."""
LONGEST_DELAY = 16
"""Maximum reordering delay in frames, as in H.264."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A run of `frames` coded frames; the first is at `source_us` (µs from the file's beginning)."""

    footage: Footage
    source_us: float
    frames: int


def clips(timeline: Timeline) -> tuple[Clip, ...]:
    """The clips of a timeline that consists of nothing else; else empty."""
    layers = sorted((item for item in timeline.items if isinstance(item, Layer)), key=lambda layer: layer.span)
    ends = [0, *(layer.span.end for layer in layers)]
    one_after_the_other = [layer.span.start for layer in layers] == ends[:-1] and ends[-1] == timeline.frames
    if timeline.clear or len(layers) != len(timeline.items) or not one_after_the_other:
        return ()
    found = [clip for layer in layers for clip in _clip(layer, timeline)]
    return tuple(found) if len(found) == len(layers) else ()


def _clip(layer: Layer, timeline: Timeline) -> Iterator[Clip]:
    footage, pose = layer.picture, layer.pose
    if (
        not isinstance(footage, Footage)
        or not layer.opaque
        or layer.motion
        or layer.effects
        or layer.cover_blur_px
        or layer.reverse
        or layer.warp
    ):
        return
    whole = Box(0, 0, footage.pixel_width, footage.pixel_height)
    upright = pose.quarter_turns == 0 and not (pose.flip_horizontal or pose.flip_vertical)
    fills = upright and layer.region == whole and whole == timeline.canvas and pose.box() == timeline.canvas
    plain = (
        footage.plain
        and footage.upright
        and footage.demuxer == "mov"
        and footage.matrix == "bt709"
        and not footage.full_range
    )
    if fills and plain and layer.speed == 1:
        yield Clip(footage, layer.source_us, layer.span.count)


def copy_clips(timeline: Timeline, run: Sequence[Clip], output: Path) -> bool:
    """Write the clips to an MP4 without sound. Returns False, without a file, if they cannot be copied.

    Each file is read twice: to check all frames before the first is written, and to write.
    """
    try:
        with ExitStack() as opened:
            sources = {path: opened.enter_context(_open(path)) for path in {clip.footage.path for clip in run}}
            if not _same_parameters([_stream(sources[clip.footage.path], clip) for clip in run]):
                return False
            delay = max(_delay(_packets(sources[clip.footage.path], clip, timeline.rate), clip) for clip in run)
            if delay > LONGEST_DELAY:
                return False
            _write(timeline, run, sources, delay, output)
    except (FFmpegError, OSError, _Uneven):
        output.unlink(missing_ok=True)
        return False
    return True


class _Uneven(Exception):
    """A clip is not a run of whole groups of evenly spaced frames."""


def _open(path: Path) -> InputContainer:
    return opened(path, "mov", demuxer_options("mov"))


def _stream(source: InputContainer, clip: Clip) -> VideoStream:
    return next(stream for stream in source.streams.video if stream.index == clip.footage.stream)


def _same_parameters(streams: Sequence[VideoStream]) -> bool:
    """Whether one decoder can decode all streams in sequence."""
    codecs = {stream.codec_context.codec.canonical_name for stream in streams}
    parameters = {bytes(stream.codec_context.extradata or b"") for stream in streams}
    return codecs == {"h264"} and len(parameters) == 1 and b"" not in parameters


@dataclass(frozen=True, slots=True)
class _Coded:
    """A packet, and the number of its frame in the clip."""

    packet: "Packet[VideoStream]"
    frame: int


def _packets(source: InputContainer, clip: Clip, rate: Fraction) -> Iterator[_Coded]:
    """The clip's packets in decoding order. Raises `_Uneven`."""
    stream = _stream(source, clip)
    base, start_us = stream.time_base or Fraction(1, US), source.start_time or 0
    half_frame_us = round(US / rate / 2)
    source.seek(round(clip.source_us) + start_us + half_frame_us, backward=True)
    timed = ((packet, packet.pts) for packet in source.demux(stream) if packet.pts is not None)
    placed = ((packet, (pts * base - Fraction(start_us + round(clip.source_us), US)) * rate) for packet, pts in timed)
    ahead = dropwhile(lambda each: each[1] < -NEAR_FRAMES, placed)
    first = next(ahead, None)
    if first is None or not first[0].is_keyframe:
        raise _Uneven
    for packet, place in islice(chain([first], ahead), clip.frames):
        if abs(place - round(place)) > NEAR_FRAMES:
            raise _Uneven
        yield _Coded(packet, round(place))
    after = next(ahead, None)
    if after is not None and not after[0].is_keyframe:
        raise _Uneven


def _delay(packets: Iterator[_Coded], clip: Clip) -> int:
    """The reordering delay in frames. Raises `_Uneven` unless every frame exists once."""
    frames = [coded.frame for coded in packets]
    if sorted(frames) != list(range(clip.frames)):
        raise _Uneven
    return max(order - frame for order, frame in enumerate(frames))


def _write(
    timeline: Timeline, run: Sequence[Clip], sources: dict[Path, InputContainer], delay: int, output: Path
) -> None:
    options = {"video_track_timescale": str(timescale(timeline.rate))}
    with av.open(str(output), "w", format="mp4", options=options) as target:
        template = _stream(sources[run[0].footage.path], run[0])
        written = target.add_stream_from_template(template)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs
        done = 0
        for clip in run:
            for order, coded in enumerate(_packets(sources[clip.footage.path], clip, timeline.rate)):
                packet = coded.packet
                packet.stream, packet.time_base = written, 1 / timeline.rate
                packet.pts, packet.dts, packet.duration = done + coded.frame, done + order - delay, 1
                target.mux(packet)  # pyright: ignore[reportUnknownMemberType]  # PyAV's Packet has no default type
            done += clip.frames
