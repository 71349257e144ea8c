"""Previews during a render."""

import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from services.render.process.preview import LARGEST_BYTES, Previews, preview_arguments, preview_size, with_preview
from tests.support.drafts import DraftBuilder
from tests.support.ffmpegs import both_ffmpegs
from tests.support.media import BLUE, plain
from tests.support.render import render as run_render
from tests.support.video import Video, near

QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4")
FFMPEGS = both_ffmpegs()


class Watch:
    """Previews with a manual clock."""

    def __init__(self, folder: Path) -> None:
        self.now = 50.0
        self.told: list[bytes] = []
        self.made = folder / "made.jpg"
        self.shown = folder / "shown.jpg"
        self.previews = Previews(self.shown, self.on_preview, clock=lambda: self.now)

    def on_preview(self, path: Path) -> None:
        assert path == self.shown
        self.told.append(path.read_bytes())

    def make(self, content: bytes) -> None:
        """Write a JPEG as ffmpeg does, and poll."""
        self.made.write_bytes(content)
        self.previews.poll(self.made)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def render(ffmpeg: str, folder: Path, source: str, size: tuple[int, int], frames: int) -> str:
    """Make a video with previews in `folder`. Returns ffmpeg's log."""
    steps = (source, f"trim=end_frame={frames}", "format=yuv420p", "setparams=range=tv:colorspace=bt709")
    graph = with_preview(f"{','.join(steps)}[out]", *size)
    video = ("-map", "[out]", "-r", "30", "-fps_mode", "cfr", *QUICK, str(folder / "video.mp4"))
    command = [ffmpeg, "-v", "warning", "-nostdin", "-y", "-filter_complex", graph, *video]
    preview = preview_arguments(folder / "preview.jpg")
    return subprocess.run([*command, *preview], check=True, timeout=60, stderr=subprocess.PIPE, text=True).stderr


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
def test_a_video_is_made_whole_beside_its_previews(ffmpeg: str, tmp_path: Path) -> None:
    said = render(ffmpeg, tmp_path, "color=c=0x1e1edc:s=720x1280:r=30", (720, 1280), 40)
    assert said == ""
    assert len(Video(tmp_path / "video.mp4")) == 40
    with Image.open(tmp_path / "preview.jpg", formats=["JPEG"]) as picture:
        assert picture.size == (180, 320)
        color = picture.convert("RGB").getpixel((90, 160))
    assert isinstance(color, tuple)
    assert near(color, (30, 30, 220))
    assert (tmp_path / "preview.jpg").stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize("ffmpeg", FFMPEGS)
def test_the_video_s_frames_never_wait_for_a_preview(ffmpeg: str, tmp_path: Path) -> None:
    said = render(ffmpeg, tmp_path, "testsrc2=s=64x36:r=30", (64, 36), 400)
    assert said == "", "ffmpeg tells of frames that pile up"
    assert len(Video(tmp_path / "video.mp4")) == 400


def test_previews_keep_the_proportions_and_are_never_larger_than_the_video() -> None:
    assert preview_size(1920, 1080) == (320, 180)
    assert preview_size(1080, 1920) == (180, 320)
    assert preview_size(4096, 16) == (320, 2)
    assert preview_size(64, 36) == (64, 36)


def test_a_new_frame_is_reported_once(watch: Watch) -> None:
    watch.previews.poll(watch.made)
    watch.make(b"one")
    watch.now += 5
    watch.previews.poll(watch.made)
    assert watch.told == [b"one"]


def test_frames_come_once_a_second_at_most_and_then_the_newest(watch: Watch) -> None:
    for tenth in range(31):
        watch.make(b"%d" % tenth)
        watch.now += 0.1
    assert watch.told == [b"0", b"11", b"22"]


def test_a_preview_that_is_too_large_is_made_smaller(watch: Watch) -> None:
    noise = watch.made.with_name("noise.jpg")
    Image.frombytes("RGB", (320, 320), os.urandom(320 * 320 * 3)).save(noise, quality=95)
    assert noise.stat().st_size > LARGEST_BYTES
    watch.make(noise.read_bytes())
    assert len(watch.told[0]) <= LARGEST_BYTES
    with Image.open(watch.shown, formats=["JPEG"]) as picture:
        picture.load()
        assert picture.size == (320, 320)


def test_a_render_shows_its_newest_frame(tmp_path: Path) -> None:
    plain(tmp_path / "blue.png", BLUE, 360, 640)
    made = run_render(tmp_path, DraftBuilder(360, 640).photo("blue.png", 0, 2_000_000))
    kinds = [next(iter(line)) for line in made.lines]
    shown = [line["preview"] for line in made.lines if "preview" in line]
    assert set(shown) == {str(made.folder / "preview.jpg")}
    exporting = [index for index, line in enumerate(made.lines) if line.get("stage") == "EXPORTING"]
    assert exporting[0] < kinds.index("preview")
    with Image.open(shown[0], formats=["JPEG"]) as picture:
        assert picture.size == (180, 320)
        color = picture.convert("RGB").getpixel((90, 160))
    assert isinstance(color, tuple)
    assert near(color, BLUE)
    assert len(made.video) == 60
