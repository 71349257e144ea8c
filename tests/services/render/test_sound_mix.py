"""Mixes compared with a reference mix: levels and times. Each timeline has one change of sound."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from services.render.media.probe import probe
from services.render.process.ffmpeg import find_ffmpeg
from services.render.sound.mix import TURNED_BYTES, mix, reverse_frames
from services.render.timeline.scene import Sound, Timeline
from tests.oracle.sound import departures, mixed
from tests.support import media
from tests.support.matrix import but_long, sampled

S = 1_000_000
BURSTS = "0.3*sin(2*PI*660*t)*(0.02+lt(mod(t\\,0.5)\\,0.2))"
"""Loud for 0.2 s of each half second, and 34 dB quieter between."""
RISING = "0.04*(1+floor(4*t))*sin(2*PI*500*t)"
"""Louder every quarter of a second, so that every place in it is known by its level."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixes")
    for name, wave, rate, seconds in (
        ("bursts.wav", f"{BURSTS}|{BURSTS}", 48000, 12),
        ("bursts.mp3", f"{BURSTS}|{BURSTS}", 44100, 12),
        ("rising.wav", f"{RISING}|{RISING}", 44100, 3),
        ("rising.m4a", f"{RISING}|{RISING}", 48000, 3),
        ("mono.m4a", RISING, 44100, 3),
        ("tone.wav", "0.25*sin(2*PI*440*t)|0.15*sin(2*PI*700*t)", 48000, 4),
        ("even.wav", "0.25*sin(2*PI*440*t)|0.25*sin(2*PI*440*t)", 48000, 4),
        ("low.wav", "0.25*sin(2*PI*50*t)|0.25*sin(2*PI*50*t)", 48000, 4),
    ):
        source = f"aevalsrc=exprs='{wave.replace(chr(92), '')}':s={rate}:d={seconds}"
        media.ffmpeg("-f", "lavfi", "-i", source, "-b:a", "192k", folder / name)
    waves = [
        f"{level}*sin(2*PI*{hertz}*t)"
        for level, hertz in zip((0.2, 0.15, 0.2, 0.2, 0.1, 0.2), range(300, 900, 100), strict=True)
    ]
    for name in ("surround.wav", "surround.m4a"):
        surround = f"aevalsrc=exprs='{'|'.join(waves)}':c=5.1:s=48000:d=3"
        media.ffmpeg("-f", "lavfi", "-i", surround, "-b:a", "384k", folder / name)
    return folder


def sound(path: Path, **fields: Any) -> Sound:
    """Two seconds of a file from its beginning, after half a second of silence."""
    track = probe(path).sound
    assert track is not None
    usual: dict[str, Any] = {"start_us": S // 2, "duration_us": 2 * S, "source_us": 0}
    return Sound(segment_id="a", track=track, **{**usual, **fields})


def timeline(*sounds: Sound, seconds: int = 3) -> Timeline:
    return Timeline(width=64, height=64, rate=Fraction(30), frames=30 * seconds, items=(), sounds=sounds)


def mix_of(timeline: Timeline, folder: Path) -> NDArray[np.float32]:
    ffmpeg = find_ffmpeg(os.environ.get("DRAFTCAST_FFMPEG", ""))
    path = asyncio.run(mix(ffmpeg, timeline, folder, lambda _: None))
    assert path is not None
    with av.open(str(path)) as container:
        frames: list[Any] = list(container.decode(audio=0))
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1).T


CASES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "from its middle": {"source_us": 730_000},
    "quiet": {"volume": 0.4},
    "louder": {"volume": 2.5},
    "faded": {"fade_in_us": 700_000, "fade_out_us": 1_000_000},
    "a curve": {"curve": ((0, 0.1), (600_000, 1.5), (1_200_000, 0.3), (2_000_000, 0.8)), "volume": 5.0},
    "a curve that is held": {"curve": ((500_000, 0.1), (700_000, 1.2))},
    "a curve with a jump": {"curve": ((0, 0.2), (1_000_000, 0.2), (1_000_001, 1.5))},
    "a curve from before it": {"curve": ((-1_000_000, 0.0), (3_000_000, 2.0))},
    "a curve and fades": {"curve": ((0, 1.5), (2_000_000, 0.2)), "fade_in_us": 300_000, "fade_out_us": 300_000},
    "backwards": {"reverse": True, "source_us": 200_000},
    "backwards past the end": {"reverse": True, "source_us": 1_700_000},
    "backwards and fast": {"reverse": True, "speed": 1.4, "keep_pitch": False},
    "fast and high": {"speed": 1.25, "keep_pitch": False},
    "slow and low": {"speed": 0.6, "keep_pitch": False},
    "past its end": {"source_us": 2_000_000},
}


