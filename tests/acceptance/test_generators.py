"""Drafts of the packages that people make drafts with, pyJianYingDraft and pycapcut, drawn from end to end.

Each draft uses a part of what the packages can write; what is seen and heard is what was asked for, and the
warnings name what is not drawn, and nothing else.
"""

from pathlib import Path
from typing import Any

import pycapcut  # type: ignore[import-untyped]  # it has no types
import pyJianYingDraft  # type: ignore[import-untyped]  # it has no types
import pytest

from tests.support.matrix import but_long
from tests.support.media import BLUE, GREEN, RED, YELLOW, counting_video, plain, quadrants, tone
from tests.support.render import Rendered, request, run
from tests.support.video import near

PACKAGES = (pyJianYingDraft, pycapcut)
WIDTH, HEIGHT = 540, 960
SRT = "1\n00:00:00,000 --> 00:00:00,500\n第一句\n\n2\n00:00:00,500 --> 00:00:01,000\nsecond\n"


class Writer:
    """A draft as one of the packages writes it, with files of our own beside it."""

    def __init__(self, package: Any, folder: Path) -> None:
        self.package = package
        self.folder = folder
        sizes = (WIDTH, HEIGHT, 30) if package is pycapcut else (WIDTH, HEIGHT, 30, True)
        self.script = package.ScriptFile(*sizes)

    def tracks(self, **kinds: str) -> None:
        """Tracks of these names and kinds, the bottom one first."""
        for order, (name, kind) in enumerate(kinds.items()):
            muted = name.startswith("muted")
            known = self.package.TrackType[kind]
            if self.package is pycapcut:
                self.script.add_track(known, name, mute=muted, absolute_index=order)
            else:
                self.script.append_track(self.package.TrackSpec(known, name, mute=muted))

    def add(self, track: str, segment: Any) -> Any:
        """The segment, on that track."""
        self.script.add_segment(segment, track)
        return segment

    def video(self, name: str, start: float, seconds: float, **options: Any) -> Any:
        """A segment of a file."""
        return self.package.VideoSegment(str(self.folder / name), self.time(start, seconds), **options)

    def time(self, start: float, seconds: float) -> Any:
        """A stretch of time in seconds."""
        return self.package.trange(f"{start}s", f"{seconds}s")

    def render(self) -> Rendered:
        """The draft, drawn."""
        self.script.dump(str(self.folder / "draft_content.json"))
        return run(request(self.folder, draft_folder=str(self.folder)))


@pytest.fixture(params=but_long(PACKAGES, pycapcut), ids=lambda package: str(package.__name__))
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Writer:
    return Writer(request.param, tmp_path)


def told(rendered: Rendered) -> set[str]:
    """What the warnings are about: their names, else ids, else sentences."""
    for warning in rendered.warnings:
        assert warning["message"]["en"]
        assert warning["message"]["zh"]
    names = ("material_name", "effect_id")
    return {
        next((warning[name] for name in names if warning.get(name)), warning["message"]["en"])
        for warning in rendered.warnings
    }


def check(rendered: Rendered, seconds: float) -> None:
    """The video has the canvas of the draft and each of its frames."""
    assert rendered.video.size == (WIDTH, HEIGHT)
    assert len(rendered.video) == round(seconds * 30)


