"""From a chunk of the timeline to the arguments of ffmpeg. Pure; graphs are made of numbers and our own words only."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from services.render.geometry import Box, Pose
from services.render.media import MAX_VIDEO_PIXELS, Footage
from services.render.photos import Still
from services.render.plan import Chunk, Piece, Use
from services.render.timeline import Span, Timeline

SAMPLING_BIAS = 0.1
"""In output frames: a frame shows the newest picture of the footage that is due at most 0.4 of a frame later.
Footage whose frames fall exactly between ours is taken evenly then, in spite of rounded timestamps.
"""
TAGS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
ENCODER = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
"""A little better than what the eye notices, at about a twentieth of a core per frame of 720p."""
LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p")
COLOR_TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")


@dataclass(frozen=True, slots=True)
class Command:
    """Inputs and a graph whose result is named `out`."""

    inputs: tuple[str, ...]
    graph: str


def chunk_command(
    timeline: Timeline, chunk: Chunk, number: int, under: Path | None, seeks: Mapping[Use, int]
) -> Command:
    """The picture of a chunk up to and with its pass `number`; `under` is what the pass before it made.

    `seeks` says where to seek to for the footage of a use, at most its `from_us`.
    """
    builder = _Builder(timeline, chunk.span, seeks)
    base = builder.lossless(under) if under else builder.base(chunk.base)
    for use in chunk.passes[number]:
        base = builder.over(base, use)
    return builder.command(base)


def output_arguments(timeline: Timeline, span: Span, *, lossless: bool, threads: int) -> list[str]:
    """How the picture named `out` is written."""
    rate = _fraction(timeline.rate)
    return [
        *("-map", "[out]", "-an", "-sn", "-dn", "-r", rate, "-fps_mode", "cfr", "-frames:v", str(span.count)),
        *(LOSSLESS if lossless else ENCODER),
        *("-threads", str(threads)),
        *COLOR_TAGS,
        *("-video_track_timescale", str(timescale(timeline.rate)), "-f", "mp4"),
    ]


def timescale(rate: Fraction) -> int:
    """Ticks a second in which every frame takes a whole number of ticks."""
    return rate.numerator * max(1, math.ceil(10_000 / rate.numerator))


def footage_input(footage: Footage, seek_us: int) -> list[str]:
    """Arguments that open a video from the keyframe before a time on; only its own kind of file, and no other file."""
    seek = ["-noaccurate_seek", "-ss", f"{seek_us}us"] if seek_us else []
    again = ["-stream_loop", "-1"] if footage.loop_frames else []
    guard = ["-max_pixels", str(MAX_VIDEO_PIXELS), "-protocol_whitelist", "file", "-f", footage.demuxer]
    return [*again, *seek, *guard, "-i", str(footage.path)]


def from_us(use: Use, rate: Fraction) -> int:
    """Where in its footage a use begins; past the end that is the last frame, or a time in the next round."""
    footage = use.layer.picture
    assert isinstance(footage, Footage)  # noqa: S101 - only footage has times
    time_us = use.layer.source_at_us(use.span.start, rate)
    return time_us % footage.end_us if footage.loop_frames else min(time_us, footage.last_frame_us)


class _Builder:
    """Collects the inputs and the chains of one graph."""

    def __init__(self, timeline: Timeline, span: Span, seeks: Mapping[Use, int]) -> None:
        self._timeline = timeline
        self._span = span
        self._seeks = seeks
        self._inputs: list[str] = []
        self._count = 0
        self._chains: list[str] = []
        self._labels = 0

    def command(self, last: str) -> Command:
        """What was collected; `last` is the label that is written."""
        self._chains.append(f"{last}null[out]")
        return Command(tuple(self._inputs), ";\n".join(self._chains))

    def lossless(self, path: Path) -> str:
        """The result of the pass before."""
        source = self._open(["-protocol_whitelist", "file", "-f", "mov", "-i", str(path)], 0)
        return self._chain(source, [f"settb={self._tick}", "setpts=N", TAGS])

    def base(self, pieces: Sequence[Piece]) -> str:
        """The pieces one after the other, each as large as the canvas and opaque."""
        labels = [self._piece(piece) for piece in pieces]
        if len(labels) == 1:
            return self._chain(labels[0], [f"settb={self._tick}", "setpts=N"])
        together = f"concat=n={len(labels)}:v=1:a=0"
        return self._chain("".join(labels), [together, f"settb={self._tick}", "setpts=N"])

    def over(self, under: str, use: Use) -> str:
        """The use's layer laid over `under`."""
        shape = over_shape(use)
        source, steps = self._source(use)
        span = Span(use.span.start - self._span.start, use.span.end - self._span.start)
        top = self._chain(source, [*steps, *shape.steps, f"settb={self._tick}", f"setpts=PTS+{span.start}"])
        place = f"x={shape.box.left}:y={shape.box.top}:format=yuv420"
        while_seen = "" if span == Span(0, self._span.count) else f":enable='{self._during(span)}'"
        return self._chain(under + top, [f"overlay={place}:eof_action=repeat{while_seen}"])

    def _during(self, span: Span) -> str:
        """An expression that holds for a span's frames: by time, since ffmpeg 5 counts those of either input."""
        start, end = ((frame - 0.5) / float(self._timeline.rate) for frame in (span.start, span.end))
        return f"gte(t,{start:.6f})*lt(t,{end:.6f})"

    def _piece(self, piece: Piece) -> str:
        size = f"{self._timeline.width}:{self._timeline.height}"
        if piece.use is None:
            red, green, blue, _ = (round(part * 255) for part in self._timeline.background)
            source = f"color=c=0x{red:02x}{green:02x}{blue:02x}:s={size.replace(':', 'x')}:r={self._rate}"
            steps = ["trim=end_frame=1", "format=gbrp", _to_bt709(None), "format=yuv420p", TAGS]
            return self._chain("", [source, *steps, *_held(piece.span.count)])
        source, steps = self._source(piece.use)
        steps += base_steps(piece.use, self._timeline)
        if isinstance(piece.use.layer.picture, Still):
            steps += _held(piece.span.count)
        return self._chain(source, steps)

    def _source(self, use: Use) -> tuple[str, list[str]]:
        """Where a layer's frames come from, and the steps that make of footage one for each frame of the timeline;
        a still has one frame, which is worked on once.
        """
        picture = use.layer.picture
        if isinstance(picture, Still):
            arguments = ["-protocol_whitelist", "file", "-f", "png_pipe", "-framerate", self._rate]
            return self._open([*arguments, "-i", str(picture.path)], 0), [f"settb={self._tick}", "setpts=0"]
        seek_us = self._seeks.get(use, 0)
        source = self._open(footage_input(picture, seek_us), picture.stream)
        shift_us = (from_us(use, self._timeline.rate) - seek_us) / use.layer.speed
        bias_us = SAMPLING_BIAS * 1_000_000 / float(self._timeline.rate)
        speed = "" if use.layer.speed == 1 else f"/{use.layer.speed:.9f}"
        return source, [
            "settb=1/1000000",
            *_rounds(picture),
            f"setpts=PTS{speed}{bias_us - shift_us:+.0f}",
            f"fps=fps={self._rate}:start_time=0:eof_action=pass",  # a source of less than half a frame gives one, too
            *_held(use.span.count),
        ]

    def _open(self, arguments: list[str], stream: int) -> str:
        self._inputs += arguments
        self._count += 1
        return f"[{self._count - 1}:{stream}]"

    def _chain(self, source: str, steps: Sequence[str]) -> str:
        self._labels += 1
        label = f"[p{self._labels}]"
        self._chains.append(source + ",".join(steps) + label)
        return label

    @property
    def _rate(self) -> str:
        return _fraction(self._timeline.rate)

    @property
    def _tick(self) -> str:
        return _fraction(1 / self._timeline.rate)


