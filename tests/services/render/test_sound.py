"""Times, levels and pitches of sounds. One draft has some seconds for each feature."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Heard, Video

S = 1_000_000
AMPLITUDE = 0.25
QUIET = 0.002
TENTH_DB = 10 ** (0.1 / 20)
MUTED, HIDDEN = 1, 2


class Slots:
    """A draft with features in sequence, rendered once; the sound of each is looked up by name."""

    def __init__(self) -> None:
        self.builder = DraftBuilder(64, 36)
        self.starts: dict[str, int] = {}
        self.end = 0
        self.video: Video

    def slot(self, name: str, seconds: int = 1) -> int:
        """The next slot. Returns its beginning in µs."""
        self.starts[name], self.end = self.end, self.end + seconds
        return self.starts[name] * S

    def heard(self, name: str, start_s: float = 0.1, end_s: float = 0.9) -> Heard:
        """A part of a slot, the edges left out."""
        return self.video.heard(self.starts[name] + start_s, self.starts[name] + end_s)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    media.counting_video(folder / "clip.mp4", hertz=440)
    media.tone(folder / "music.wav", 880, 3)
    media.tone(folder / "music.mp3", 880, 3)
    media.tone(folder / "loud.wav", 880, 2, amplitude=0.9)
    media.rising_tones(folder / "rising.wav")
    media.rising_tones(folder / "rising.mp3")
    media.ffmpeg("-i", folder / "loud.wav", "-af", "pan=mono|c0=0.5*c0", "-ar", "44100", folder / "mono.wav")
    left = "aevalsrc='0.2*sin(2*PI*700*t)|0|0|0|0|0':c=5.1:s=44100:d=1"
    media.ffmpeg("-f", "lavfi", "-i", left, folder / "surround.wav")
    return folder


@pytest.fixture(scope="module")
def sounds(folder: Path) -> Slots:
    made = Slots()
    draft = made.builder

    def music(start_us: int, duration_us: int, path: str = "music.wav", **options: Any) -> None:
        draft.audio(path, start_us, duration_us, **options)

    start = made.slot("together")
    draft.video("clip.mp4", start, S, track="clips")
    music(start, S, volume=0.5)
    music(made.slot("placed", 2) + 500_000, 700_000)
    for ending in ("wav", "mp3"):
        music(made.slot(f"trimmed {ending}"), S, f"rising.{ending}", source_start_us=700_000)
    music(made.slot("begun at once"), S, "music.mp3", source_start_us=1_700_000)
    music(made.slot("fast"), 800_000, "rising.wav", speed=2.5)
    music(made.slot("fast and high"), S, speed=1.5, is_tone_modify=True)
    music(made.slot("slow", 2), 2 * S, speed=0.3)
    music(made.slot("slow to the file's end"), S, speed=0.1, source_start_us=2_900_000)
    music(made.slot("slow back to its beginning"), S, speed=0.1, reverse=True)
    start = made.slot("muted")
    music(start, S, track="muted")
    draft.video("clip.mp4", start, S, track="clips")
    draft.video("clip.mp4", made.slot("invisible"), S, track="clips", visible=False)
    draft.video("clip.mp4", made.slot("hidden"), S, track="hidden")
    fade = draft.material("audio_fades", fade_in_duration=500_000, fade_out_duration=500_000)
    music(made.slot("fading", 2), 2 * S, extra_material_refs=[fade])
    music(made.slot("nearly full"), S, "loud.wav", volume=1.05)
    start = made.slot("too loud")
    music(start, S, "loud.wav", volume=10.0)
    music(start, S, "loud.wav", track="more")
    music(made.slot("after it"), S)
    music(made.slot("mono"), S, "mono.wav")
    music(made.slot("surround"), S, "surround.wav")
    music(made.slot("short", 3), 3 * S, "loud.wav", volume=0.5)
    short = draft.last["id"]
    for name, keeps in (("curved", False), ("curved and high", True)):
        music(made.slot(name), S, "rising.wav", speed=2.0, is_tone_modify=keeps)
        draft.using("speeds", mode=1, curve_speed={"speed_points": [{"x": 0, "y": 1}, {"x": 1, "y": 3}]})
    start = made.slot("crossing", 2)
    draft.video("clip.mp4", start, S, track="clips")
    draft.using("transitions", name="叠化", duration=500_000)
    draft.video("clip.mp4", start + S, S, track="clips", source_start_us=500_000)
    draft.track("audio", "muted")["attribute"] = MUTED
    draft.track("video", "hidden")["attribute"] = HIDDEN
    rendered = render(folder, draft)
    (warning,) = rendered.warnings
    assert (warning["segment_id"], warning["code"]) == (short, "MATERIAL_MISSING")
    made.video = rendered.video
    return made


def as_loud(amplitude: float) -> object:
    """Within a tenth of a decibel."""
    return pytest.approx(amplitude, rel=TENTH_DB - 1)


def test_a_clip_and_music_sound_together_at_their_volumes(sounds: Slots) -> None:
    heard = sounds.heard("together")
    assert heard.level_at(440) == as_loud(AMPLITUDE)
    assert heard.level_at(880) == as_loud(AMPLITUDE / 2)


def test_the_sound_is_as_long_as_the_picture(sounds: Slots) -> None:
    assert len(sounds.video) == sounds.end * 30
    assert len(sounds.video.sound) / 48_000 == pytest.approx(sounds.end, abs=0.022)


def test_sound_begins_and_ends_at_its_times(sounds: Slots) -> None:
    assert sounds.heard("placed", 0.02, 0.49).peak < QUIET
    assert sounds.heard("placed", 0.51, 1.19).amplitude == as_loud(AMPLITUDE)
    assert sounds.heard("placed", 1.21, 1.98).peak < QUIET


@pytest.mark.parametrize("ending", ["wav", "mp3"])
def test_sound_is_trimmed_in_its_file(sounds: Slots, ending: str) -> None:
    """The pitch changes each half second in the file, and at the trimmed position."""
    name = f"trimmed {ending}"
    assert sounds.heard(name, 0.02, 0.27).hertz == pytest.approx(1000, abs=8)
    assert sounds.heard(name, 0.32, 0.78).hertz == pytest.approx(1500, abs=8)
    assert sounds.heard(name, 0.82, 0.98).hertz == pytest.approx(2000, abs=12)


def test_sound_begins_to_the_millisecond(sounds: Slots) -> None:
    loud = abs(sounds.heard("placed", 0, 1).samples[:, 0]) > AMPLITUDE / 2
    assert loud.argmax() / 48_000 == pytest.approx(0.5, abs=0.003)


def test_sound_from_the_middle_of_an_mp3_is_whole_from_its_first_sample(sounds: Slots) -> None:
    whole = sounds.heard("begun at once").amplitude
    assert sounds.heard("begun at once", 0.003, 0.013).amplitude == pytest.approx(whole, rel=0.1)


def test_speed_keeps_the_pitch(sounds: Slots) -> None:
    heard = [sounds.heard("fast", start / 5 + 0.04, start / 5 + 0.16).hertz for start in range(4)]
    assert heard == [pytest.approx(hertz, abs=15) for hertz in (500, 1000, 1500, 2000)]


def test_speed_moves_the_pitch_where_the_segment_says_so(sounds: Slots) -> None:
    assert sounds.heard("fast and high").hertz == pytest.approx(1320, abs=3)


def test_a_curve_of_speed_is_heard_as_it_is_seen(sounds: Slots) -> None:
    """From 1 to 3 evenly, t + t^2 of the source has passed; its pitch changes every half second."""
    changes = [0.0, *((0.25 + passed) ** 0.5 - 0.5 for passed in (0.5, 1, 1.5)), 1.0]
    for number, (start_s, end_s) in enumerate(pairwise(changes)):
        within = sounds.heard("curved", start_s + 0.03, end_s - 0.03)
        assert within.hertz == pytest.approx(500 * (number + 1), abs=20)
        assert within.amplitude == pytest.approx(AMPLITUDE, rel=0.1)
    middle = sounds.heard("curved and high", 0.45, 0.55)  # in pieces of one speed each
    assert middle.hertz == pytest.approx(2 * 1000, abs=160)


def test_slow_speed_fills_the_segment(sounds: Slots) -> None:
    assert sounds.heard("slow", 0.2, 1.95).hertz == pytest.approx(880, abs=3)
    assert sounds.heard("slow", 1.9, 1.98).amplitude > AMPLITUDE / 2


@pytest.mark.parametrize("slot", ["slow to the file's end", "slow back to its beginning"])
def test_slow_sound_is_whole_where_nothing_follows_in_its_file(sounds: Slots, slot: str) -> None:
    assert sounds.heard(slot, 0.92, 0.99).amplitude == pytest.approx(AMPLITUDE, rel=0.05)


def test_a_muted_track_is_not_heard(sounds: Slots) -> None:
    assert sounds.heard("muted").level_at(880) < QUIET
    assert sounds.heard("muted").level_at(440) == as_loud(AMPLITUDE)


def test_an_invisible_clip_is_not_heard_but_one_on_a_hidden_track_is(sounds: Slots) -> None:
    assert sounds.heard("invisible").level_at(440) < QUIET
    assert sounds.heard("hidden").level_at(440) == as_loud(AMPLITUDE)


@pytest.mark.parametrize(("middle_s", "share"), [(0.25, 0.5), (0.4, 0.8), (1.0, 1.0), (1.75, 0.5), (1.9, 0.2)])
def test_sound_fades_in_and_out(sounds: Slots, middle_s: float, share: float) -> None:
    heard = sounds.heard("fading", middle_s - 0.02, middle_s + 0.02)
    assert heard.amplitude == pytest.approx(AMPLITUDE * share, abs=0.012)


def test_a_mix_below_full_scale_is_left_alone(sounds: Slots) -> None:
    assert sounds.heard("nearly full").amplitude == as_loud(0.945)


def test_a_mix_above_full_scale_does_not_clip(sounds: Slots) -> None:
    heard = sounds.heard("too loud", 0.2, 0.8)
    assert heard.peak <= 1.0
    assert heard.level_at(880) > 0.9
    assert heard.level_at(880 * 3) < 0.05, "a clipped sine would have overtones"


def test_after_a_loud_part_the_level_comes_back(sounds: Slots) -> None:
    assert sounds.heard("after it", 0.5, 0.9).amplitude == as_loud(AMPLITUDE)


def test_a_mono_sound_is_heard_on_both_sides_at_its_own_level(sounds: Slots) -> None:
    samples = sounds.heard("mono").samples
    assert [Heard(samples[:, channel : channel + 1]).amplitude for channel in range(2)] == [as_loud(0.45)] * 2


def test_surround_sound_comes_out_in_stereo(sounds: Slots) -> None:
    heard = sounds.heard("surround")
    assert heard.hertz == pytest.approx(700, abs=3)
    assert abs(heard.samples[:, 1]).max() < QUIET


def test_a_short_sound_ends_in_silence(sounds: Slots) -> None:
    assert sounds.heard("short", 0.1, 1.9).amplitude == as_loud(0.45)
    assert sounds.heard("short", 2.1, 2.9).peak < QUIET


def test_under_a_transition_both_clips_are_at_full_volume(sounds: Slots) -> None:
    """Two tones in phase are twice as loud, up to the window's edges."""
    for start_s, end_s, share in ((0.1, 0.7, 1), (0.77, 0.85, 2), (0.9, 1.1, 2), (1.15, 1.23, 2), (1.3, 1.9, 1)):
        assert sounds.heard("crossing", start_s, end_s).level_at(440) == as_loud(share * AMPLITUDE)


