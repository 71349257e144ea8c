"""What is heard when, how loud, and at which pitch."""

from pathlib import Path

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Heard, Video

S = 1_000_000
AMPLITUDE = 0.25
QUIET = 0.002
TENTH_DB = 10 ** (0.1 / 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    media.counting_video(folder / "clip.mp4", hertz=440)
    media.tone(folder / "music.wav", 880, 3)
    media.tone(folder / "loud.wav", 880, 2, amplitude=0.9)
    media.rising_tones(folder / "rising.wav")
    media.rising_tones(folder / "rising.mp3")
    return folder


def draft() -> DraftBuilder:
    return DraftBuilder(64, 36)


def sounding(folder: Path, builder: DraftBuilder) -> Video:
    return render(folder, builder).video


def as_loud(amplitude: float) -> object:
    """Within a tenth of a decibel."""
    return pytest.approx(amplitude, rel=TENTH_DB - 1)


def test_a_clip_and_music_sound_together_at_their_volumes(folder: Path) -> None:
    video = sounding(folder, draft().video("clip.mp4", 0, S).audio("music.wav", 0, S, volume=0.5))
    heard = video.heard(0.1, 0.9)
    assert heard.level_at(440) == as_loud(AMPLITUDE)
    assert heard.level_at(880) == as_loud(AMPLITUDE / 2)


def test_the_sound_is_as_long_as_the_picture(folder: Path) -> None:
    video = sounding(folder, draft().video("clip.mp4", 0, S).audio("music.wav", 0, 2 * S))
    assert len(video) == 60
    assert len(video.sound) / 48_000 == pytest.approx(2, abs=0.022)
    assert video.heard(1.1, 1.9).level_at(440) < QUIET


def test_sound_begins_and_ends_at_its_times(folder: Path) -> None:
    video = sounding(folder, draft().audio("music.wav", 500_000, 700_000).text("x", 0, 2 * S))
    assert video.heard(0, 0.49).peak < QUIET
    assert video.heard(0.51, 1.19).amplitude == as_loud(AMPLITUDE)
    assert video.heard(1.21, 2).peak < QUIET


def test_a_draft_without_sound_makes_a_file_without_sound(folder: Path) -> None:
    rendered = render(folder, draft().video("clip.mp4", 0, S, volume=0.0))
    assert not rendered.video.has_sound
    assert rendered.result["has_sound"] is False


@pytest.mark.parametrize("name", ["rising.wav", "rising.mp3"])
def test_sound_is_trimmed_to_the_millisecond(folder: Path, name: str) -> None:
    """The pitch changes each half second; it must change where the trim says."""
    video = sounding(folder, draft().audio(name, 0, S, source_start_us=700_000))
    assert video.heard(0.02, 0.27).hertz == pytest.approx(1000, abs=8)
    assert video.heard(0.32, 0.78).hertz == pytest.approx(1500, abs=8)
    assert video.heard(0.82, 0.98).hertz == pytest.approx(2000, abs=12)


def test_speed_keeps_the_pitch(folder: Path) -> None:
    video = sounding(folder, draft().audio("rising.wav", 0, 800_000, speed=2.5))
    heard = [video.heard(start / 5 + 0.04, start / 5 + 0.16).hertz for start in range(4)]
    assert heard == [pytest.approx(hertz, abs=15) for hertz in (500, 1000, 1500, 2000)]


def test_speed_moves_the_pitch_where_the_segment_says_so(folder: Path) -> None:
    video = sounding(folder, draft().audio("music.wav", 0, S, speed=1.5, is_tone_modify=True))
    assert video.heard(0.1, 0.9).hertz == pytest.approx(1320, abs=3)


def test_slow_speed_fills_the_segment(folder: Path) -> None:
    video = sounding(folder, draft().audio("music.wav", 0, 2 * S, speed=0.3))
    assert video.heard(0.2, 1.95).hertz == pytest.approx(880, abs=3)
    assert video.heard(1.9, 1.98).amplitude > AMPLITUDE / 2


def test_a_muted_track_is_not_heard(folder: Path) -> None:
    builder = draft().video("clip.mp4", 0, S).audio("music.wav", 0, S, track="music")
    builder.track("audio", "music")["attribute"] = 1
    heard = sounding(folder, builder).heard(0.1, 0.9)
    assert heard.level_at(880) < QUIET
    assert heard.level_at(440) == as_loud(AMPLITUDE)


def test_the_draft_can_mute_all_clips(folder: Path) -> None:
    builder = draft().video("clip.mp4", 0, S).audio("music.wav", 0, S)
    builder.content()["config"]["video_mute"] = True
    heard = sounding(folder, builder).heard(0.1, 0.9)
    assert heard.level_at(440) < QUIET
    assert heard.level_at(880) == as_loud(AMPLITUDE)


def test_an_invisible_clip_is_not_heard_but_one_on_a_hidden_track_is(folder: Path) -> None:
    builder = draft().audio("music.wav", 0, 2 * S)
    builder.video("clip.mp4", 0, S, track="off", visible=False)
    builder.video("clip.mp4", S, S, track="hidden")
    builder.track("video", "hidden")["attribute"] = 2
    video = sounding(folder, builder)
    assert video.heard(0.1, 0.9).level_at(440) < QUIET
    assert video.heard(1.1, 1.9).level_at(440) == as_loud(AMPLITUDE)


def test_sound_fades_in_and_out(folder: Path) -> None:
    builder = draft()
    fade = builder.material("audio_fades", fade_in_duration=500_000, fade_out_duration=500_000)
    builder.audio("music.wav", 0, 2 * S, extra_material_refs=[fade])
    video = sounding(folder, builder)
    for middle, share in ((0.25, 0.5), (0.4, 0.8), (1.0, 1.0), (1.75, 0.5), (1.9, 0.2)):
        heard = video.heard(middle - 0.02, middle + 0.02)
        assert heard.amplitude == pytest.approx(AMPLITUDE * share, abs=0.012), middle


def test_a_mix_below_full_scale_is_left_alone(folder: Path) -> None:
    video = sounding(folder, draft().audio("loud.wav", 0, S, volume=1.05))
    assert video.heard(0.1, 0.9).amplitude == as_loud(0.945)


def test_a_mix_above_full_scale_does_not_clip(folder: Path) -> None:
    builder = draft().audio("loud.wav", 0, S, volume=10.0).audio("loud.wav", 0, S, track="more")
    heard = sounding(folder, builder).heard(0.2, 0.8)
    assert heard.peak <= 1.0
    assert heard.level_at(880) > 0.9
    assert heard.level_at(880 * 3) < 0.05, "a clipped sine would have overtones"


def test_after_a_loud_part_the_level_comes_back(folder: Path) -> None:
    builder = draft().audio("loud.wav", 0, S, volume=4.0).audio("music.wav", S, S, track="more")
    assert sounding(folder, builder).heard(1.5, 1.9).amplitude == as_loud(AMPLITUDE)


def test_a_mono_sound_is_heard_on_both_sides_at_its_own_level(folder: Path) -> None:
    media.ffmpeg("-i", folder / "loud.wav", "-af", "pan=mono|c0=0.5*c0", "-ar", "44100", folder / "mono.wav")
    heard = sounding(folder, draft().audio("mono.wav", 0, S)).heard(0.1, 0.9)
    for channel in range(2):
        assert Heard(heard.samples[:, channel : channel + 1]).amplitude == as_loud(0.45)


def test_surround_sound_comes_out_in_stereo(folder: Path) -> None:
    wave = "0.2*sin(2*PI*700*t)"
    media.ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{wave}|0|0|0|0|0':c=5.1:s=44100:d=1", folder / "surround.wav")
    heard = sounding(folder, draft().audio("surround.wav", 0, S)).heard(0.1, 0.9)
    assert heard.hertz == pytest.approx(700, abs=3)
    assert abs(heard.samples[:, 1]).max() < QUIET


def test_a_short_sound_ends_in_silence_without_a_warning(folder: Path) -> None:
    rendered = render(folder, draft().audio("loud.wav", 0, 3 * S, volume=0.5))
    assert rendered.video.heard(2.1, 2.9).peak < QUIET
    assert rendered.warnings == []


def test_many_sounds_are_mixed_in_groups(folder: Path) -> None:
    """Forty short ones and one that lies under all of them."""
    builder = draft().audio("music.wav", 0, 2 * S, volume=0.2, track="under")
    for number in range(40):
        builder.audio("rising.wav", number * 50_000, 30_000, volume=0.8)
    video = sounding(folder, builder)
    assert video.heard(0.1, 1.9).level_at(880) == pytest.approx(0.2 * AMPLITUDE, rel=0.05)
    for number in range(40):
        start = number * 0.05
        assert video.heard(start + 0.003, start + 0.028).level_at(500) == pytest.approx(0.8 * AMPLITUDE, rel=0.2)
        assert video.heard(start + 0.033, start + 0.048).level_at(500) < 0.05


def test_music_alone_is_a_video_of_the_background(folder: Path) -> None:
    video = sounding(folder, draft().audio("music.wav", 0, S))
    assert len(video) == 30
    assert video.color(15, 0.5, 0.5) == (0, 0, 0)
    assert video.heard(0.1, 0.9).hertz == pytest.approx(880, abs=2)
