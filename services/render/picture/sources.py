"""Reading footage: each file is decoded once for all that a chunk shows of it at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.render.media.containers import only
from services.render.media.probe import MAX_VIDEO_PIXELS, Footage
from services.render.picture.chains import Chains, fraction, held
from services.render.timeline.scene import US, Layer, Span

SAMPLING_BIAS = 0.1
"""In output frames: a frame shows the newest picture of the footage that is due at most 0.4 of a frame later.
Footage whose frames fall exactly between ours is taken evenly then, in spite of rounded timestamps.
"""
SAME_PHASE_US = 100
"""Two layers whose times differ by less show the same frames."""


@dataclass(frozen=True, slots=True)
class Look:
    """A layer with footage, for some of its frames. `steady` when it is wanted only once all before it was drawn."""

    layer: Layer
    span: Span
    steady: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Footage decoded once, one frame for each of the timeline's in `span`."""

    segment_id: str
    footage: Footage
    span: Span
    source_us: float
    speed: float
    reverse: bool

    @property
    def from_us(self) -> int:
        """Where in the footage it begins; past the end that is the last frame, or a time in the next round.
        Before the footage's beginning it is negative.
        """
        time_us = round(self.source_us)
        return time_us % self.footage.end_us if self.footage.loop_frames else min(time_us, self.footage.last_frame_us)

    def input_arguments(self, seek_us: int, threads: int = 1) -> list[str]:
        """Arguments that open the file from the keyframe before a time on; only its own kind of file, and no other.
        More `threads` decode faster, and hold more frames.
        """
        footage = self.footage
        seek = ["-noaccurate_seek", "-ss", f"{seek_us}us"] if seek_us else []
        again = ["-stream_loop", "-1"] if footage.loop_frames else []
        guard = ["-threads", str(threads), "-max_pixels", str(MAX_VIDEO_PIXELS), *only(footage.demuxer)]
        decoder = [f"-c:{footage.stream}", footage.decoder] if footage.decoder else []
        return [*again, *seek, *guard, *decoder, "-i", str(footage.path)]


def readings(looks: Sequence[Look], rate: Fraction) -> dict[Look, Reading]:
    """Which reading each look is cut from.

    Looks share one only if none has to wait with frames in memory until others, later ones, are drawn: looks that
    come one after the other by themselves (`steady`), and others that begin together with the first of them.
    """
    groups: dict[tuple[object, ...], list[Look]] = {}
    for look in sorted(looks, key=lambda each: (not each.steady, each.span)):
        layer, key = look.layer, _key(look, rate)
        begun = groups.get(key)
        if layer.reverse:
            groups[*key, look.span, look.steady] = [look]
        elif begun is None or look.steady or begun[0].span.start == look.span.start:
            groups.setdefault(key, []).append(look)
        else:
            groups.setdefault((*key, look.span.start), []).append(look)
    return {look: reading for group in groups.values() for reading in [_reading(group, rate)] for look in group}


def _key(look: Look, rate: Fraction) -> tuple[object, ...]:
    layer = look.layer
    phase_us = layer.source_us - float(layer.span.start * US / rate) * layer.speed
    return layer.segment_id, layer.picture, layer.speed, layer.reverse, round(phase_us / SAME_PHASE_US)


def _reading(group: Sequence[Look], rate: Fraction) -> Reading:
    layer = group[0].layer
    footage = layer.picture
    assert isinstance(footage, Footage)  # noqa: S101 - looks are at footage only
    span = Span(min(look.span.start for look in group), max(look.span.end for look in group))
    skipped = layer.span.end - span.end if layer.reverse else span.start - layer.span.start
    source_us = layer.source_us + float(skipped * US / rate) * layer.speed
    return Reading(layer.segment_id, footage, span, source_us, layer.speed, layer.reverse)


class Sources:
    """The readings of one graph, each opened when it is first asked for."""

    def __init__(
        self, chains: Chains, looks: Mapping[Look, Reading], seeks: Mapping[Reading, int], rate: Fraction, threads: int
    ) -> None:
        self._chains = chains
        self._threads = threads
        self._looks = looks
        self._seeks = seeks
        self._rate = rate
        self._cut: dict[Look, str] = {}

    def frames(self, look: Look) -> str:
        """The label of a look's frames: one for each frame of its span, the first at time 0."""
        if look not in self._cut:
            reading = self._looks[look]
            self._cut |= self._opened(reading, [each for each, other in self._looks.items() if other == reading])
        return self._cut.pop(look)

    def _opened(self, reading: Reading, looks: Sequence[Look]) -> dict[Look, str]:
        seek_us = self._seeks.get(reading, 0)
        source = self._chains.open(reading.input_arguments(seek_us, self._threads), reading.footage.stream)
        whole = self._chains.chain(source, list(self._sampled(reading, seek_us)))
        labels = self._chains.split(whole, len(looks))
        return {look: self._trimmed(label, reading, look) for look, label in zip(looks, labels, strict=True)}

    def _sampled(self, reading: Reading, seek_us: int) -> Iterable[str]:
        begin_us = seek_us or reading.footage.late_us
        shift_us = (reading.from_us - begin_us) / reading.speed
        bias_us = SAMPLING_BIAS * US / float(self._rate)
        speed = "" if reading.speed == 1 else f"/{reading.speed:.9f}"
        if reading.footage.interlaced:
            yield "bwdif=mode=send_frame:deint=interlaced"
        yield "settb=1/1000000"
        yield from _rounds(reading.footage)
        yield f"setpts=PTS{speed}{bias_us - shift_us:+.0f}"
        # a source of less than half a frame gives one, too
        yield f"fps=fps={fraction(self._rate)}:start_time=0:eof_action=pass"
        yield from held(reading.span.count)

    def _trimmed(self, label: str, reading: Reading, look: Look) -> str:
        if look.span == reading.span:
            return label
        start, end = look.span.start - reading.span.start, look.span.end - reading.span.start
        return self._chains.chain(label, [f"trim=start_frame={start}:end_frame={end}", "setpts=PTS-STARTPTS"])


def _rounds(footage: Footage) -> Iterator[str]:
    """Times that go on from round to round; ffmpeg's own forget how long the last frame of a round was."""
    if footage.loop_frames:
        within, start = "PREV_OUTPTS+PTS-PREV_INPTS", f"N/{footage.loop_frames}*{footage.end_us}"
        yield f"setpts='if(mod(N,{footage.loop_frames}),{within},{start})'"
