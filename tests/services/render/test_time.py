"""The frame shown at each time. In the test videos, brightness encodes the frame number."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import BLACK, RED
from tests.support.render import Rendered, render
from tests.support.video import Video, near

S = 1_000_000
WIDTH, HEIGHT = 160, 90


def at_us(frame: int) -> int:
    """The time at which a frame begins, rounded to microseconds as stored by the apps."""
    return round(frame * S / 30)


class Shown:
    """A draft of clips in sequence, rendered once; the frames of each are looked up by name."""

    def __init__(self) -> None:
        self.builder = DraftBuilder(WIDTH, HEIGHT)
        self.spans: dict[str, range] = {}
        self.ids: dict[str, str] = {}
        self.rendered: Rendered
        self.video: Video

    def clip(self, name: str, path: str, frames: int, **options: Any) -> None:
        """The next clip, of some frames."""
        start = max((span.stop for span in self.spans.values()), default=0)
        self.spans[name] = range(start, start + frames)
        self.builder.video(path, at_us(start), at_us(start + frames) - at_us(start), **options)
        self.ids[name] = self.builder.track("video", "main")["segments"][-1]["id"]

    def over(self, name: str, path: str, frames: range) -> None:
        """A photo over some of a clip's frames."""
        start = self.spans[name].start + frames.start
        self.builder.photo(path, at_us(start), at_us(start + len(frames)) - at_us(start), track="over")

    def counts(self, name: str) -> list[int]:
        return [self.video.count_at(frame) for frame in self.spans[name]]

    def color(self, name: str, frame: int, x: float, y: float) -> tuple[int, int, int]:
        return self.video.color(self.spans[name][frame], x, y)

    def warnings(self, name: str) -> list[dict[str, Any]]:
        return [warning for warning in self.rendered.warnings if warning["segment_id"] == self.ids[name]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("time")
    media.counting_video(folder / "count.mp4")
    media.counting_video(folder / "count60.mp4", fps="60", seconds=1)
    media.counting_video(folder / "count15.mkv", fps="15")
    media.counting_video(folder / "wide.mp4", size="160x180", seconds=0.2, options=("-vf", "setsar=2"))
    # Frames 0 to 9 at 30 a second, then one each 0.2 s.
    times = "setpts='if(lt(N,10),N/30,1/3+(N-10)*0.2)/TB'"
    media.counting_video(folder / "vfr.mp4", options=("-vf", times, "-fps_mode", "vfr", "-frames:v", "14"))
    colors = "color=red:s=32x32:r=10:d=0.1[a];color=lime:s=32x32:r=10:d=0.1[b];[a][b]concat"
    media.ffmpeg("-f", "lavfi", "-i", colors, folder / "moving.gif")
    clear = "color=blue:s=64x64:r=30:d=0.2,format=argb,colorchannelmixer=aa=0"
    media.ffmpeg("-f", "lavfi", "-i", clear, "-c:v", "qtrle", folder / "clear.mov")
    # Stored lying on its side, with a note for players to turn it.
    media.quadrants(folder / "quadrants.png", 180, 320)
    still = ("-loop", "1", "-framerate", "30", "-t", "0.3", "-i", folder / "quadrants.png")
    media.ffmpeg(*still, "-vf", "transpose=cclock", "-pix_fmt", "yuv420p", folder / "lying.mp4")
    media.ffmpeg("-display_rotation", "-90", "-i", folder / "lying.mp4", "-c", "copy", folder / "turned.mp4")
    media.plain(folder / "red.png", RED)
    return folder


@pytest.fixture(scope="module")
def shown(folder: Path) -> Shown:
    made = Shown()
    made.clip("trimmed", "count.mp4", 15, source_start_us=S // 3)
    made.clip("early between", "count.mp4", 3, source_start_us=S // 3 + 15_000)
    made.clip("late between", "count.mp4", 3, source_start_us=S // 3 + 25_000)
    made.clip("before a keyframe", "count.mp4", 4, source_start_us=at_us(11))
    made.clip("double", "count.mp4", 15, speed=2.0, source_start_us=S // 3)
    made.clip("half", "count.mp4", 30, speed=0.5)
    made.clip("crooked", "count.mp4", 31, speed=1.48408)
    made.clip("60", "count60.mp4", 15)
    made.clip("15", "count15.mkv", 15)
    made.clip("variable", "vfr.mp4", 21)
    made.clip("inside a long frame", "vfr.mp4", 9, source_start_us=633_334)
    made.clip("frozen", "count.mp4", 30, source_start_us=S + S // 2)
    made.clip("past the end", "count.mp4", 3, source_start_us=9 * S)
    made.clip("turned", "turned.mp4", 6)
    made.clip("wide", "wide.mp4", 3)
    made.clip("gif", "moving.gif", 15, kind="gif")
    made.clip("gif later", "moving.gif", 6, kind="gif", source_start_us=S // 10)
    made.clip("clear", "clear.mov", 3)
    made.clip("covered", "count.mp4", 30)
    made.over("covered", "red.png", range(10, 20))
    for name, start_us in (("curved", 0), ("curved past the end", S)):
        made.clip(name, "count.mp4", 30, speed=2.0, source_start_us=start_us)
        made.builder.using("speeds", mode=1, curve_speed={"speed_points": [{"x": 0, "y": 1}, {"x": 1, "y": 3}]})
    made.rendered = render(folder, made.builder)
    made.video = made.rendered.video
    return made


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("trimmed", list(range(10, 25))),
        ("early between", [10, 11, 12]),
        ("late between", [11, 12, 13]),
        ("before a keyframe", [11, 12, 13, 14]),
        ("double", list(range(10, 40, 2))),
        ("half", [number // 2 for number in range(30)]),
        ("60", list(range(0, 30, 2))),
        ("15", [number // 2 for number in range(15)]),
        ("variable", [*range(10), *[10] * 6, *[11] * 5]),
        ("inside a long frame", [*[11] * 3, *[12] * 6]),
        ("frozen", [*range(45, 60), *[59] * 15]),
        ("past the end", [59] * 3),
    ],
)
def test_each_frame_shows_what_is_on_in_its_source(shown: Shown, name: str, wanted: list[int]) -> None:
    assert shown.counts(name) == wanted


def test_a_curve_of_speed_shows_what_is_on_at_each_time(shown: Shown) -> None:
    """From 1 to 3 evenly, t + t^2 of the source has passed; a frame shows what is due within 0.4 frames."""
    times = [(number + 0.4) / 30 for number in range(30)]
    passed = [time + time**2 for time in times]
    assert shown.counts("curved") == [int(30 * each) for each in passed]
    assert shown.counts("curved past the end") == [min(59, 30 + int(30 * each)) for each in passed]


def test_a_crooked_speed_neither_runs_ahead_nor_behind(shown: Shown) -> None:
    assert shown.counts("crooked") == [pytest.approx(number * 1.48408, abs=0.91) for number in range(31)]


def test_only_a_source_that_is_too_short_is_warned_of(shown: Shown) -> None:
    (warning,) = shown.warnings("frozen")
    assert (warning["code"], warning["material_name"]) == ("MATERIAL_FROZEN", "count.mp4")
    assert "0.50 s" in warning["message"]["en"]
    silent = shown.spans.keys() - {"frozen", "past the end", "inside a long frame", "curved past the end"}
    assert [shown.warnings(name) for name in silent] == [[] for _ in silent]


def test_a_turned_video_is_shown_upright(shown: Shown) -> None:
    half = HEIGHT * 180 / 320 / WIDTH / 2
    for (x, y), color in zip(((-1, 0.25), (1, 0.25), (-1, 0.75), (1, 0.75)), media.QUADRANTS, strict=True):
        assert near(shown.color("turned", 3, 0.5 + x * half / 2, y), color, 24)
        assert near(shown.color("turned", 3, 0.5 + x * half * 1.2, y), BLACK)


def test_pixels_that_are_not_square_are_stretched(shown: Shown) -> None:
    frame = shown.spans["wide"][1]
    assert [shown.video.count_at(frame, x) for x in (0.02, 0.5, 0.98)] == [1, 1, 1], "it fills the canvas"


def test_a_gif_plays_over_and_over(shown: Shown) -> None:
    reds = ["R" if shown.color("gif", frame, 0.5, 0.5)[0] > 128 else "G" for frame in range(15)]
    later = ["R" if shown.color("gif later", frame, 0.5, 0.5)[0] > 128 else "G" for frame in range(6)]
    assert "".join(reds) == "RRRGGGRRRGGGRRR"
    assert "".join(later) == "GGGRRR"


def test_a_clear_video_shows_what_is_behind(shown: Shown) -> None:
    assert near(shown.color("clear", 1, 0.5, 0.5), BLACK)


def test_a_clip_that_was_covered_comes_back_where_it_would_be(shown: Shown) -> None:
    counts = shown.counts("covered")
    assert counts[:10] == list(range(10))
    assert near(shown.color("covered", 15, 0.5, 0.5), RED)
    assert counts[20:] == list(range(20, 30))


def test_frames_are_evenly_spaced_over_all_seams(shown: Shown) -> None:
    """More clips than inputs of one ffmpeg."""
    assert len(shown.video) == max(span.stop for span in shown.spans.values())
    assert shown.video.times == [pytest.approx(number / 30, abs=0.0001) for number in range(len(shown.video))]


def test_a_clip_goes_on_unharmed_where_it_is_cut_for_rendering(folder: Path) -> None:
    """Forty captions are more than one ffmpeg's inputs, so the clip below is split without visible seams."""
    draft = DraftBuilder(WIDTH, HEIGHT).video("count.mp4", 0, 2 * S)
    for number in range(40):
        draft.text(".", number * 50_000, 50_000, size=4, clip={"transform": {"x": -0.9, "y": -0.9}})
    video = render(folder, draft).video
    assert [video.count_at(frame) for frame in range(len(video))] == list(range(60))


def test_strict_makes_the_first_warning_the_error(folder: Path) -> None:
    draft = DraftBuilder(WIDTH, HEIGHT).video("count.mp4", 0, S, source_start_us=S + S // 2)
    rendered = render(folder, draft, strict=True)
    assert (rendered.error["code"], rendered.warnings) == ("FEATURE_UNSUPPORTED", [])
    assert "last frame" in rendered.error["message"]["en"]
    assert list(rendered.folder.iterdir()) == []


@pytest.mark.parametrize("fps", [25, 29.97, 12.5])
def test_the_frame_count_follows_the_draft_s_rate(folder: Path, fps: float) -> None:
    rendered = render(folder, DraftBuilder(WIDTH, HEIGHT, fps).video("count.mp4", 0, 1_111_111))
    assert len(rendered.video) == round(1_111_111 * fps / 1e6) == rendered.result["frames"]
    assert float(rendered.video.rate or 0) == pytest.approx(fps, abs=0.0005)


def test_cuts_of_a_single_frame_are_all_there(folder: Path) -> None:
    draft = DraftBuilder(WIDTH, HEIGHT)
    for frame in range(40):
        draft.video("count.mp4", at_us(frame), at_us(frame + 1) - at_us(frame), source_start_us=at_us(59 - frame))
    video = render(folder, draft).video
    assert [video.count_at(frame) for frame in range(len(video))] == list(range(59, 19, -1))


def test_a_draft_of_a_moment_is_a_video_of_one_frame(folder: Path) -> None:
    rendered = render(folder, DraftBuilder(WIDTH, HEIGHT).video("count.mp4", 0, 10_000))
    assert (len(rendered.video), rendered.result["duration_us"]) == (1, 33_333)


def test_a_rest_of_the_source_shorter_than_a_frame_is_shown_and_stays(tmp_path: Path) -> None:
    media.counting_video(tmp_path / "count.mp4")
    draft = DraftBuilder(320, 180).video("count.mp4", 0, 700_000, source_start_us=1_900_000, speed=3.7)
    video = render(tmp_path, draft).video
    assert len(video) == 21
    assert {video.count_at(number) for number in range(21)} <= {57, 58, 59}
