"""A sound is as loud as its volume says, whatever its channels are and whatever else is done to it.

The rule has an oracle of its own: what each channel of a file holds is known, and so is each second's loudness.
DRAFTCAST_FUZZ multiplies how many drafts are tried; `make fuzz` sets it to 25.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support import media
from tests.support.drafts import DraftBuilder, Json
from tests.support.render import render
from tests.support.video import Heard

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
S = 1_000_000
SLOT_US = 600_000
SOURCE_START_US = 200_000
WINDOW_S = (0.15, 0.45)
"""The measured part of each slot: without the edges after a change of speed."""
WITHIN = 10 ** (0.3 / 20) - 1
SIDE = 0.5**0.5
CHANNELS: dict[str, tuple[tuple[float, ...], tuple[float, float]]] = {
    "mono.wav": ((0.3,), (0.3, 0.3)),
    "mono.m4a": ((0.3,), (0.3, 0.3)),
    "stereo.wav": ((0.3, 0.15), (0.3, 0.15)),
    "stereo.m4a": ((0.3, 0.15), (0.3, 0.15)),
    "2.1.wav": ((0.3, 0.15, 0.3), (0.3, 0.15)),
    "5.1.wav": ((0.1, 0.05, 0.08, 0.3, 0.06, 0.12), (0.1 + SIDE * (0.08 + 0.06), 0.05 + SIDE * (0.08 + 0.12))),
    "5.1.m4a": ((0.1, 0.05, 0.08, 0.0, 0.06, 0.12), (0.1 + SIDE * (0.08 + 0.06), 0.05 + SIDE * (0.08 + 0.12))),
    "7.1.wav": ((0.1, 0.05, 0.08, 0.3, 0.06, 0.12, 0.04, 0.02), (0.1 + SIDE * 0.18, 0.05 + SIDE * 0.22)),
}
"""The amplitude of a tone in each channel of a file, and its stereo levels by ITU-R BS.775."""
MANY = 17
"""More sounds than are mixed at once."""


@dataclass(frozen=True)
class Tone:
    """A sound of 0.6 s, and what is done to it. `curve` is its volume at times from 0 to 1; it goes before `volume`."""

    name: str
    volume: float = 1.0
    speed: float = 1.0
    keeps_pitch: bool = True
    ramp: bool = False
    reverse: bool = False
    fades_us: tuple[int, int] = (0, 0)
    curve: tuple[float, ...] = field(default=())

    def loudness(self, at: NDArray[Any]) -> NDArray[Any]:
        """Its amplitude at times in seconds, against that of the file."""
        times = np.linspace(0, SLOT_US / S, len(self.curve)) if self.curve else np.zeros(1)
        loud = np.interp(at, times, self.curve or (self.volume,))
        for fade_us, since in zip(self.fades_us, (at, SLOT_US / S - at), strict=True):
            loud = loud * np.clip(since * S / fade_us, 0, 1) if fade_us else loud
        return np.asarray(loud)


TONES = st.builds(
    Tone,
    name=st.sampled_from(sorted(CHANNELS)),
    volume=st.floats(0.05, 2.0).map(lambda value: round(value, 3)),
    speed=st.sampled_from((1.0, 1.0, 0.5, 0.8, 1.25, 2.0)),
    keeps_pitch=st.booleans(),
    ramp=st.booleans(),
    reverse=st.booleans(),
    fades_us=st.tuples(st.sampled_from((0, 100_000, 400_000)), st.sampled_from((0, 100_000, 400_000))),
    curve=st.one_of(st.just(()), st.lists(st.floats(0.05, 2.0), min_size=2, max_size=4).map(tuple)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("levels")
    for name, (amplitudes, _) in CHANNELS.items():
        waves = "|".join(f"{amplitude}*sin(2*PI*880*t)" for amplitude in amplitudes)
        source = f"aevalsrc='{waves}':c={name.rpartition('.')[0]}:s=44100:d=2"
        media.ffmpeg("-f", "lavfi", "-i", source, "-b:a", "384k", folder / name)
    return folder


@pytest.mark.long
@settings(
    max_examples=2 * LONGER,
    derandomize=LONGER == 1,
    phases=(Phase.explicit, Phase.generate) if LONGER == 1 else tuple(Phase),
    database=None,
)
@given(tones=st.lists(TONES, min_size=4, max_size=8), many=st.booleans())
@example(tones=[Tone(name, volume=0.5) for name in CHANNELS], many=False)
@example(tones=[Tone(name, volume=0.5, fades_us=(400_000, 100_000)) for name in CHANNELS], many=True)
def test_the_level_of_a_sound_is_linear_in_its_volume(folder: Path, tones: list[Tone], many: bool) -> None:
    draft = DraftBuilder(64, 36)
    for number, tone in enumerate(tones):
        _add(draft, tone, number * SLOT_US)
    for number in range(MANY if many else 0):
        draft.audio("mono.wav", len(tones) * SLOT_US + number * 50_000, 40_000, volume=0.5)
    video = render(folder, draft).video
    for number, tone in enumerate(tones):
        window = [number * SLOT_US / S + edge for edge in WINDOW_S]
        heard = video.heard(*window).samples
        power = np.mean(tone.loudness(np.linspace(*WINDOW_S, 1000)) ** 2)
        found = [Heard(heard[:, side : side + 1]).amplitude for side in range(2)]
        assert found == pytest.approx([side * power**0.5 for side in CHANNELS[tone.name][1]], rel=WITHIN), tone


def _add(draft: DraftBuilder, tone: Tone, start_us: int) -> None:
    draft.audio(
        tone.name,
        start_us,
        SLOT_US,
        volume=tone.volume,
        speed=tone.speed,
        source_start_us=SOURCE_START_US,
        is_tone_modify=not tone.keeps_pitch,
        reverse=tone.reverse,
        common_keyframes=[_keyframes(tone)] if tone.curve else [],
    )
    if tone.ramp:
        draft.using("speeds", mode=1, speed=tone.speed, curve_speed={"name": "hero"})
    if any(tone.fades_us):
        draft.using("audio_fades", fade_in_duration=tone.fades_us[0], fade_out_duration=tone.fades_us[1])


def _keyframes(tone: Tone) -> Json:
    """Keyframes count in the source's time."""
    step_us = tone.speed * SLOT_US / (len(tone.curve) - 1)
    points = [
        {"time_offset": round(SOURCE_START_US + number * step_us), "values": [value], "curveType": "Line"}
        for number, value in enumerate(tone.curve)
    ]
    return {"property_type": "KFTypeVolume", "keyframe_list": points}
