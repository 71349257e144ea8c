"""The sound of finished videos beside a reference mix of the same timeline: how loud, and when.

One draft holds a second and a half for each thing that is done to sound.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.oracle.sound import RATE, Samples, departures, levels_db, mixed
from tests.oracle.timelines import timeline_of
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.ffmpegs import both_ffmpegs
from tests.support.render import Rendered, request, run

S = 1_000_000
SLOT_US, START_US, LENGTH_US = 1_500_000, 150_000, 1_200_000
"""Of a slot, and of what is heard in it; before and after it is silent."""
MUTED = 1
RISING = "0.05*(1+floor(4*t))*sin(2*PI*500*t)"
"""Louder every quarter of a second, so that every place in it is known by its level."""
TONE = "0.25*sin(2*PI*440*t)"
QUIET = "0.03*sin(2*PI*440*t)*(1+lt(mod(t,0.4),0.2))"
Draw: TypeAlias = Callable[[DraftBuilder, int], object]


def keyframes(*values: float) -> list[dict[str, Any]]:
    """Volume keyframes in even steps."""
    step_us = LENGTH_US / (len(values) - 1)
    points = [
        {"time_offset": round(step_us * index), "values": [value], "curveType": "Line"}
        for index, value in enumerate(values)
    ]
    return [{"property_type": "KFTypeVolume", "keyframe_list": points}]


def music(path: str, **options: Any) -> Draw:
    return lambda draft, at_us: draft.audio(path, at_us, LENGTH_US, **options)


def clip(**options: Any) -> Draw:
    return lambda draft, at_us: draft.video("clip.mp4", at_us, LENGTH_US, **options)


def faded(draw: Draw) -> Draw:
    def drawn(draft: DraftBuilder, at_us: int) -> None:
        draw(draft, at_us)
        draft.using("audio_fades", fade_in_duration=400_000, fade_out_duration=600_000, fade_type=0)

    return drawn


def crossed(at_cut_us: int, overlap_us: int) -> Draw:
    """Two clips that become each other; butt-joined, or with overlapping ranges."""

    def drawn(draft: DraftBuilder, at_us: int) -> None:
        draft.video("clip.mp4", at_us, at_cut_us, source_start_us=200_000)
        draft.using("transitions", name="叠化", duration=overlap_us or 400_000, is_overlap=overlap_us > 0)
        start_us = at_cut_us - overlap_us
        draft.video("tones.mp4", at_us + start_us, LENGTH_US - start_us, source_start_us=300_000)

    return drawn


def together(*draws: Draw) -> Draw:
    def drawn(draft: DraftBuilder, at_us: int) -> None:
        for draw in draws:
            draw(draft, at_us)

    return drawn


CASES: dict[str, Draw] = {
    "as it is": music("rising.wav"),
    "trimmed": music("rising.m4a", source_start_us=300_000),
    "a clip and music": together(clip(volume=0.5), music("tone.wav", volume=0.3)),
    "fades": faded(music("rising.wav")),
    "fades of a clip": faded(clip()),
    "volume keyframes": music("tone.wav", common_keyframes=keyframes(0.1, 1.2, 0.3, 0.8)),
    "volume keyframes of a clip at double speed": clip(speed=2.0, common_keyframes=keyframes(0.2, 1.0)),
    "volume keyframes and fades": faded(music("tone.wav", common_keyframes=keyframes(1.5, 0.4))),
    "a muted track": together(music("tone.wav", track="muted"), clip()),
    "a clip that is switched off": together(clip(volume=0.0), music("tone.wav", volume=0.4)),
    "an invisible clip": together(clip(visible=False), music("tone.wav", volume=0.4)),
    "ten times as loud": music("quiet.wav", volume=10.0),
    "mono, 44.1 kHz": music("mono.m4a"),
    "5.1": music("surround.m4a"),
    "44.1 kHz": music("rising44.wav"),
    "faster at its pitch": music("tone.wav", speed=1.6),
    "faster and higher": music("rising.wav", speed=1.6, is_tone_modify=True),
    "slower at its pitch": music("tone.wav", speed=0.6),
    "slower and lower": music("rising.wav", speed=0.6, is_tone_modify=True),
    "backwards": clip(reverse=True),
    "a transition": crossed(600_000, 0),
    "overlapping ranges": crossed(800_000, 400_000),
}


class Mix:
    """All cases in one draft, rendered and mixed by the reference."""

    def __init__(self, folder: Path, ffmpeg: str) -> None:
        self._folder = folder
        self._ffmpeg = ffmpeg

    @cached_property
    def rendered(self) -> Rendered:
        draft = DraftBuilder(64, 36)
        for number, draw in enumerate(CASES.values()):
            draw(draft, number * SLOT_US + START_US)
        draft.track("audio", "muted").update(attribute=MUTED)
        draft.audio("loud.wav", len(CASES) * SLOT_US + START_US, LENGTH_US, volume=10.0)
        (self._folder / "draft_content.json").write_bytes(draft.bytes())
        return run(request(self._folder, draft_folder=str(self._folder), ffmpeg=self._ffmpeg))

    @cached_property
    def sound(self) -> NDArray[Any]:
        return self.rendered.video.sound

    @cached_property
    def reference(self) -> Samples:
        assert self.rendered.exit_code == 0
        return mixed(timeline_of(self._folder, self._folder / "reference"))

    def slot(self, number: int) -> slice:
        """The samples of a slot."""
        return slice(number * SLOT_US * RATE // S, (number + 1) * SLOT_US * RATE // S)


@pytest.fixture(scope="module", params=both_ffmpegs(), ids=lambda path: Path(path).name)
def mix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mix:
    folder = tmp_path_factory.mktemp("mix")
    for name, wave, hertz in (
        ("rising.wav", f"{RISING}|{RISING}", 48000), ("rising.m4a", f"{RISING}|{RISING}", 48000),
        ("rising44.wav", f"{RISING}|0.5*{RISING}", 44100), ("tone.wav", f"{TONE}|{TONE}", 48000),
        ("quiet.wav", f"{QUIET}|{QUIET}", 48000), ("loud.wav", f"{TONE}|{TONE}", 48000), ("mono.m4a", RISING, 44100),
    ):  # fmt: skip
        media.ffmpeg("-f", "lavfi", "-i", f"aevalsrc=exprs='{wave}':s={hertz}:d=3", "-b:a", "192k", folder / name)
    waves = "|".join(f"0.15*sin(2*PI*{hertz}*t)" for hertz in range(300, 900, 100))
    source = f"aevalsrc=exprs='{waves}':c=5.1:s=48000:d=2"
    media.ffmpeg("-f", "lavfi", "-i", source, "-b:a", "384k", folder / "surround.m4a")
    media.counting_video(folder / "silent.mp4", seconds=2, size="64x36")
    for name, sound in (("clip.mp4", "rising.wav"), ("tones.mp4", "tone.wav")):
        both = ("-i", folder / "silent.mp4", "-i", folder / sound, "-c:v", "copy", "-t", "2")
        media.ffmpeg(*both, "-c:a", "aac", "-b:a", "192k", folder / name)
    return Mix(folder, request.param)


@pytest.mark.parametrize("case", CASES)
def test_a_video_is_as_loud_as_the_reference_at_every_time(mix: Mix, case: str) -> None:
    here = mix.slot(list(CASES).index(case))
    assert levels_db(mix.reference[here, 0]).max() > -30, "nothing is heard"
    assert departures(mix.sound[here], mix.reference[here]) == []


def test_what_is_too_loud_is_held_just_below_full_scale(mix: Mix) -> None:
    """A tone of 0.25 ten times as loud comes out as one of 0.99, and undistorted."""
    here = mix.slot(len(CASES))
    mid = mix.sound[here][RATE // 3 : RATE, 0]
    assert np.abs(mid).max() <= 1.0
    assert float(levels_db(mid).min()) == pytest.approx(20 * np.log10(0.99 / np.sqrt(2)), abs=0.5)
    spectrum = np.abs(np.fft.rfft(mid * np.hanning(len(mid))))
    hertz = np.arange(len(spectrum)) * RATE / len(mid)
    assert spectrum[np.abs(hertz - 440) > 100].max() < spectrum.max() * 10 ** (-40 / 20)
