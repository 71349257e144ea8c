"""Readings of footage: each file is decoded once for all its simultaneous uses in a chunk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.drafts.time_warp import TimeWarp
from services.render.media.containers import input_options
from services.render.media.probe import MAX_VIDEO_PIXELS, Footage
from services.render.picture.chains import Chains, fraction, held
from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import US, Layer, Span, time_of

SAMPLING_BIAS = 0.1
"""In output frames: a frame shows the newest picture of the footage that is due at most 0.4 of a frame later. Footage
with frames exactly between output frames is then sampled evenly, despite rounded timestamps.
"""
SAME_PHASE_US = 100
"""Layers whose times differ by less show the same frames."""


@dataclass(frozen=True, slots=True)
class FootageUse:
    """A layer with footage, for some of its frames. `steady`: it is read only after all earlier frames are drawn."""

    layer: Layer
    span: Span
    steady: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Footage decoded once, with one frame for each of the timeline's in `span`."""

    segment_id: str
    footage: Footage
    span: Span
    source_us: float
    speed: float
    reverse: bool
    warp: TimeWarp | None = None
    """As a layer's."""

    @property
    def from_us(self) -> int:
        """The time in the footage at which it begins; past the end it is the last frame, or a time in the next loop,
        and before the beginning it is negative.
        """
        time_us = round(self.source_us)
        return time_us % self.footage.end_us if self.footage.loop_frames else min(time_us, self.footage.last_frame_us)

    def input_arguments(self, seek_us: int, threads: int = 1, *, quick: bool = False) -> list[str]:
        """Arguments that open the file at the keyframe before a time, with its own demuxer only. More `threads` decode
        faster, and hold more frames; `quick` leaves the edges of blocks as they are.
        """
        footage = self.footage
        seek = ["-noaccurate_seek", "-ss", f"{seek_us}us"] if seek_us else []
        again = ["-stream_loop", "-1"] if footage.loop_frames else []
        guard = ["-threads", str(threads), "-max_pixels", str(MAX_VIDEO_PIXELS), *input_options(footage.demuxer)]
        decoder = [f"-c:{footage.stream}", footage.decoder] if footage.decoder else []
        rough = ["-skip_loop_filter", "all"] if quick else []
        changes = ["-reinit_filter", "0"] if footage.upright else []
        return [*again, *seek, *guard, *decoder, *rough, *changes, "-i", str(footage.path)]


def readings(uses: Sequence[FootageUse], rate: Fraction) -> dict[FootageUse, Reading]:
    """The reading of each use.

    Uses share a reading only if none has to buffer frames while later ones are drawn: `steady` uses, which follow each
    other, and uses that begin together with the first of them.
    """
    groups: dict[tuple[object, ...], list[FootageUse]] = {}
    for use in sorted(uses, key=lambda each: (not each.steady, each.span)):
        layer, key = use.layer, _key(use, rate)
        begun = groups.get(key)
        if layer.reverse:
            groups[*key, use.span, use.steady] = [use]
        elif begun is None or use.steady or begun[0].span.start == use.span.start:
            groups.setdefault(key, []).append(use)
        else:
            groups.setdefault((*key, use.span.start), []).append(use)
    return {use: reading for group in groups.values() for reading in [_reading(group, rate)] for use in group}


def _key(use: FootageUse, rate: Fraction) -> tuple[object, ...]:
    layer = use.layer
    if layer.warp is not None:
        return layer.segment_id, layer.picture, layer.warp
    phase_us = layer.source_us - float(layer.span.start * US / rate) * layer.speed
    return layer.segment_id, layer.picture, layer.speed, layer.reverse, round(phase_us / SAME_PHASE_US)


def _reading(group: Sequence[FootageUse], rate: Fraction) -> Reading:
    layer = group[0].layer
    footage = layer.picture
    assert isinstance(footage, Footage)  # noqa: S101 - uses are of footage only
    span = Span(min(use.span.start for use in group), max(use.span.end for use in group))
    if layer.warp is not None:
        source_us = layer.warp.source_us(time_of(span.start, rate))
        return Reading(layer.segment_id, footage, span, source_us, layer.speed, layer.reverse, layer.warp)
    skipped = layer.span.end - span.end if layer.reverse else span.start - layer.span.start
    source_us = layer.source_us + float(skipped * US / rate) * layer.speed
    return Reading(layer.segment_id, footage, span, source_us, layer.speed, layer.reverse)


