"""Cuts without encoding: copied where the picture is the same, drawn elsewhere."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import Rendered, render
from tests.support.video import Video

S = 1_000_000
GROUP = 10
"""Frames from one keyframe to the next."""
FRAMES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two grainy videos with B-frames; no encoder would produce the same frames twice."""
    folder = tmp_path_factory.mktemp("copying")
    for name, seed in (("one.mp4", "1"), ("two.mp4", "2")):
        film(folder / name, seed)
    film(folder / "other.mp4", "3", profile="baseline")
    film(folder / "late.mp4", "4", keyframe_at=5)
    media.ffmpeg("-display_vflip", "-i", folder / "one.mp4", "-c", "copy", folder / "mirrored.mp4")
    return folder


def film(path: Path, seed: str, *, profile: str = "high", keyframe_at: int = 0) -> None:
    picture = f"testsrc2=s=160x90:r=30:d={FRAMES / 30},noise=alls=30:allf=t:all_seed={seed},format=yuv420p"
    keys = ("-force_key_frames", f"expr:eq(mod(n,{GROUP}),{keyframe_at})")
    h264 = ("-c:v", "libx264", "-profile:v", profile, "-crf", "18", "-bf", "2" if profile == "high" else "0")
    media.ffmpeg("-f", "lavfi", "-i", picture, *h264, *keys, *media.TAGS, path)


def at_us(frame: int) -> int:
    return round(frame * S / 30)


def cuts(*clips: tuple[str, int, int], **options: Any) -> DraftBuilder:
    """Clips in sequence: file, first frame, number of frames."""
    draft, start = DraftBuilder(160, 90), 0
    for name, first, frames in clips:
        length_us = at_us(start + frames) - at_us(start)
        draft.video(name, at_us(start), length_us, source_start_us=at_us(first), **options)
        start += frames
    return draft


TWO_CUTS = (("one.mp4", 20, 20), ("two.mp4", 0, 10))


def copied(folder: Path, rendered: Rendered, *clips: tuple[str, int, int]) -> bool:
    """Whether the result's frames are those of the files, bit for bit."""
    video = rendered.video
    sources = {name: Video(folder / name) for name, _, _ in clips}
    wanted = [sources[name].luma(first + frame) for name, first, frames in clips for frame in range(frames)]
    assert len(video) == len(wanted)
    return all(np.array_equal(video.luma(number), luma) for number, luma in enumerate(wanted))


@pytest.mark.parametrize(
    "clips",
    [
        pytest.param(TWO_CUTS, id="two cuts"),
        pytest.param((("one.mp4", 0, FRAMES),), id="a whole film"),
        pytest.param((("one.mp4", 50, 10), ("one.mp4", 0, 10)), id="the end, then the beginning"),
    ],
)
def test_clips_between_keyframes_come_out_as_they_went_in(
    folder: Path, clips: tuple[tuple[str, int, int], ...]
) -> None:
    rendered = render(folder, cuts(*clips))
    assert copied(folder, rendered, *clips)
    frames = sum(frames for _, _, frames in clips)
    assert rendered.video.times == pytest.approx([frame / 30 for frame in range(frames)], abs=1e-4)
    assert rendered.video.duration_s == pytest.approx(frames / 30, abs=1e-3)


def test_copied_clips_are_heard_as_drawn_ones_are(folder: Path) -> None:
    media.tone(folder / "tone.mp3", 440, 1)
    rendered = render(folder, cuts(*TWO_CUTS).audio("tone.mp3", 0, S))
    assert copied(folder, rendered, *TWO_CUTS)
    assert rendered.video.heard(0.1, 0.9).hertz == pytest.approx(440, rel=0.02)


def test_an_operator_may_have_everything_encoded_anew(folder: Path) -> None:
    assert not copied(folder, render(folder, cuts(*TWO_CUTS), copy_video=False), *TWO_CUTS)


@pytest.mark.parametrize(
    "clips",
    [
        pytest.param((("one.mp4", 15, 20),), id="begins between keyframes"),
        pytest.param((("one.mp4", 20, 15),), id="ends between keyframes"),
        pytest.param((("one.mp4", 20, 10), ("other.mp4", 0, 10)), id="two kinds of H.264"),
        pytest.param((("late.mp4", 0, 20),), id="keyframes elsewhere"),
        pytest.param((("mirrored.mp4", 0, 20),), id="a tag that mirrors it"),
    ],
)
def test_what_lies_otherwise_is_drawn(folder: Path, clips: tuple[tuple[str, int, int], ...]) -> None:
    rendered = render(folder, cuts(*clips))
    assert not copied(folder, rendered, *clips)


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(cuts(*TWO_CUTS).text("字幕", 0, S // 2), id="a caption"),
        pytest.param(cuts(*TWO_CUTS).photo("dot.png", 0, S // 2, track="over"), id="a picture above"),
        pytest.param(cuts(*TWO_CUTS).video("one.mp4", 2 * S, S // 3), id="a gap"),
        pytest.param(cuts(*TWO_CUTS).video("one.mp4", S, 3 * S), id="a clip longer than its file"),
    ],
)
def test_more_than_cuts_is_drawn(folder: Path, draft: DraftBuilder) -> None:
    media.plain(folder / "dot.png", media.RED, 16, 16)
    first = render(folder, draft).video.luma(0)
    assert not np.array_equal(first, Video(folder / "one.mp4").luma(20))


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"clip": {"flip": {"horizontal": True, "vertical": False}}}, id="flipped"),
        pytest.param({"clip": {"alpha": 0.5}}, id="half seen through"),
        pytest.param({"clip": {"scale": {"x": 1.2, "y": 1.2}}}, id="larger"),
        pytest.param({"clip": {"rotation": 180.0}}, id="turned"),
        pytest.param({"reverse": True}, id="backwards"),
    ],
)
def test_a_clip_that_is_changed_is_drawn(folder: Path, options: dict[str, Any]) -> None:
    rendered = render(folder, cuts(*TWO_CUTS, **options))
    assert not copied(folder, rendered, *TWO_CUTS)
