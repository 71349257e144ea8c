"""The requested output: its format, size, frame rate, range and sound, on decoded files."""

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from PIL import Image

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import RED
from tests.support.render import Rendered, render
from tests.support.video import Video, near

WIDTH, HEIGHT, SECONDS, RATE = 270, 480, 3, 20
S = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A draft with a counting clip, a caption in a fixed box, a picture that fades, and a rising sound."""
    made = tmp_path_factory.mktemp("output")
    media.counting_video(made / "clip.mp4", seconds=SECONDS, size=f"{WIDTH}x{HEIGHT}", fps=str(RATE))
    media.plain(made / "red.png", RED, 64, 64)
    media.rising_tones(made / "tones.wav")
    return made


def draft() -> DraftBuilder:
    builder = DraftBuilder(WIDTH, HEIGHT, RATE).video("clip.mp4", 0, SECONDS * S)
    builder.text("第三集 The end", S // 2, 2 * S, track="captions")
    builder.photo(
        "red.png", 0, S, track="over", clip={"scale": {"x": 0.2, "y": 0.2}, "transform": {"x": -0.7, "y": 0.8}}
    )
    return builder.audio("tones.wav", 0, SECONDS * S)


def made(folder: Path, attempt: int, ending: str = ".mp4", **options: Any) -> Rendered:
    output = str(folder / "task" / str(attempt) / f"video{ending}")
    return render(folder, draft(), attempt=attempt, output=output, options=options, copy_video=False)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Video:
    return made(folder, 1).video


def difference(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """The root mean square of the difference of two frames, of 255."""
    return float(np.sqrt(np.mean((one.astype(np.float64) - other) ** 2)))


def small(frame: np.ndarray[Any, Any], size: tuple[int, int]) -> np.ndarray[Any, Any]:
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))


def test_another_size_shows_the_same_picture(folder: Path, whole: Video) -> None:
    drawn = made(folder, 2, short_side=180).video
    assert drawn.size == (180, 320)
    assert len(drawn) == len(whole)
    for frame in (5, 20, 45, 55):
        assert difference(small(drawn.rgb(frame), (90, 160)), small(whole.rgb(frame), (90, 160))) < 10
    assert near(drawn.color(5, 0.15, 0.1), RED)


def test_a_draft_quality_has_half_the_size_and_rate_and_a_high_one_is_nearer(folder: Path, whole: Video) -> None:
    quick = made(folder, 3, quality="DRAFT").video
    assert (quick.size, quick.rate, len(quick)) == ((WIDTH // 2 + 1, HEIGHT // 2), Fraction(10), len(whole) // 2)
    counts = [quick.count_at(frame, 0.9, 0.9) for frame in (0, 10, 25)]
    assert counts == [whole.count_at(2 * frame, 0.9, 0.9) for frame in (0, 10, 25)]
    assert made(folder, 3, quality="DRAFT", frame_rate=20, end_ms=500).video.rate == whole.rate
    high = made(folder, 4, quality="HIGH", end_ms=500).video
    assert high.size == whole.size
    assert high.path.stat().st_size / len(high) > whole.path.stat().st_size / len(whole)


def test_another_frame_rate_shows_the_same_times(folder: Path, whole: Video) -> None:
    drawn = made(folder, 5, frame_rate=10).video
    assert (drawn.rate, len(drawn)) == (Fraction(10), SECONDS * 10)
    assert [drawn.count_at(frame, 0.9, 0.9) for frame in (0, 10, 25)] == [
        whole.count_at(2 * n, 0.9, 0.9) for n in (0, 10, 25)
    ]


def test_a_range_is_cut_out_of_the_whole(folder: Path, whole: Video) -> None:
    drawn = made(folder, 6, start_ms=800, end_ms=2000)
    video = drawn.video
    assert (drawn.result["frames"], drawn.result["duration_us"], len(video)) == (24, 1_200_000, 24)
    for frame in (0, 12, 23):
        assert difference(video.rgb(frame), whole.rgb(16 + frame)) < 3
    heard, wanted = video.heard(0.1, 1.1), whole.heard(0.9, 1.9)
    assert heard.hertz == pytest.approx(wanted.hertz, rel=0.01)
    assert heard.amplitude == pytest.approx(wanted.amplitude, rel=0.05)
    progress = [line for line in drawn.stages if line["stage"] == "EXPORTING"]
    assert (progress[-1]["done"], progress[-1]["total"]) == (24, 24)


@pytest.mark.parametrize(("start_ms", "end_ms"), [(3000, None), (0, 3500), (5000, 6000)])
def test_a_range_outside_the_draft_is_an_error(folder: Path, start_ms: int, end_ms: int | None) -> None:
    error = made(folder, 7, start_ms=start_ms, end_ms=end_ms).error
    assert error["code"] == "DRAFT_INVALID"
    assert "3.00 s long" in error["message"]["en"]
    assert "range within the draft" in error["hint"]["en"]


def test_the_sound_can_be_left_out_or_be_all(folder: Path) -> None:
    assert not made(folder, 8, sound=False, end_ms=200).video.has_sound
    alone = made(folder, 9, ".m4a", format="M4A", start_ms=1000).result
    assert (alone["width"], alone["height"], alone["frames"], alone["frame_rate"]) == (0, 0, 0, 0)
    assert (alone["has_sound"], alone["duration_us"]) == (True, 2_000_000)
    assert "thumbnail" not in alone
    with av.open(str(alone["output"]), "r") as container:
        assert not container.streams.video
        assert float(container.duration or 0) / 1e6 == pytest.approx(2.0, abs=0.05)


def test_silence_is_no_sound_file(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    output = str(tmp_path / "task" / "1" / "video.m4a")
    silent = DraftBuilder(WIDTH, HEIGHT).photo("red.png", 0, S)
    error = render(tmp_path, silent, output=output, options={"format": "M4A"}).error
    assert error["code"] == "DRAFT_EMPTY"
    assert "no sound" in error["message"]["en"]


@pytest.mark.parametrize(("format_", "codec"), [("MP4_HEVC", "hevc"), ("MP4_AV1", "libdav1d")])
def test_other_codecs(folder: Path, whole: Video, format_: str, codec: str) -> None:
    drawn = made(folder, 10, format=format_, end_ms=400).video
    assert drawn.codec == codec
    assert drawn.has_sound
    assert difference(drawn.rgb(6), whole.rgb(6)) < 6


@pytest.mark.parametrize(
    ("format_", "ending", "pixels"), [("WEBM_ALPHA", ".webm", "libvpx-vp9"), ("PRORES_4444", ".mov", "prores")]
)
def test_a_transparent_background(folder: Path, format_: str, ending: str, pixels: str) -> None:
    builder = DraftBuilder(WIDTH, HEIGHT).photo("red.png", 0, S // 5, clip={"scale": {"x": 0.5, "y": 0.5}})
    builder.audio("tones.wav", 0, S // 5)
    output = str(folder / "task" / "11" / f"video{ending}")
    result = render(folder, builder, attempt=11, output=output, options={"format": format_}).result
    with av.open(str(result["output"]), "r") as container:
        decoder = av.VideoCodecContext.create(pixels, "r")
        stream = container.streams.video[0]
        decoder.extradata = stream.codec_context.extradata
        frame = next(frame for packet in container.demux(stream) for frame in cast("Any", decoder).decode(packet))
        alpha = np.asarray(frame.to_ndarray(format="rgba"))[..., 3]
        color = np.asarray(frame.to_ndarray(format="rgb24"))[HEIGHT // 2, WIDTH // 2]
        assert len(container.streams.audio) == 1
    assert alpha[HEIGHT // 2, WIDTH // 2] > 250
    assert alpha[4, 4] < 5
    assert near(tuple(int(value) for value in color), RED)
    assert len(list(folder.glob("task/11/thumbnail.jpg"))) == 1


@pytest.mark.parametrize("format_", ["GIF", "WEBP"])
def test_an_animation(folder: Path, whole: Video, format_: str) -> None:
    ending = f".{format_.lower()}"
    drawn = made(folder, 12, ending, format=format_, short_side=90, frame_rate=10, start_ms=1000, end_ms=2000)
    with Image.open(drawn.result["output"]) as picture:
        assert (picture.format, picture.size, getattr(picture, "n_frames", 1)) == (format_, (90, 160), 10)
        picture.seek(5)
        shown = np.asarray(picture.convert("RGB"))
    assert difference(shown, small(whole.rgb(30), (90, 160))) < 14
    assert drawn.result["has_sound"] is False


def test_a_frame_and_a_contact_sheet(folder: Path, whole: Video) -> None:
    frame = made(folder, 13, ".jpg", format="JPEG", start_ms=1500)
    assert frame.result["frames"] == 1
    with Image.open(frame.result["output"]) as picture:
        assert picture.format == "JPEG"
        assert difference(np.asarray(picture), whole.rgb(30)) < 4
    quick = made(folder, 15, ".jpg", format="JPEG", start_ms=1500, quality="DRAFT").result
    assert (quick["width"], quick["frame_rate"]) == (WIDTH // 2 + 1, RATE), "the frame of its time"
    sheet = made(folder, 14, ".jpg", format="CONTACT_SHEET").result
    with Image.open(sheet["output"]) as picture:
        assert picture.size == (sheet["width"], sheet["height"]) == (5 * WIDTH, 3 * HEIGHT)
        second = np.asarray(picture)[:HEIGHT, WIDTH : 2 * WIDTH]
    assert difference(second, whole.rgb(7)) < 6