class Sources:
    """The readings of a graph, each opened at its first use."""

    def __init__(
        self,
        chains: Chains,
        uses: Mapping[FootageUse, Reading],
        seeks: Mapping[Reading, int],
        rate: Fraction,
        threads: int,
        *,
        quick: bool,
    ) -> None:
        self._chains = chains
        self._threads = threads
        self._quick = quick
        self._footage_uses = uses
        self._seeks = seeks
        self._rate = rate
        self._cut: dict[FootageUse, str] = {}

    def frames(self, use: FootageUse) -> str:
        """The label of a use's frames: one for each frame of its span, the first at time 0."""
        if use not in self._cut:
            reading = self._footage_uses[use]
            self._cut |= self._opened(reading, [each for each, other in self._footage_uses.items() if other == reading])
        return self._cut.pop(use)

    def _opened(self, reading: Reading, uses: Sequence[FootageUse]) -> dict[FootageUse, str]:
        seek_us = self._seeks.get(reading, 0)
        arguments = reading.input_arguments(seek_us, self._threads, quick=self._quick)
        source = self._chains.open(arguments, reading.footage.stream)
        whole = self._chains.chain(source, list(self._sampled(reading, seek_us)))
        labels = self._chains.split(whole, len(uses))
        return {use: self._trimmed(label, reading, use) for use, label in zip(uses, labels, strict=True)}

    def _sampled(self, reading: Reading, seek_us: int) -> Iterable[str]:
        begin_us = seek_us or reading.footage.late_us
        bias_us = SAMPLING_BIAS * US / float(self._rate)
        yield from _one_size(reading.footage)
        if reading.footage.interlaced:
            yield "bwdif=mode=send_frame:deint=interlaced"
        yield "settb=1/1000000"
        yield from _rounds(reading.footage)
        yield f"setpts='{self._due(reading, begin_us)}{bias_us:+.0f}'"
        # a source shorter than half a frame gives one, too
        yield f"fps=fps={fraction(self._rate)}:start_time=0:eof_action=pass"
        yield from held(reading.span.count)

    def _due(self, reading: Reading, begin_us: int) -> str:
        """The time at which a frame is due, in µs from the reading's first frame; `begin_us` is the file's time 0."""
        if reading.warp is not None:
            start_us = reading.warp.time_us(reading.from_us)
            points = ((source_us, time_us - start_us) for time_us, source_us in reading.warp.endless().points)
            return f"({Ramp(tuple(points)).expression(f'(PTS+{begin_us})')})"
        shift_us = (reading.from_us - begin_us) / reading.speed
        speed = "" if reading.speed == 1 else f"/{reading.speed:.9f}"
        return f"PTS{speed}{-shift_us:+.0f}"

    def _trimmed(self, label: str, reading: Reading, use: FootageUse) -> str:
        if use.span == reading.span:
            return label
        start, end = use.span.start - reading.span.start, use.span.end - reading.span.start
        return self._chains.chain(label, [f"trim=start_frame={start}:end_frame={end}", "setpts=PTS-STARTPTS"])


def _one_size(footage: Footage) -> Iterator[str]:
    """A step that gives all frames the first one's size and pixel format, which recordings of screens and calls change.

    By default ffmpeg would set the graph up anew, and lose count. For frames that it rotates or mirrors it must: those
    steps precede this one, and take the size for granted.
    """
    if footage.upright:
        yield f"scale=w={footage.pixel_width}:h={footage.pixel_height}"


def _rounds(footage: Footage) -> Iterator[str]:
    """A step that makes times of a loop continuous; ffmpeg's own loop loses the length of the last frame."""
    if footage.loop_frames:
        within, start = "PREV_OUTPTS+PTS-PREV_INPTS", f"N/{footage.loop_frames}*{footage.end_us}"
        yield f"setpts='if(mod(N,{footage.loop_frames}),{within},{start})'"
