"""From the timeline's sounds to the arguments that mix them: decoded once each, in groups of bounded size. Pure.

Nothing changes the level of a mix that stays below full scale; a limiter holds down what would clip.
`services/render/sound/mix.py` runs all this.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.render.media.channels import any_to_stereo, to_stereo
from services.render.media.containers import only
from services.render.media.sound_tracks import SoundTrack
from services.render.process.ffmpeg import LONGEST_ARGUMENT
from services.render.sound.volume_curve import loudness
from services.render.timeline.scene import US, Sound

SAMPLE_RATE = 48_000
MAX_SOUNDS = 16
"""Sounds mixed at once; more are mixed in groups first."""
STEP_LENGTH = 200
"""What a part adds to a graph beside its steps, at most."""
PREROLL_US = 300_000
"""MP3 and AAC need some frames before their sound is right, so decoding begins this much earlier."""
SLACK_US = 200_000
"""A stretched sound needs a little more than its length, or its end would be cut."""
LIMITER = "alimiter=limit=0.99:attack=5:release=50:level=0:latency=1"
"""Just below full scale: AAC gives back peaks a little higher than it got them."""
SMOOTHEST_TEMPO, SLOWEST_TEMPO = 2.0, 0.5
"""Beyond 2, one atempo skips samples; below 0.5 it refuses. Steps between them are chained."""
TEMPO_BIAS = 0.02
"""Added before atempo and taken away after it. It fits windows together where they are most alike, and in silence all
places are: it takes the farthest, and the next onset comes up to 25 ms early. With this it takes the nearest.
"""
TEMPO_EARLY_US = 12_000
"""Slowed down, onsets come early by this much of the added time: each is heard in every window that holds it."""
_TOLERANT = ("-max_error_rate", "1")
"""However much of a sound does not decode, the rest is heard; `damage.decode` has told what is not."""
_RAW = ("-ar", str(SAMPLE_RATE), "-ac", "2")


@dataclass(frozen=True, slots=True)
class Part:
    """Something to mix: how it is opened, what is done to it, and the sample of the timeline it begins at."""

    inputs: tuple[str, ...]
    stream: int
    steps: tuple[str, ...]
    start: int


def part(sound: Sound) -> Part:
    """A sound of the timeline that is played forwards, as a part."""
    lead_us = _lead_us(sound)
    early_us = _early_us(sound)
    steps = _decoded(sound, lead_us - min(lead_us, early_us), _read_us(sound) + min(lead_us, early_us))
    shape = _shape(sound, early_us - min(lead_us, early_us))
    return Part(tuple(_opened(sound, lead_us)), sound.track.stream, (*steps, *shape), samples(sound.start_us))


def stretch_arguments(sound: Sound, output: Path) -> list[str]:
    """Write the stretch of its file that a sound plays as raw samples, for a sound that is played backwards.

    What the file is short of is silent.
    """
    lead_us, length_us = _lead_us(sound), round(sound.duration_us * sound.speed)
    steps = (*_decoded(sound, lead_us, length_us), f"apad=whole_len={samples(length_us)}")
    graph = f"[0:{sound.track.stream}]{','.join(steps)}[out]"
    return [
        "-max_error_rate",
        "1",
        *_opened(sound, lead_us),
        "-filter_complex",
        graph,
        "-map",
        "[out]",
        "-f",
        "f32le",
        *_RAW,
        str(output),
    ]


def even_arguments(track: SoundTrack, output: Path) -> list[str]:
    """Write a track whose channels or rate change as one that is the same all along. Where they change, ffmpeg sets up
    a graph anew, with all that is counted in it: so nothing here counts.
    """
    opened = (*_TOLERANT, "-skip_initial_bytes", str(track.skip_bytes), "-vn", *only(track.demuxer))
    steps = f"aformat=sample_fmts=fltp,{any_to_stereo(partly_mono=track.partly_mono)}"
    written = ("-af", steps, "-c:a", "pcm_f32le", *_RAW, "-rf64", "auto", "-f", "wav", str(output))
    return [*opened, "-i", str(track.path), "-map", f"0:{track.stream}", *written]


def backwards_part(sound: Sound, stretch: Path) -> Part:
    """A sound that is played backwards; `stretch` is what `stretch_arguments` made, turned round."""
    inputs = (*only("f32le"), *_RAW, "-i", str(stretch))
    steps = ("aformat=sample_fmts=fltp:channel_layouts=stereo", *_shape(sound, _early_us(sound)))
    return Part(inputs, 0, steps, samples(sound.start_us))


def mixed_part(path: Path, start: int) -> Part:
    """A group of parts that was mixed before."""
    return Part((*only("nut"), "-i", str(path)), 0, (), start)


def groups(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts, neighbours in time together: so many that one mix takes them, by number and length of the graph."""
    made: list[list[Part]] = [[]]
    length = 0
    for each in parts:
        steps = sum(map(len, each.steps)) + STEP_LENGTH
        if made[-1] and (len(made[-1]) == MAX_SOUNDS or length + steps > LONGEST_ARGUMENT):
            made.append([])
            length = 0
        made[-1].append(each)
        length += steps
    return made