def _held(count: int) -> list[str]:
    """Exactly `count` frames: the last one stays when there are too few."""
    return ["tpad=stop=-1:stop_mode=clone", f"trim=end_frame={count}"]


def _rounds(footage: Footage) -> list[str]:
    """Times that go on from round to round; ffmpeg's own forget how long the last frame of a round was."""
    if not footage.loop_frames:
        return []
    within, start = "PREV_OUTPTS+PTS-PREV_INPTS", f"N/{footage.loop_frames}*{footage.end_us}"
    return [f"setpts='if(mod(N,{footage.loop_frames}),{within},{start})'"]


def _fraction(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"


@dataclass(frozen=True, slots=True)
class Shape:
    """The steps from a source's frames to a picture that fills `box` of the canvas."""

    box: Box
    steps: tuple[str, ...]


def base_steps(use: Use, timeline: Timeline) -> list[str]:
    """From an opaque layer's frames to frames of the whole canvas, black around them."""
    box, canvas = use.layer.pose.box(), timeline.canvas
    aligned = _aligned(box)
    steps = list(_upright(use, "yuv420p" if aligned or box.holds(canvas) else "yuv444p"))
    inside = Box(max(0, box.left), max(0, box.top), min(canvas.right, box.right), min(canvas.bottom, box.bottom))
    if inside != box:
        x, y = inside.left - box.left, inside.top - box.top
        steps.append(f"crop=w={inside.width}:h={inside.height}:x={x}:y={y}:exact=1")
    if inside != canvas:
        steps.append(f"pad=w={canvas.width}:h={canvas.height}:x={inside.left}:y={inside.top}:color=black")
    return [*steps, "format=yuv420p", TAGS]


def over_shape(use: Use) -> Shape:
    """From a layer's frames to what is laid over others: on even pixels, clear around the picture and in its alpha."""
    pose = use.layer.pose
    box = pose.box()
    if pose.quarter_turns is None:
        box = _turned_box(pose)
        steps = [*_upright(use, "yuva444p"), *_turn(pose, box, has_alpha=use.layer.picture.has_alpha)]
    elif _aligned(box):
        steps = list(_upright(use, "yuva420p" if use.layer.picture.has_alpha or pose.alpha < 1 else "yuv420p"))
    else:
        even = box.even()
        pad = f"pad=w={even.width}:h={even.height}:x={box.left - even.left}:y={box.top - even.top}:color=black@0"
        steps = [*_upright(use, "yuva444p"), pad]
        box = even
    if pose.alpha < 1:
        steps.append(f"lutyuv=a=val*{pose.alpha:.6f}")
    return Shape(box, (*steps, TAGS))


def _aligned(box: Box) -> bool:
    return box == box.even()


def _upright(use: Use, pixel_format: str) -> Iterator[str]:
    """Crop, scale, flip, and turn by quarters; colours become BT.709 in limited range."""
    picture, pose, region = use.layer.picture, use.layer.pose, use.layer.region
    if region != Box(0, 0, picture.pixel_width, picture.pixel_height):
        yield f"crop=w={region.width}:h={region.height}:x={region.left}:y={region.top}:exact=1"
    turns = pose.quarter_turns
    if turns is None:
        width, height = max(2, round(pose.width)), max(2, round(pose.height))
    else:
        box = pose.box()
        width, height = (box.height, box.width) if turns % 2 else (box.width, box.height)
    footage = picture if isinstance(picture, Footage) else None
    resized = (width, height) != (region.width, region.height)
    if resized or not _fits(footage, pixel_format):
        yield _to_bt709(footage, width, height)
    yield f"format={pixel_format}"
    yield "setsar=1"
    yield from (step for step, wanted in (("hflip", pose.flip_horizontal), ("vflip", pose.flip_vertical)) if wanted)
    yield from ((), ("transpose=clock",), ("hflip", "vflip"), ("transpose=cclock",))[turns or 0]


def _fits(footage: Footage | None, pixel_format: str) -> bool:
    """Whether frames are as they must be already."""
    plain = footage is not None and footage.plain and not footage.full_range and footage.matrix == "bt709"
    return plain and pixel_format == "yuv420p"


def _to_bt709(footage: Footage | None, width: int | None = None, height: int | None = None) -> str:
    """A scale step; without a size it only converts colours. RGB has no matrix to come from."""
    size = f"w={width}:h={height}:" if width and height else ""
    source = ""
    if footage is not None and footage.matrix is not None:
        source = f"in_color_matrix={footage.matrix}:in_range={'pc' if footage.full_range else 'tv'}:"
    return f"scale={size}{source}out_color_matrix=bt709:out_range=tv"


def _turned_box(pose: Pose) -> Box:
    """A box of even pixels around a turned picture, with the picture's centre at its own."""
    around = pose.box()
    x, y = round(pose.center_x), round(pose.center_y)
    left = min(around.left, 2 * x - around.right) // 2 * 2 - 2
    top = min(around.top, 2 * y - around.bottom) // 2 * 2 - 2
    return Box(left, top, 2 * x - left, 2 * y - top)


def _turn(pose: Pose, box: Box, *, has_alpha: bool) -> Iterator[str]:
    """A clear edge around the picture, so that it is smooth; then turned at a size that keeps the corners.

    In between, colours are multiplied by alpha: mixed with a clear pixel's black they would be too dark.
    """
    angle = math.radians(pose.rotation_deg)
    yield TAGS
    if has_alpha:
        yield "premultiply=inplace=1"
    yield "pad=w=iw+4:h=ih+4:x=2:y=2:color=black@0"
    yield f"rotate=a={angle:.9f}:ow={box.width}:oh={box.height}:c=black@0"
    yield "unpremultiply=inplace=1"