@pytest.mark.long
def test_many_sounds_are_mixed_in_groups(folder: Path) -> None:
    """Forty short ones, and one below all of them."""
    builder = DraftBuilder(64, 36).audio("music.wav", 0, 2 * S, volume=0.2, track="under")
    for number in range(40):
        builder.audio("rising.wav", number * 50_000, 30_000, volume=0.8)
    video = render(folder, builder).video
    assert video.heard(0.1, 1.9).level_at(880) == pytest.approx(0.2 * AMPLITUDE, rel=0.05)
    for number in range(40):
        start = number * 0.05
        assert video.heard(start + 0.003, start + 0.028).level_at(500) == pytest.approx(0.8 * AMPLITUDE, rel=0.2)
        assert video.heard(start + 0.033, start + 0.048).level_at(500) < 0.05


def test_a_draft_can_mute_all_its_clips(folder: Path) -> None:
    """The rest is music over the background."""
    builder = DraftBuilder(64, 36).video("clip.mp4", 0, S).audio("music.wav", 0, S)
    builder.content()["config"]["video_mute"] = True
    heard = render(folder, builder).video.heard(0.1, 0.9)
    assert heard.level_at(440) < QUIET
    assert heard.level_at(880) == as_loud(AMPLITUDE)


def test_a_draft_without_sound_makes_a_file_without_sound(folder: Path) -> None:
    rendered = render(folder, DraftBuilder(64, 36).video("clip.mp4", 0, S, volume=0.0))
    assert not rendered.video.has_sound
    assert rendered.result["has_sound"] is False


def test_music_alone_is_a_video_of_the_background(folder: Path) -> None:
    video = render(folder, DraftBuilder(64, 36).audio("music.wav", 0, S)).video
    assert len(video) == 30
    assert video.color(15, 0.5, 0.5) == (0, 0, 0)
    assert video.heard(0.1, 0.9).hertz == pytest.approx(880, abs=2)