def test_clips_are_trimmed_sped_up_cropped_turned_flipped_masked_and_moved(writer: Writer) -> None:
    kit = writer.package
    counting_video(writer.folder / "count.mp4", size="270x480")
    quadrants(writer.folder / "four.png", 270, 480)
    writer.tracks(main="video", over="video")
    sped = writer.video("count.mp4", 0, 0.5, source_timerange=writer.time(0.5, 1), speed=2.0)
    writer.add("main", sped)
    turned = writer.video("four.png", 0.5, 0.5, clip_settings=kit.ClipSettings(rotation=180.0))
    writer.add("main", turned)
    flipped = writer.video("four.png", 1, 0.5, clip_settings=kit.ClipSettings(flip_horizontal=True))
    writer.add("main", flipped)
    right = kit.CropSettings(upper_left_x=0.5, lower_left_x=0.5)
    cropped = kit.VideoMaterial(str(writer.folder / "four.png"), "cropped", right)
    writer.add("main", kit.VideoSegment(cropped, writer.time(1.5, 0.5)))
    small = kit.ClipSettings(scale_x=0.25, scale_y=0.25, transform_x=-0.5, alpha=1.0)
    moving = writer.video("four.png", 0, 0.5, clip_settings=small)
    moving.add_keyframe(kit.KeyframeProperty.position_y, 0, -0.5).add_keyframe(
        kit.KeyframeProperty.position_y, "0.5s", 0.5
    )
    moving.add_keyframe(kit.KeyframeProperty.uniform_scale, 0, 0.25)
    writer.add("over", moving)
    masked = writer.video("four.png", 0.5, 0.5)
    masked.add_mask(kit.MaskType.圆形, size=0.25)
    writer.add("over", masked)
    rendered = writer.render()
    check(rendered, 2)
    video = rendered.video
    assert [video.count_at(frame, 0.9, 0.05) for frame in (0, 7, 14)] == [15, 29, 43]
    assert near(video.color(1, 0.21, 0.70), RED)
    assert near(video.color(13, 0.21, 0.23), RED)
    assert near(video.color(20, 0.1, 0.1), YELLOW)
    assert near(video.color(20, 0.47, 0.47), RED)
    assert near(video.color(35, 0.1, 0.1), GREEN)
    assert near(video.color(50, 0.5, 0.2), GREEN)
    assert near(video.color(50, 0.5, 0.8), YELLOW)
    assert told(rendered) == set()


def test_captions_have_their_looks_and_come_from_a_subtitle_file(writer: Writer) -> None:
    kit = writer.package
    plain(writer.folder / "blue.png", BLUE, 270, 480)
    (writer.folder / "lines.srt").write_text(SRT, encoding="utf-8")
    writer.tracks(main="video", titles="text", more="text")
    writer.add("main", writer.video("blue.png", 0, 1))
    style = kit.TextStyle(size=20.0, bold=True, italic=True, underline=True, color=(1.0, 0.0, 0.0), align=1)
    boxed = kit.TextSegment(
        "标题 Title", writer.time(0, 1), style=style, font=kit.FontType.快乐体,
        clip_settings=kit.ClipSettings(transform_y=0.5), border=kit.TextBorder(color=(1.0, 1.0, 1.0), width=40.0),
        background=kit.TextBackground(color="#00FF00", style=1, height=0.3, width=0.3), shadow=kit.TextShadow(),
    )  # fmt: skip
    boxed.add_animation(kit.TextIntro.打字机_I, 300_000).add_animation(kit.TextOutro.渐隐, 100_000)
    writer.add("titles", boxed)
    upright = kit.TextStyle(size=12.0, vertical=True, letter_spacing=4, line_spacing=4, alpha=0.9)
    bubbled = kit.TextSegment("竖排", writer.time(0, 1), style=upright)
    bubbled.add_bubble("361595", "6742029398926430728")
    bubbled.add_effect("7296357486490144036")
    bubbled.add_animation(kit.TextLoopAnim.波浪, "0.4s")
    writer.add("more", bubbled)
    writer.script.import_srt(str(writer.folder / "lines.srt"), "subtitles", time_offset="0s")
    rendered = writer.render()
    check(rendered, 1)
    video = rendered.video
    box = video.rgb(15)[150:330]
    assert ((box[..., 1] > 200) & (box[..., 0] < 60)).mean() > 0.1
    assert ((box[..., 0] > 200) & (box[..., 1] < 60)).any()
    low = [video.rgb(frame)[820:900].min(axis=2) for frame in (5, 25)]
    assert all((line > 200).any() for line in low)
    assert (low[0] != low[1]).any()
    assert told(rendered) == {
        kit.FontType.快乐体.value.resource_id,
        "361595",
        "7296357486490144036",
    }