def group_arguments(parts: Sequence[Part], output: Path) -> list[str]:
    """Mix a group, from the start of its first part on, to a file that loses nothing."""
    start = min(each.start for each in parts)
    return [*_mix(parts, start, ()), "-map", "[out]", "-c:a", "pcm_f32le", "-f", "nut", str(output)]


def track_arguments(parts: Sequence[Part], duration_us: int, output: Path) -> list[str]:
    """Mix the parts to the video's sound, exactly as long as the video."""
    length = samples(duration_us)
    steps = (f"apad=whole_len={length}", f"atrim=end_sample={length}", LIMITER)
    aac = ("-c:a", "aac", "-b:a", "192k", "-ar", str(SAMPLE_RATE), "-ac", "2")
    return [*_mix(parts, 0, steps), "-map", "[out]", *aac, "-f", "mp4", str(output)]


def samples(time_us: float) -> int:
    """A time as a number of samples."""
    return round(time_us * SAMPLE_RATE / US)


def _mix(parts: Sequence[Part], start: int, steps: Sequence[str]) -> Iterator[str]:
    chains: list[str] = []
    for index, each in enumerate(parts):
        yield from each.inputs
        delay = f"adelay=delays={each.start - start}S:all=1"
        chains.append(f"[{index}:{each.stream}]{','.join([*each.steps, delay])}[s{index}]")
    labels = "".join(f"[s{index}]" for index in range(len(parts)))
    mix = f"amix=inputs={len(parts)}:normalize=0:dropout_transition=0:duration=longest"
    chains.append(f"{labels}{','.join([mix, *steps])}[out]")
    yield from (*_TOLERANT, "-filter_complex", ";\n".join(chains))


def _lead_us(sound: Sound) -> int:
    """How much before its source decoding begins: from the file's beginning where nothing else lies before it."""
    return PREROLL_US if sound.source_us - PREROLL_US > sound.track.late_us else sound.source_us


def _opened(sound: Sound, lead_us: int) -> Iterator[str]:
    """Arguments that open the file `lead_us` before the sound begins in it."""
    if sound.source_us > lead_us:
        yield from ("-ss", f"{sound.source_us - lead_us}us")
    if sound.track.skip_bytes:
        yield from ("-skip_initial_bytes", str(sound.track.skip_bytes))
    yield from ("-vn", *only(sound.track.demuxer), "-i", str(sound.track.path))


def _read_us(sound: Sound) -> int:
    return round(sound.duration_us * sound.speed) + (0 if sound.speed == 1 else SLACK_US)


def _early_us(sound: Sound) -> int:
    """How much of its source a sound begins earlier, so that what is heard in it is not early."""
    return round(TEMPO_EARLY_US * max(0.0, 1 - sound.speed)) if sound.keep_pitch else 0


def _decoded(sound: Sound, skip_us: int, length_us: int) -> Iterator[str]:
    """From what the decoder gives to 48 kHz stereo; `skip_us` are cut off before the first of `length_us`."""
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
    """The segment's speed, length and loudness; silence of `delay_us` comes before its speed is changed."""
    yield from _speed(sound, delay_us)
    yield f"atrim=end_sample={samples(sound.duration_us)}"
    if sound.curve:
        yield f"aeval=exprs='val(ch)*({loudness(sound, SAMPLE_RATE)})':channel_layout=stereo"
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
    yield f"aeval=exprs=val(ch)+{TEMPO_BIAS}:channel_layout=stereo"
    limit = SMOOTHEST_TEMPO if sound.speed > 1 else SLOWEST_TEMPO
    count = max(1, math.ceil(math.log(sound.speed) / math.log(limit) - 1e-9))
    yield from (f"atempo={sound.speed ** (1 / count):.9f}" for _ in range(count))
    yield f"aeval=exprs=val(ch)-{TEMPO_BIAS}:channel_layout=stereo"