@pytest.mark.parametrize("name", but_long(["rising.wav", "rising.m4a", "tone.wav"], "rising.m4a", "tone.wav"))
@pytest.mark.parametrize("case", CASES)
def test_a_sound_is_as_loud_as_in_the_reference(folder: Path, tmp_path: Path, name: str, case: str) -> None:
    whole = timeline(sound(folder / name, **CASES[case]))
    assert departures(mix_of(whole, tmp_path), mixed(whole)) == []


@pytest.mark.parametrize("speed", sampled([0.3, 0.5, 0.8, 0.9, 1.1, 1.5, 2.0, 3.0, 4.0], 4))
def test_onsets_come_at_their_time_when_speed_keeps_the_pitch(folder: Path, tmp_path: Path, speed: float) -> None:
    whole = timeline(sound(folder / "bursts.wav", speed=speed, duration_us=1_900_000))
    wanted = onsets(mixed(whole)[:, 0])
    found = onsets(mix_of(whole, tmp_path)[:, 0])
    assert len(found) == len(wanted)
    assert found == pytest.approx(wanted, abs=max(0.01, 0.006 / speed))


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 2.5])
def test_speed_that_keeps_the_pitch_keeps_the_loudness(folder: Path, tmp_path: Path, speed: float) -> None:
    whole = timeline(sound(folder / "even.wav", speed=speed, duration_us=S, curve=((0, 0.2), (S, 1.0))))
    assert departures(mix_of(whole, tmp_path), mixed(whole)) == []


@pytest.mark.parametrize("name", ["mono.m4a", "surround.wav", "surround.m4a", "bursts.mp3"])
def test_every_layout_and_rate_is_as_loud_as_in_the_reference(folder: Path, tmp_path: Path, name: str) -> None:
    whole = timeline(sound(folder / name, source_us=400_000))
    assert departures(mix_of(whole, tmp_path), mixed(whole)) == []


def test_a_slow_curve_has_no_steps(folder: Path, tmp_path: Path) -> None:
    """Steps would sound as a buzz between the tone and what follows it."""
    whole = timeline(sound(folder / "low.wav", curve=((0, 0.0), (2 * S, 1.0))))
    made = mix_of(whole, tmp_path)[S // 2 * 48 // 1000 :][: 2 * 48_000, 0]
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made))))
    hertz = np.arange(len(spectrum)) / 2
    assert spectrum[(hertz > 150) & (hertz < 15_000)].max() < spectrum.max() * 10 ** (-70 / 20)


def test_thousands_of_keyframes_are_followed(folder: Path, tmp_path: Path) -> None:
    curve = tuple((step * 2000, 0.7 + 0.5 * np.sin(step / 60)) for step in range(1000))
    long = tuple((step * 400, 0.7 + 0.5 * np.sin(step / 300)) for step in range(5000))
    sounds = [sound(folder / "tone.wav", curve=each) for each in (curve, long)]
    whole = timeline(sounds[0], replace(sounds[1], start_us=3 * S), sounds[0], seconds=6)
    assert departures(mix_of(whole, tmp_path), mixed(whole)) == []


def test_sounds_add_up_in_groups(folder: Path, tmp_path: Path) -> None:
    under = sound(folder / "rising.wav", start_us=0, duration_us=3 * S, volume=0.3)
    short = [
        sound(folder / "bursts.mp3", start_us=n * 40_000, duration_us=60_000, source_us=n * 7000, volume=n * 0.02)
        for n in range(40)
    ]
    whole = timeline(*ordered([under, *short]))
    assert departures(mix_of(whole, tmp_path), mixed(whole)) == []


def test_a_stretch_is_turned_round_in_pieces(tmp_path: Path) -> None:
    for frames in (0, 1, 2, 7, TURNED_BYTES // 8 * 2 + 1, TURNED_BYTES // 8 * 5 + 3):
        order = np.arange(frames, dtype=np.int64)
        path = tmp_path / "stretch"
        path.write_bytes(order.tobytes())
        reverse_frames(path)
        assert np.array_equal(np.fromfile(path, np.int64), order[::-1])


def onsets(channel: NDArray[Any]) -> list[float]:
    """The time in seconds at which it becomes loud; a momentary dip of a wave counts as loud."""
    loud = np.flatnonzero(np.abs(channel) > 0.15) / 48_000
    return [
        float(time) for time, before in zip(loud, np.concatenate([[-1.0], loud]), strict=False) if time - before > 0.02
    ]


def ordered(sounds: Sequence[Sound]) -> list[Sound]:
    return sorted(sounds, key=lambda each: each.start_us)
