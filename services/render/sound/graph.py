"""ffmpeg arguments that mix the timeline's sounds: each is decoded once, in groups of bounded size. Pure.

A mix below full scale keeps its level; a limiter reduces peaks that would clip. `services/render/sound/mix.py` runs the
commands.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.render.media.channels import any_to_stereo, to_stereo
from services.render.media.containers import input_options
from services.render.media.sound_tracks import SoundTrack
from services.render.process.ffmpeg import LONGEST_ARGUMENT
from services.render.sound.volume_curve import volume_expression
from services.render.timeline.scene import US, Sound

SAMPLE_RATE = 48_000
MAX_SOUNDS = 16
"""Maximum number of inputs of one mix; more are mixed in groups first."""
STEP_LENGTH = 200
"""Maximum length that an input adds to a graph beside its steps, in characters."""
PREROLL_US = 300_000
"""Decoding begins this much earlier: MP3 and AAC need some frames to settle."""
SLACK_US = 200_000
"""A time-stretched sound is read this much longer, or its end would be cut."""
LIMITER = "alimiter=limit=0.99:attack=5:release=50:level=0:latency=1"
"""Just below full scale: AAC decodes peaks slightly higher than encoded."""
SMOOTHEST_TEMPO, SLOWEST_TEMPO = 2.0, 0.5
"""Beyond 2, one atempo skips samples; below 0.5 it fails. Steps between them are chained."""
TEMPO_BIAS = 0.02
"""Offset added before atempo and subtracted after it. atempo aligns windows where they match best, and in silence all
positions match: it takes the farthest, and the next onset comes up to 25 ms early. With an offset it takes the nearest.
"""
TEMPO_EARLY_US = 12_000
"""Slowed down, onsets come early by this part of the added time: each is audible in every window that holds it."""
_TOLERANT = ("-max_error_rate", "1")
"""Decoding errors do not end the mix; `damage.decode` reports what is lost."""
_RAW = ("-ar", str(SAMPLE_RATE), "-ac", "2")


@dataclass(frozen=True, slots=True)
class MixInput:
    """An input of a mix: arguments that open it, filter steps, and its first sample in the timeline."""

    inputs: tuple[str, ...]
    stream: int
    steps: tuple[str, ...]
    start: int


def mix_input(sound: Sound) -> MixInput:
    """The input of a sound that is played forwards."""
    lead_us = _lead_us(sound)
    early_us = _early_us(sound)
    steps = _decoded(sound, lead_us - min(lead_us, early_us), _read_us(sound) + min(lead_us, early_us))
    shape = _shape(sound, early_us - min(lead_us, early_us))
    return MixInput(tuple(_opened(sound, lead_us)), sound.track.stream, (*steps, *shape), samples(sound.start_us))


def stretch_arguments(sound: Sound, output: Path) -> list[str]:
    """Arguments that write the part of a file that a reversed sound plays, as raw samples; missing samples are
    silence.
    """
    lead_us, length_us = _lead_us(sound), round(sound.duration_us * sound.speed)
    steps = (*_decoded(sound, lead_us, length_us), f"apad=whole_len={samples(length_us)}")
    graph = f"[0:{sound.track.stream}]{','.join(steps)}[out]"
    written = ("-map", "[out]", "-f", "f32le", *_RAW, str(output))
    return [*_TOLERANT, *_opened(sound, lead_us), "-filter_complex", graph, *written]


def uniform_arguments(track: SoundTrack, output: Path) -> list[str]:
    """Arguments that write a track with changing channels or sample rate as a uniform one. At a change ffmpeg restarts
    the graph and its counters, so nothing here counts.
    """
    opened = (*_TOLERANT, "-skip_initial_bytes", str(track.skip_bytes), "-vn", *input_options(track.demuxer))
    steps = f"aformat=sample_fmts=fltp,{any_to_stereo(partly_mono=track.partly_mono)}"
    written = ("-af", steps, "-c:a", "pcm_f32le", *_RAW, "-rf64", "auto", "-f", "wav", str(output))
    return [*opened, "-i", str(track.path), "-map", f"0:{track.stream}", *written]


def reversed_input(sound: Sound, stretch: Path) -> MixInput:
    """The input of a reversed sound; `stretch` is the output of `stretch_arguments`, reversed."""
    inputs = (*input_options("f32le"), *_RAW, "-i", str(stretch))
    steps = ("aformat=sample_fmts=fltp:channel_layouts=stereo", *_shape(sound, _early_us(sound)))
    return MixInput(inputs, 0, steps, samples(sound.start_us))


def group_input(path: Path, start: int) -> MixInput:
    """The input of a group mixed before."""
    return MixInput((*input_options("nut"), "-i", str(path)), 0, (), start)


def groups(inputs: Sequence[MixInput]) -> list[list[MixInput]]:
    """The inputs in groups of neighbours in time, within the limits of one mix in number and length of the graph."""
    made: list[list[MixInput]] = [[]]
    length = 0
    for each in inputs:
        steps = sum(map(len, each.steps)) + STEP_LENGTH
        if made[-1] and (len(made[-1]) == MAX_SOUNDS or length + steps > LONGEST_ARGUMENT):
            made.append([])
            length = 0
        made[-1].append(each)
        length += steps
    return made


def group_arguments(inputs: Sequence[MixInput], output: Path) -> list[str]:
    """Arguments that mix a group losslessly, from its first sample on."""
    start = min(each.start for each in inputs)
    return [*_mix(inputs, start, ()), "-map", "[out]", "-c:a", "pcm_f32le", "-f", "nut", str(output)]


def track_arguments(
    inputs: Sequence[MixInput], start_us: int, duration_us: int, output: Path, live: Path | None = None
) -> list[str]:
    """Arguments that mix the inputs to the video's sound, which is `duration_us` long from `start_us` on. What lies
    before is mixed too, so that the limiter acts as in the whole. The encoded sound goes to `live` as well, as ADTS.
    """
    start, end = samples(start_us), samples(start_us + duration_us)
    begin = (f"atrim=start_sample={start}", "asetpts=PTS-STARTPTS") if start else ()
    steps = (f"apad=whole_len={end}", f"atrim=end_sample={end}", LIMITER, *begin)
    aac = ("-c:a", "aac", "-b:a", "192k", "-ar", str(SAMPLE_RATE), "-ac", "2")
    written = ["-f", "mp4", str(output)]
    if live is not None:
        both = f"[f=mp4]{_quoted(output)}|[f=adts]{_quoted(live)}"
        written = ["-flags:a", "+global_header", "-f", "tee", both]
    return [*_mix(inputs, 0, steps), "-map", "[out]", *aac, *written]


def _quoted(path: Path) -> str:
    """A path in ffmpeg's quotes, within which only the quote itself has a meaning."""
    return "'{}'".format(str(path).replace("'", "'\\''"))