def test_looks_transitions_and_animations_are_drawn_by_family_and_the_rest_is_told(writer: Writer) -> None:
    kit = writer.package
    quadrants(writer.folder / "four.png", 270, 480)
    quadrants(writer.folder / "wide.png", 480, 270)
    plain(writer.folder / "green.png", (0, 255, 0), 270, 480)
    writer.tracks(main="video", over="video", scene="effect", colours="filter", stickers="sticker")
    first = writer.video("four.png", 0, 0.5)
    first.add_animation(kit.IntroType.渐显, 200_000).add_animation(kit.OutroType.放大, 100_000)
    first.add_transition(kit.TransitionType.叠化, duration="0.2s").add_filter(kit.FilterType.暖黄, 80.0)
    writer.add("main", first)
    second = writer.video("wide.png", 0.5, 0.5).add_background_filling("blur", 0.375)
    second.add_transition(kit.TransitionType.万花筒).add_effect(kit.VideoSceneEffectType.模糊)
    writer.add("main", second)
    third = writer.video("wide.png", 1, 0.5).add_background_filling("color", color="#FF00FFFF")
    third.add_animation(kit.GroupAnimationType.三分割)
    writer.add("main", third)
    keyed = writer.video("green.png", 1, 0.5)
    keyed.add_chroma("#00FF00FF", intensity=30.0)
    writer.add("over", keyed)
    writer.add("over", writer.video("wide.png", 0, 0.5).set_mix_mode(kit.MixModeType.滤色))
    writer.script.add_effect(kit.VideoSceneEffectType.暗角, writer.time(0, 0.5), "scene")
    writer.script.add_effect(kit.VideoCharacterEffectType.大头, writer.time(0.5, 0.5), "scene")
    writer.script.add_filter(kit.FilterType.冷蓝, writer.time(0, 1), "colours", 60.0)
    writer.add("stickers", kit.StickerSegment("7226264888031694091", writer.time(0, 1)))
    rendered = writer.render()
    check(rendered, 1.5)
    video = rendered.video
    assert near(video.color(42, 0.5, 0.1), (255, 0, 255), 20)
    parts = [video.color(42, x, 0.42) for x in (0.08, 0.42, 0.75)]
    assert all(near(part, RED, 20) for part in parts), parts
    assert told(rendered) == {"三分割", "大头", "7226264888031694091"}


def test_sounds_fade_follow_keyframes_and_a_muted_track_is_silent(writer: Writer) -> None:
    kit = writer.package
    plain(writer.folder / "blue.png", BLUE, 270, 480)
    counting_video(writer.folder / "count.mp4", size="270x480", hertz=1000)
    tone(writer.folder / "low.wav", 440, 4)
    writer.tracks(main="video", loud="audio", curved="audio", muted="audio")
    writer.add("main", writer.video("count.mp4", 0, 1, volume=0.5).add_fade("0.4s", "0.1s"))
    writer.add("main", writer.video("blue.png", 1, 2))
    file = str(writer.folder / "low.wav")
    fast = kit.AudioSegment(file, writer.time(1, 1), speed=2.0, volume=0.8, change_pitch=True)
    writer.add("loud", fast)
    curved = kit.AudioSegment(file, writer.time(2, 1), source_timerange=writer.time(0, 1))
    curved.add_keyframe(0, 0.0)
    curved.add_keyframe(1_000_000, 1.0)
    curved.add_effect(kit.AudioSceneEffectType.回音)
    writer.add("curved", curved)
    writer.add("muted", kit.AudioSegment(file, writer.time(0, 3)))
    rendered = writer.render()
    check(rendered, 3)
    video = rendered.video
    assert video.heard(0.5, 0.8).level_at(1000) == pytest.approx(0.125, rel=0.05)
    assert video.heard(0.15, 0.25).amplitude == pytest.approx(0.0625, rel=0.15)
    assert video.heard(1.2, 1.8).level_at(880) == pytest.approx(0.2, rel=0.05)
    assert video.heard(2.45, 2.55).level_at(440) == pytest.approx(0.125, rel=0.1)
    assert video.heard(0.2, 0.9).level_at(440) < 0.002
    assert told(rendered) == {"回音"}
