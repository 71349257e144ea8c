"""Which frame is shown when. The videos count: every frame tells its number by its brightness."""

from pathlib import Path

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import RED
from tests.support.render import Rendered, render
from tests.support.video import near

S = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("time")
    media.counting_video(folder / "count.mp4")
    media.counting_video(folder / "count60.mp4", fps="60", seconds=1)
    media.counting_video(folder / "count15.mkv", fps="15")
    return folder


def counts(rendered: Rendered) -> list[int]:
    video = rendered.video
    return [video.count_at(frame) for frame in range(len(video))]


def small(seconds_fps: float = 30) -> DraftBuilder:
    return DraftBuilder(160, 90, seconds_fps)


def test_a_clip_is_trimmed_to_the_frame(folder: Path) -> None:
    draft = small().video("count.mp4", 0, S // 2, source_start_us=S // 3)
    assert counts(render(folder, draft)) == list(range(10, 25))


def test_a_start_between_frames_shows_the_frame_that_is_on(folder: Path) -> None:
    draft = small().video("count.mp4", 0, S // 10, source_start_us=S // 3 + 15_000)
    draft.video("count.mp4", S // 10, S // 10, source_start_us=S // 3 + 25_000)
    assert counts(render(folder, draft)) == [10, 11, 12, 11, 12, 13], "near its end, the next frame is on"


def test_cuts_join_without_a_gap_or_a_double_frame(folder: Path) -> None:
    """Times as the apps store them: rounded to microseconds, a frame's worth of error if lengths were added up."""
    draft = small()
    draft.video("count.mp4", 0, 766_667, source_start_us=0)
    draft.video("count.mp4", 766_667, 233_333, source_start_us=S)
    draft.video("count.mp4", 1_000_000, 333_334, source_start_us=0)
    assert counts(render(folder, draft)) == [*range(23), *range(30, 37), *range(10)]


def test_double_speed_shows_every_other_frame(folder: Path) -> None:
    draft = small().video("count.mp4", 0, S // 2, speed=2.0, source_start_us=S // 3)
    assert counts(render(folder, draft)) == list(range(10, 40, 2))


def test_half_speed_shows_every_frame_twice(folder: Path) -> None:
    draft = small().video("count.mp4", 0, S, speed=0.5)
    assert counts(render(folder, draft)) == [number // 2 for number in range(30)]


def test_a_crooked_speed_keeps_its_length(folder: Path) -> None:
    draft = small().video("count.mp4", 0, 1_047_619, speed=1.48408)
    shown = counts(render(folder, draft))
    assert len(shown) == 31
    assert shown == [pytest.approx(number * 1.48408, abs=0.91) for number in range(31)]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("count60.mp4", list(range(0, 30, 2))), ("count15.mkv", [number // 2 for number in range(15)])],
    ids=["60 to 30", "15 to 30, millisecond timestamps"],
)
def test_other_frame_rates_are_converted(folder: Path, name: str, wanted: list[int]) -> None:
    assert counts(render(folder, small().video(name, 0, S // 2))) == wanted


def test_a_variable_frame_rate_keeps_its_times(folder: Path) -> None:
    """Frames 0 to 9 at 30 a second, then one each 0.2 s: started inside a long frame, too."""
    media.counting_video(folder / "vfr.mp4", options=(
        "-vf", "setpts='if(lt(N,10),N/30,1/3+(N-10)*0.2)/TB'", "-fps_mode", "vfr", "-frames:v", "14",
    ))  # fmt: skip
    draft = small()
    draft.video("vfr.mp4", 0, 700_000)
    draft.video("vfr.mp4", 700_000, 300_000, source_start_us=633_334)
    assert counts(render(folder, draft)) == [*range(10), *[10] * 6, *[11] * 5, *[11] * 3, *[12] * 6]


def test_a_short_source_freezes_with_a_warning(folder: Path) -> None:
    rendered = render(folder, small().video("count.mp4", 0, S, source_start_us=S + S // 2))
    assert counts(rendered) == [*range(45, 60), *[59] * 15]
    (warning,) = rendered.warnings
    assert (warning["code"], warning["material_name"]) == ("MATERIAL_FROZEN", "count.mp4")
    assert "0.50 s" in warning["message"]["en"]


def test_a_start_past_the_end_shows_the_last_frame(folder: Path) -> None:
    assert counts(render(folder, small().video("count.mp4", 0, S // 10, source_start_us=9 * S))) == [59] * 3


def test_strict_makes_the_first_warning_the_error(folder: Path) -> None:
    rendered = render(folder, small().video("count.mp4", 0, S, source_start_us=S + S // 2), strict=True)
    assert (rendered.error["code"], rendered.warnings) == ("FEATURE_UNSUPPORTED", [])
    assert "last frame" in rendered.error["message"]["en"]
    assert list(rendered.folder.iterdir()) == []


def test_a_turned_video_is_shown_upright(folder: Path) -> None:
    """Stored lying on its side, with a note for players to turn it."""
    media.quadrants(folder / "quadrants.png", 180, 320)
    still = ("-loop", "1", "-framerate", "30", "-t", "0.3", "-i", folder / "quadrants.png")
    media.ffmpeg(*still, "-vf", "transpose=cclock", "-pix_fmt", "yuv420p", folder / "lying.mp4")
    media.ffmpeg("-display_rotation", "-90", "-i", folder / "lying.mp4", "-c", "copy", folder / "turned.mp4")
    video = render(folder, DraftBuilder(180, 320).video("turned.mp4", 0, S // 5)).video
    places = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
    assert [near(video.color(3, *place), color, 20) for place, color in zip(places, media.QUADRANTS, strict=True)]


def test_pixels_that_are_not_square_are_stretched(folder: Path) -> None:
    media.counting_video(folder / "wide.mp4", size="160x180", seconds=0.2, options=("-vf", "setsar=2"))
    video = render(folder, DraftBuilder(320, 180).video("wide.mp4", 0, S // 10)).video
    assert [video.count_at(1, x) for x in (0.02, 0.5, 0.98)] == [1, 1, 1], "it fills the canvas"


def test_a_gif_plays_over_and_over(folder: Path) -> None:
    colors = "color=red:s=32x32:r=10:d=0.1[a];color=lime:s=32x32:r=10:d=0.1[b];[a][b]concat"
    media.ffmpeg("-f", "lavfi", "-i", colors, folder / "moving.gif")
    video = render(folder, small().video("moving.gif", 0, S // 2, kind="gif")).video
    reds = [video.color(frame, 0.5, 0.5)[0] > 128 for frame in range(len(video))]
    assert reds == [True] * 3 + [False] * 3 + [True] * 3 + [False] * 3 + [True] * 3


def test_a_clear_video_lets_through_what_is_behind(folder: Path) -> None:
    media.plain(folder / "red.png", RED)
    clear = "color=blue:s=64x64:r=30:d=0.2,format=argb,colorchannelmixer=aa=0"
    media.ffmpeg("-f", "lavfi", "-i", clear, "-c:v", "qtrle", folder / "clear.mov")
    draft = small().photo("red.png", 0, S // 5).video("clear.mov", 0, S // 5, track="over")
    assert near(render(folder, draft).video.color(2, 0.5, 0.5), RED)


@pytest.mark.parametrize("fps", [25, 29.97, 24, 50, 12.5])
def test_the_frame_count_follows_the_draft_s_rate(folder: Path, fps: float) -> None:
    rendered = render(folder, small(fps).video("count.mp4", 0, 1_111_111))
    assert len(rendered.video) == round(1_111_111 * fps / 1e6) == rendered.result["frames"]
    assert float(rendered.video.rate or 0) == pytest.approx(fps, abs=0.0005)


def test_seams_between_chunks_are_invisible(folder: Path) -> None:
    """Forty captions are more than ffmpeg is given at once, so the clip under them is cut; nobody can see where."""
    draft = small().video("count.mp4", 0, 2 * S)
    for number in range(40):
        draft.text(".", number * 50_000, 50_000, size=4, clip={"transform": {"x": -0.9, "y": -0.9}})
    rendered = render(folder, draft)
    video = rendered.video
    assert counts(rendered) == list(range(60))
    assert video.times == [pytest.approx(number / 30, abs=0.0001) for number in range(60)]


def test_what_a_full_picture_hides_comes_back_where_it_would_be(folder: Path) -> None:
    media.plain(folder / "red.png", RED)
    draft = small().video("count.mp4", 0, S).photo("red.png", S // 3, S // 3, track="over")
    shown = counts(render(folder, draft))
    assert shown[:10] == list(range(10))
    assert shown[20:] == list(range(20, 30))
