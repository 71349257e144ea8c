"""Positions and contents of pictures. One draft has half a second for each feature."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import BLACK, BLUE, GREEN, QUADRANTS, RED, WHITE, YELLOW
from tests.support.render import Rendered, render
from tests.support.video import Video, near

WIDTH, HEIGHT = 320, 180
SLOT_US, SLOT_FRAMES = 200_000, 6
CORNERS = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
TL, TR, BL, BR = QUADRANTS


class Slots:
    """A draft with features in sequence on its main track; each has a name and some frames."""

    def __init__(self) -> None:
        self.builder = DraftBuilder(WIDTH, HEIGHT)
        self.names: list[str] = []

    def photo(self, name: str, path: str = "quadrants.png", **options: Any) -> None:
        """The next slot shows a photo."""
        self.builder.photo(path, self.here_us, SLOT_US, **options)
        self.names.append(name)

    @property
    def here_us(self) -> int:
        return len(self.names) * SLOT_US


def clip(**changes: Any) -> dict[str, Any]:
    return {"clip": changes}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> "Shown":
    folder = tmp_path_factory.mktemp("pictures")
    media.quadrants(folder / "quadrants.png")
    media.quadrants(folder / "tall.png", 90, 180)
    media.quadrants(folder / "turned.jpg", exif_orientation=6)
    media.quadrants(folder / "odd.png", 101, 57)
    media.plain(folder / "clear.png", (*RED, 0), 64, 64)
    slots = Slots()
    slots.photo("plain")
    slots.photo("bars", "tall.png")
    slots.photo("exif", "turned.jpg")
    slots.photo("odd", "odd.png", **clip(transform={"x": 1 / 320, "y": 1 / 180}, scale={"x": 0.31, "y": 0.31}))
    slots.photo("scaled", **clip(scale={"x": 0.5, "y": 0.5}))
    slots.photo("stretched", uniform_scale={"on": False}, **clip(scale={"x": 0.5, "y": 1.0}))
    slots.photo("uniform", uniform_scale={"on": True}, **clip(scale={"x": 0.5, "y": 1.0}))
    slots.photo("moved", **clip(scale={"x": 0.5, "y": 0.5}, transform={"x": 0.5, "y": 0.5}))
    slots.photo("quarter", **clip(rotation=90.0))
    slots.photo("half", **clip(rotation=180.0))
    slots.photo("turned", **clip(rotation=30.0, scale={"x": 0.5, "y": 0.5}))
    slots.photo("flipped", **clip(flip={"horizontal": True, "vertical": False}))
    slots.photo("upside down", **clip(flip={"horizontal": False, "vertical": True}))
    slots.photo("flipped and turned", **clip(flip={"horizontal": True, "vertical": False}, rotation=90.0))
    slots.photo("half clear", **clip(alpha=0.5))
    slots.photo("cropped", crop={f"{row}_left_x": 0.5 for row in ("upper", "lower")})
    slots.photo("zoomed", **clip(scale={"x": 20.0, "y": 20.0}, transform={"x": 10.0, "y": -10.0}))
    slots.photo("zoomed flipped", **clip(scale={"x": 4.0, "y": 4.0}, transform={"x": 2.0, "y": 0.0},
                                         flip={"horizontal": True, "vertical": False}))  # fmt: skip
    slots.photo("zoomed and turned", **clip(scale={"x": 4.0, "y": 4.0}, transform={"x": 2.0, "y": 0.0}, rotation=45.0))
    slots.photo("outside", **clip(transform={"x": 2.5, "y": 0.0}))
    slots.photo("clear", "clear.png")
    slots.names.append("gap")
    slots.photo("after the gap")
    return Shown(render(folder, slots.builder), slots.names)


class Shown:
    """The rendered draft; colours are looked up by a slot's name."""

    def __init__(self, rendered: Rendered, names: list[str]) -> None:
        self.rendered = rendered
        self.video: Video = rendered.video
        self.names = names

    def color(self, name: str, x: float, y: float) -> tuple[int, int, int]:
        return self.video.color(self.names.index(name) * SLOT_FRAMES + SLOT_FRAMES // 2, x, y)

    def quadrants(self, name: str) -> list[tuple[int, int, int]]:
        return [self.color(name, x, y) for x, y in CORNERS]


def alike(colors: list[tuple[int, int, int]], wanted: tuple[tuple[int, ...], ...]) -> bool:
    return all(near(color, other) for color, other in zip(colors, wanted, strict=True))


def test_the_file_is_what_browsers_play(shown: Shown) -> None:
    video = shown.video
    assert (video.size, video.codec, video.pixel_format) == ((WIDTH, HEIGHT), "h264", "yuv420p")
    assert video.colors == (1, 1, 1, 1), "BT.709, limited range"
    assert len(video) == SLOT_FRAMES * len(shown.names)
    assert video.duration_s == pytest.approx(len(video) / 30, abs=0.001)
    head = video.path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "the index comes first"


def test_the_result_has_the_file_s_properties(shown: Shown) -> None:
    result = shown.rendered.result
    assert (result["width"], result["height"], result["frames"], result["frame_rate"]) == (
        320,
        180,
        len(shown.video),
        30,
    )
    assert result["duration_us"] == len(shown.names) * SLOT_US
    assert result["has_sound"] is False


def test_the_thumbnail_is_a_frame_at_a_third_of_the_video_in_its_colours(shown: Shown) -> None:
    with Image.open(shown.rendered.result["thumbnail"], formats=["JPEG"]) as image:
        thumbnail = np.asarray(image.convert("RGB")).astype(float)
    third = len(shown.video) // 3
    off = [abs(shown.video.rgb(third + later) - thumbnail).mean() for later in range(4)]
    assert min(off) < 3
    assert abs(shown.video.rgb(0) - thumbnail).mean() > 20, "other frames are told apart"


def test_nothing_else_is_left_in_the_folder(shown: Shown) -> None:
    left = sorted(path.name for path in shown.rendered.folder.iterdir())
    assert left == ["preview.jpg", "thumbnail.jpg", "video.mp4"]


def test_a_photo_keeps_its_colours(shown: Shown) -> None:
    assert alike(shown.quadrants("plain"), QUADRANTS)


def test_a_tall_photo_stands_between_black_bars(shown: Shown) -> None:
    left, right = 0.5 - 45 / 320, 0.5 + 45 / 320
    assert near(shown.color("bars", left - 0.02, 0.2), BLACK)
    assert near(shown.color("bars", right + 0.02, 0.8), BLACK)
    assert near(shown.color("bars", left + 0.02, 0.02), TL)
    assert near(shown.color("bars", right - 0.02, 0.98), BR)


def test_exif_orientation_is_applied(shown: Shown) -> None:
    assert alike(shown.quadrants("exif"), QUADRANTS)


def test_odd_sizes_and_places_keep_their_colours(shown: Shown) -> None:
    x, y = 0.5 + 0.5 / 320, 0.5 - 0.5 / 180
    dx, dy = 0.31 / 4, 0.31 / 4
    places = [(x - dx, y - dy), (x + dx, y - dy), (x - dx, y + dy), (x + dx, y + dy)]
    assert alike([shown.color("odd", *place) for place in places], QUADRANTS)


def test_scale_is_about_the_centre(shown: Shown) -> None:
    assert near(shown.color("scaled", 0.3, 0.3), TL)
    assert near(shown.color("scaled", 0.7, 0.7), BR)
    assert near(shown.color("scaled", 0.23, 0.5), BLACK)
    assert near(shown.color("scaled", 0.5, 0.77), BLACK)


def test_x_and_y_can_be_scaled_apart(shown: Shown) -> None:
    assert near(shown.color("stretched", 0.3, 0.03), TL)
    assert near(shown.color("stretched", 0.22, 0.03), BLACK)


def test_uniform_scale_takes_x_for_both(shown: Shown) -> None:
    assert near(shown.color("uniform", 0.3, 0.3), TL)
    assert near(shown.color("uniform", 0.3, 0.2), BLACK)


def test_position_is_in_half_canvases_with_y_up(shown: Shown) -> None:
    assert near(shown.color("moved", 0.55, 0.05), TL)
    assert near(shown.color("moved", 0.95, 0.45), BR)
    assert near(shown.color("moved", 0.45, 0.25), BLACK)
    assert near(shown.color("moved", 0.75, 0.55), BLACK)


def test_a_quarter_turn_is_clockwise(shown: Shown) -> None:
    assert near(shown.color("quarter", 0.4, 0.25), BL)
    assert near(shown.color("quarter", 0.6, 0.25), TL)
    assert near(shown.color("quarter", 0.4, 0.75), BR)
    assert near(shown.color("quarter", 0.6, 0.75), TR)
    assert near(shown.color("quarter", 0.5 - 95 / 320, 0.5), BLACK)


def test_a_half_turn_is_both_flips(shown: Shown) -> None:
    assert alike(shown.quadrants("half"), (BR, BL, TR, TL))


def test_any_other_turn_keeps_the_corners(shown: Shown) -> None:
    def at(x: float, y: float) -> tuple[int, int, int]:
        """The position `x`, `y` pixels from the centre before rotation."""
        angle = math.radians(30)
        turned_x = x * math.cos(angle) - y * math.sin(angle)
        turned_y = x * math.sin(angle) + y * math.cos(angle)
        return shown.color("turned", 0.5 + turned_x / (WIDTH - 1), 0.5 + turned_y / (HEIGHT - 1))

    for (sign_x, sign_y), color in zip(((-1, -1), (1, -1), (-1, 1), (1, 1)), QUADRANTS, strict=True):
        assert near(at(sign_x * 74, sign_y * 39), color), "six pixels inside the corner"
        assert near(at(sign_x * 86, sign_y * 39), BLACK)
        assert near(at(sign_x * 74, sign_y * 51), BLACK)


def test_a_horizontal_flip_swaps_left_and_right(shown: Shown) -> None:
    assert alike(shown.quadrants("flipped"), (TR, TL, BR, BL))


def test_a_vertical_flip_swaps_top_and_bottom(shown: Shown) -> None:
    assert alike(shown.quadrants("upside down"), (BL, BR, TL, TR))


def test_a_flip_comes_before_the_turn(shown: Shown) -> None:
    assert near(shown.color("flipped and turned", 0.4, 0.25), BR)
    assert near(shown.color("flipped and turned", 0.6, 0.25), TR)


def test_alpha_mixes_with_what_is_behind(shown: Shown) -> None:
    assert near(shown.color("half clear", 0.25, 0.25), tuple(part // 2 for part in TL))


def test_a_crop_is_fitted_by_what_it_leaves(shown: Shown) -> None:
    assert near(shown.color("cropped", 0.5, 0.25), TR)
    assert near(shown.color("cropped", 0.5, 0.75), BR)
    assert near(shown.color("cropped", 0.5 - 85 / 320, 0.25), BLACK)
    assert near(shown.color("cropped", 0.5 - 75 / 320, 0.25), TR)


def test_a_far_zoom_shows_the_right_part(shown: Shown) -> None:
    assert near(shown.color("zoomed", 0.1, 0.1), TL), "the top left quadrant's corner has come to the centre"
    assert near(shown.color("zoomed", 0.9, 0.9), TL)


def test_a_zoom_of_a_flipped_picture_shows_the_right_part(shown: Shown) -> None:
    """Its left edge is in the middle of the canvas's left half; flipped, its own right half is there."""
    assert near(shown.color("zoomed flipped", 0.1, 0.25), TR)
    assert near(shown.color("zoomed flipped", 0.9, 0.75), BR)


def test_a_zoom_of_a_turned_picture_shows_the_right_part(shown: Shown) -> None:
    """From the picture's centre, the canvas is on its left; rotated back by 45 degrees, below that."""
    assert near(shown.color("zoomed and turned", 0.5, 0.5), BL)


def test_what_is_outside_the_canvas_is_not_drawn(shown: Shown) -> None:
    assert near(shown.color("outside", 0.99, 0.5), BLACK)


def test_a_clear_picture_shows_nothing(shown: Shown) -> None:
    assert near(shown.color("clear", 0.5, 0.5), BLACK)


def test_a_gap_is_black(shown: Shown) -> None:
    assert near(shown.color("gap", 0.25, 0.25), BLACK)
    assert alike(shown.quadrants("after the gap"), QUADRANTS)


@pytest.fixture(scope="module")
def stacked(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Pictures over pictures, in slots of 0.2 s."""
    folder = tmp_path_factory.mktemp("stacks")
    for name, color in (("red", RED), ("green", GREEN), ("blue", BLUE), ("yellow", YELLOW)):
        media.plain(folder / f"{name}.png", color)
    media.plain(folder / "veil.png", (255, 255, 255, 128))
    small = clip(scale={"x": 0.5, "y": 0.5})
    draft = DraftBuilder(WIDTH, HEIGHT)
    draft.photo("red.png", 0, 6 * SLOT_US, track="first", render_index=0)
    draft.photo("green.png", 0, SLOT_US, track="second", render_index=1, **small)
    draft.photo("green.png", SLOT_US, SLOT_US, track="second", render_index=-1, **small)
    draft.photo("green.png", 2 * SLOT_US, SLOT_US, track="second", render_index=0, **small)
    draft.photo("blue.png", 3 * SLOT_US, SLOT_US, track="hidden", render_index=5)
    draft.photo("blue.png", 4 * SLOT_US, SLOT_US, track="third", render_index=5, visible=False)
    draft.photo("veil.png", 5 * SLOT_US, SLOT_US, track="third", render_index=5)
    draft.photo("yellow.png", 6 * SLOT_US, SLOT_US, track="third", render_index=5, **small)
    draft.photo("yellow.png", 7 * SLOT_US, SLOT_US, track="first", render_index=9)
    draft.photo("green.png", 7 * SLOT_US, SLOT_US, track="second", render_index=2, track_render_index=1)
    draft.track("video", "hidden")["attribute"] = 2
    return render(folder, draft)


@pytest.mark.parametrize(
    ("slot", "color"),
    [
        (0, GREEN),
        (1, RED),
        (2, GREEN),
        (3, RED),
        (4, RED),
        (5, tuple((255 + part) // 2 for part in RED)),
        (6, YELLOW),
        (7, GREEN),
    ],
    ids=["higher index", "lower index", "same index, later track", "hidden", "invisible", "clear", "alone", "track's"],
)
def test_pictures_stack_by_track_render_index_then_render_index_then_track(
    stacked: Rendered, slot: int, color: tuple[int, ...]
) -> None:
    assert near(stacked.video.color(slot * SLOT_FRAMES + 2, 0.5, 0.5), color)


def test_a_picture_over_another_stands_on_odd_pixels_too(tmp_path: Path) -> None:
    """101 x 57 pixels at 109, 61: chroma has a sample for every second pixel only."""
    media.plain(tmp_path / "black.png", BLACK)
    media.plain(tmp_path / "white.png", WHITE, 101, 57)
    place = {"scale": {"x": 101 / 320, "y": 101 / 320}, "transform": {"x": -1 / 320, "y": 1 / 180}}
    draft = DraftBuilder(WIDTH, HEIGHT).photo("black.png", 0, SLOT_US)
    draft.photo("white.png", 0, SLOT_US, track="over", clip=place)
    rows, columns = (render(tmp_path, draft).video.luma(2) > 128).nonzero()
    assert (columns.min(), columns.max()) == (109, 209)
    assert (rows.min(), rows.max()) == (61, 117)


def test_a_small_picture_alone_has_black_around_it(stacked: Rendered) -> None:
    assert near(stacked.video.color(6 * SLOT_FRAMES + 2, 0.1, 0.1), BLACK)


def test_the_background_has_the_draft_s_colour(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED, 60, 60)
    draft = DraftBuilder(WIDTH, HEIGHT)
    canvas = draft.material("canvases", type="canvas_color", color="#2050A0FF")
    draft.photo("red.png", 0, SLOT_US, extra_material_refs=[canvas])
    video = render(tmp_path, draft).video
    assert near(video.color(2, 0.05, 0.5), (0x20, 0x50, 0xA0))
    assert near(video.color(2, 0.5, 0.5), RED)


def test_captions_are_drawn_above_at_their_place_and_time(tmp_path: Path) -> None:
    media.plain(tmp_path / "blue.png", BLUE)
    draft = DraftBuilder(WIDTH, HEIGHT).photo("blue.png", 0, 3 * SLOT_US)
    draft.text("口", SLOT_US, SLOT_US, size=20, clip={"transform": {"x": 0.0, "y": -0.5}})
    video = render(tmp_path, draft).video
    whites = [(video.rgb(frame).min(axis=2) > 230) for frame in range(len(video))]
    assert [bool(white.any()) for white in whites] == [False] * 6 + [True] * 6 + [False] * 6
    rows, columns = whites[8].nonzero()
    assert abs((rows.min() + rows.max()) / 2 - 0.75 * HEIGHT) < 8
    assert abs((columns.min() + columns.max()) / 2 - 0.5 * WIDTH) < 4
    assert not whites[8][round(0.75 * HEIGHT), round(0.5 * WIDTH)], "the character is hollow"


def test_a_turned_caption_turns_about_its_own_centre(tmp_path: Path) -> None:
    draft = DraftBuilder(WIDTH, HEIGHT)
    draft.text("WWWW", 0, SLOT_US, size=10, clip={"rotation": 90.0})
    rows, columns = (render(tmp_path, draft).video.rgb(2).min(axis=2) > 128).nonzero()
    assert rows.max() - rows.min() > 2 * (columns.max() - columns.min())
    assert abs((rows.min() + rows.max()) / 2 - HEIGHT / 2) < 6


def test_many_pictures_at_once_are_all_drawn(tmp_path: Path) -> None:
    """More inputs than one ffmpeg gets."""
    media.plain(tmp_path / "white.png", WHITE, 32, 18)
    draft = DraftBuilder(WIDTH, HEIGHT)
    places = [(column, row) for row in range(5) for column in range(8)]
    for column, row in places:
        where = {"x": (column + 0.5) / 4 - 1, "y": 1 - (row + 0.5) / 2.5}
        draft.photo("white.png", 0, SLOT_US, track=f"{column} {row}", clip={"scale": {"x": 0.05}, "transform": where})
    video = render(tmp_path, draft).video
    assert all(near(video.color(3, (column + 0.5) / 8, (row + 0.5) / 5), WHITE) for column, row in places)
    assert near(video.color(3, 0.125, 0.2), BLACK)
