"""From the timeline's sounds to one AAC track: decoded once each, mixed in groups of bounded size. Pure.

Nothing changes the level of a mix that stays below full scale; a limiter holds down what would clip.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.render.timeline import Sound

SAMPLE_RATE = 48_000
MAX_SOUNDS = 16
"""Sounds mixed at once; more are mixed in groups first."""
PREROLL_US = 300_000
"""MP3 and AAC need some frames before their sound is right, so decoding begins this much earlier."""
SLACK_US = 200_000
"""A stretched sound needs a little more than its length, or its end would be cut."""
LIMITER = "alimiter=limit=0.99:attack=5:release=50:level=0:latency=1"
"""Just below full scale: AAC gives back peaks a little higher than it got them."""
SMOOTHEST_TEMPO, SLOWEST_TEMPO = 2.0, 0.5
"""Beyond 2, one atempo skips samples; below 0.5 it refuses. Steps between them are chained."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something to mix: how it is opened, what is done to it, and the sample of the timeline it begins at."""

    inputs: tuple[str, ...]
    stream: int
    steps: tuple[str, ...]
    start: int


def part(sound: Sound) -> Part:
    """A sound of the timeline as a part."""
    seek_us = max(0, sound.source_us - PREROLL_US)
    where = ("-ss", f"{seek_us}us") if seek_us else ()
    inputs = (*where, "-vn", "-protocol_whitelist", "file", "-f", sound.track.demuxer, "-i", str(sound.track.path))
    steps = tuple(_steps(sound, sound.source_us - seek_us))
    return Part(inputs, sound.track.stream, steps, samples(sound.start_us))


def mixed_part(path: Path, start: int) -> Part:
    """A group of parts that was mixed before."""
    return Part(("-protocol_whitelist", "file", "-f", "nut", "-i", str(path)), 0, (), start)


def groups(parts: Sequence[Part], size: int = MAX_SOUNDS) -> list[Sequence[Part]]:
    """The parts, neighbours in time together."""
    return [parts[start : start + size] for start in range(0, len(parts), size)]


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


def samples(time_us: int) -> int:
    """A time as a number of samples."""
    return round(time_us * SAMPLE_RATE / 1_000_000)


def _mix(parts: Sequence[Part], start: int, steps: Sequence[str]) -> Iterator[str]:
    chains: list[str] = []
    for index, each in enumerate(parts):
        yield from each.inputs
        delay = f"adelay=delays={each.start - start}S:all=1"
        chains.append(f"[{index}:{each.stream}]{','.join([*each.steps, delay])}[s{index}]")
    labels = "".join(f"[s{index}]" for index in range(len(parts)))
    mix = f"amix=inputs={len(parts)}:normalize=0:dropout_transition=0:duration=longest"
    chains.append(f"{labels}{','.join([mix, *steps])}[out]")
    yield from ("-filter_complex", ";\n".join(chains))


def _steps(sound: Sound, lead_us: int) -> Iterator[str]:
    """From decoded sound to 48 kHz stereo of the segment's length, speed and loudness; `lead_us` is cut off first."""
    yield f"aresample={SAMPLE_RATE}:async=1:first_pts=0"
    if sound.track.channels == 1:
        yield "channelmap=map=0-FL|0-FR:channel_layout=stereo"  # at its own level in both ears, not 3 dB lower
    yield "aformat=sample_fmts=fltp:channel_layouts=stereo"
    length_us = round(sound.duration_us * sound.speed) + (0 if sound.speed == 1 else SLACK_US)
    yield f"atrim=start_sample={samples(lead_us)}:end_sample={samples(lead_us + length_us)}"
    yield "asetpts=PTS-STARTPTS"
    yield from _speed(sound)
    yield f"atrim=end_sample={samples(sound.duration_us)}"
    if sound.volume != 1:
        yield f"volume=volume={sound.volume:.6f}:precision=float"
    if sound.fade_in_us:
        yield f"afade=t=in:st=0:d={sound.fade_in_us}us:curve=tri"
    if sound.fade_out_us:
        yield f"afade=t=out:st={sound.duration_us - sound.fade_out_us}us:d={sound.fade_out_us}us:curve=tri"


def _speed(sound: Sound) -> Iterator[str]:
    if sound.speed == 1:
        return
    if not sound.keep_pitch:
        yield f"asetrate={round(SAMPLE_RATE * sound.speed)}"
        yield f"aresample={SAMPLE_RATE}"
        return
    limit = SMOOTHEST_TEMPO if sound.speed > 1 else SLOWEST_TEMPO
    count = max(1, math.ceil(math.log(sound.speed) / math.log(limit) - 1e-9))
    yield from (f"atempo={sound.speed ** (1 / count):.9f}" for _ in range(count))