def samples(time_us: float) -> int:
    """A time as a number of samples."""
    return round(time_us * SAMPLE_RATE / US)


def _mix(inputs: Sequence[MixInput], start: int, steps: Sequence[str]) -> Iterator[str]:
    chains: list[str] = []
    for index, each in enumerate(inputs):
        yield from each.inputs
        delay = f"adelay=delays={each.start - start}S:all=1"
        chains.append(f"[{index}:{each.stream}]{','.join([*each.steps, delay])}[s{index}]")
    labels = "".join(f"[s{index}]" for index in range(len(inputs)))
    mix = f"amix=inputs={len(inputs)}:normalize=0:dropout_transition=0:duration=longest"
    chains.append(f"{labels}{','.join([mix, *steps])}[out]")
    yield from (*_TOLERANT, "-filter_complex", ";\n".join(chains))


def _lead_us(sound: Sound) -> int:
    """The lead of decoding before the sound's first sample: back to the file's beginning if that is near."""
    return PREROLL_US if sound.source_us - PREROLL_US > sound.track.late_us else sound.source_us


def _opened(sound: Sound, lead_us: int) -> Iterator[str]:
    """Arguments that open the file `lead_us` before the sound."""
    if sound.source_us > lead_us:
        yield from ("-ss", f"{sound.source_us - lead_us}us")
    if sound.track.skip_bytes:
        yield from ("-skip_initial_bytes", str(sound.track.skip_bytes))
    yield from ("-vn", *input_options(sound.track.demuxer), "-i", str(sound.track.path))


def _read_us(sound: Sound) -> int:
    return round(sound.duration_us * sound.speed) + (0 if sound.speed == 1 else SLACK_US)


def _early_us(sound: Sound) -> int:
    """The time by which a slowed sound starts earlier in its source, so that onsets are not early."""
    return round(TEMPO_EARLY_US * max(0.0, 1 - sound.speed)) if sound.keep_pitch else 0


def _decoded(sound: Sound, skip_us: int, length_us: int) -> Iterator[str]:
    """Steps from decoded samples to 48 kHz stereo; `skip_us` are dropped before `length_us`."""
    if sound.track.late_us and _lead_us(sound) == sound.source_us:
        yield f"asetpts=PTS+{sound.track.late_us}/{US}/TB"
    mixed_down = to_stereo(sound.track.layout)
    if mixed_down:
        yield from ("aformat=sample_fmts=fltp", mixed_down)
    yield f"aresample={SAMPLE_RATE}:async=1:first_pts=0"
    yield "aformat=sample_fmts=fltp:channel_layouts=stereo"
    yield f"atrim=start_sample={samples(skip_us)}:end_sample={samples(skip_us + length_us)}"
    yield "asetpts=PTS-STARTPTS"


def _shape(sound: Sound, delay_us: int) -> Iterator[str]:
    """Steps for speed, length and volume; silence of `delay_us` precedes the change of speed."""
    yield from _speed(sound, delay_us)
    yield f"atrim=end_sample={samples(sound.duration_us)}"
    if sound.curve:
        yield f"aeval=exprs='val(ch)*({volume_expression(sound, SAMPLE_RATE)})':channel_layout=stereo"
    elif sound.volume != 1:
        yield f"volume=volume={sound.volume:.6f}:precision=float"
    if sound.fade_in_us:
        yield f"afade=t=in:st=0:d={sound.fade_in_us}us:curve=tri"
    if sound.fade_out_us:
        yield f"afade=t=out:st={sound.duration_us - sound.fade_out_us}us:d={sound.fade_out_us}us:curve=tri"


def _speed(sound: Sound, delay_us: int) -> Iterator[str]:
    if sound.speed == 1:
        return
    if not sound.keep_pitch:
        yield f"asetrate={round(SAMPLE_RATE * sound.speed)}"
        yield f"aresample={SAMPLE_RATE}"
        return
    if delay_us:
        yield f"adelay=delays={samples(delay_us)}S:all=1"
    yield f"apad=pad_len={samples(SLACK_US)}"  # atempo keeps back what nothing follows, at the end of a file
    yield f"aeval=exprs=val(ch)+{TEMPO_BIAS}:channel_layout=stereo"
    limit = SMOOTHEST_TEMPO if sound.speed > 1 else SLOWEST_TEMPO
    count = max(1, math.ceil(math.log(sound.speed) / math.log(limit) - 1e-9))
    yield from (f"atempo={sound.speed ** (1 / count):.9f}" for _ in range(count))
    yield f"aeval=exprs=val(ch)-{TEMPO_BIAS}:channel_layout=stereo"
