"""Fills of letters (gradients, emoji colours) and their backgrounds."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.drafts.records import Gradient, Shadow, Stroke, TextBackground
from services.environment import ASSETS_DIR
from services.errors import WarningCode
from services.render.text.captions import draw_text
from services.render.text.fonts import FontBook
from tests.support.captions import (
    BLACK,
    BLUE,
    BOOK,
    EM,
    HEIGHT,
    RED,
    SIZE,
    WHITE,
    WIDTH,
    Pixels,
    canvas,
    caption,
    drawn,
    extent,
    ink,
    look,
    of_color,
)
from tests.support.fonts import emoji_font, font_with

RED_TO_BLUE = ((0.0, RED), (1.0, BLUE))


def redness(pixels: Pixels) -> NDArray[np.float64]:
    """The redness of each solid pixel, 0 (blue) to 1, with its row and column."""
    rows, columns = (pixels[..., 3] > 250).nonzero()
    return np.stack([rows, columns, pixels[rows, columns, 0] / 255], axis=1).astype(np.float64)


@pytest.mark.parametrize(
    ("angle", "row_sign", "column_sign"), [(90.0, 0, -1), (270.0, 0, 1), (0.0, 1, 0), (180.0, -1, 0), (-90.0, 0, 1)]
)
def test_a_gradient_ends_where_its_angle_points(angle: float, row_sign: int, column_sign: int) -> None:
    """From red to blue: redness falls along the angle, and does not change across it."""
    found = redness(canvas(caption("国国国\n国国国", look(gradient=Gradient(angle, RED_TO_BLUE)))))
    rows_off, columns_off, redness_off = (found - found.mean(axis=0)).T
    by_row = float((rows_off * redness_off).sum() / (rows_off**2).sum())
    by_column = float((columns_off * redness_off).sum() / (columns_off**2).sum())
    rows, columns = by_row * 2.02 * EM, by_column * 3 * EM
    assert (rows, columns) == pytest.approx((row_sign, column_sign), abs=0.1)


def test_a_gradient_s_colours_stand_at_their_places() -> None:
    stops = ((0.0, RED), (0.5, WHITE), (1.0, BLUE))
    pixels = canvas(caption("口" * 9, look(size=6.5, gradient=Gradient(90.0, stops))))
    left, _, right, _ = extent(pixels[..., 3] > 128)
    thirds = [pixels[:, x - 12 : x + 12].reshape(-1, 4) for x in (left + 12, (left + right) // 2, right - 12)]
    seen = [part[part[:, 3] > 250][:, :3].mean(axis=0) for part in thirds]
    assert seen[0] == pytest.approx((255, 10, 10), abs=25)
    assert seen[1] == pytest.approx((255, 255, 255), abs=25)
    assert seen[2] == pytest.approx((10, 10, 255), abs=25)


def test_a_gradient_of_characters_begins_anew_in_each() -> None:
    text = caption("口口口", look(gradient=Gradient(90.0, RED_TO_BLUE, per_character=True)))
    found = redness(canvas(text))
    left = WIDTH / 2 - 1.5 * EM
    for at in range(3):
        inside = found[(found[:, 1] >= left + at * EM) & (found[:, 1] < left + (at + 1) * EM)]
        assert inside[:, 2].max() > 0.8, "its first column of solid pixels lies a sixth of an em from its left"
        assert inside[:, 2].min() < 0.2


@pytest.mark.parametrize(("text", "per_character"), [("渐变 Gradient", False), ("渐变国", True)])
def test_a_gradient_changes_no_letter_s_shape(text: str, per_character: bool) -> None:
    plain = ink(caption(text, look(size=8.0)))
    colored = ink(caption(text, look(size=8.0, gradient=Gradient(45.0, RED_TO_BLUE, per_character))))
    assert (colored != plain).sum() < 0.01 * plain.sum()


def test_a_gradient_s_colours_may_be_transparent() -> None:
    clear = ((0.0, RED), (1.0, (1.0, 0.0, 0.0, 0.0)))
    alpha = canvas(caption("口口口", look(gradient=Gradient(90.0, clear))))[..., 3]
    left, _, right, _ = extent(alpha > 8)
    assert alpha[:, left : left + 20].max() > 235
    assert 0 < alpha[:, right - 20 : right].max() < 64


def test_an_outline_has_a_gradient_of_its_own() -> None:
    text = caption("口口口", look(stroke=Stroke(0.1, BLACK, Gradient(90.0, RED_TO_BLUE))))
    pixels = canvas(text)
    assert (of_color(pixels, WHITE) == of_color(canvas(caption("口口口")), WHITE)).mean() > 0.999
    left, _, right, _ = extent(pixels[..., 3] > 128)
    assert pixels[HEIGHT // 2, left + 2, 0] > 200 > 60 > pixels[HEIGHT // 2, right - 3, 0]


@pytest.mark.parametrize("size", [(40, 20), (400, 200), (80, 20)])
def test_a_picture_within_letters_covers_the_text_in_its_own_proportions(tmp_path: Path, size: tuple[int, int]) -> None:
    """Four colours, one in each quarter: they meet in the middle of the text, and the shape of its letters stays."""
    picture = Image.new("RGB", (2, 2))
    picture.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)])
    picture.resize(size, Image.Resampling.NEAREST).save(tmp_path / "quarters.png")
    text = caption("口口", look(picture="art/quarters.png", color=(1.0, 1.0, 1.0, 0.5), stroke=Stroke(0.05, BLACK)))
    plain = caption("口口", look(color=(1.0, 1.0, 1.0, 0.5), stroke=Stroke(0.05, BLACK)))
    filled, bare = (
        draw_text(one, BOOK, canvas_width=WIDTH, canvas_height=HEIGHT, pictures=files)[0]
        for one, files in ((text, {"art/quarters.png": tmp_path / "quarters.png"}), (plain, {}))
    )
    assert filled is not None
    assert bare is not None
    pixels = np.asarray(filled.image).astype(int)
    assert (np.abs(pixels[..., 3] - np.asarray(bare.image)[..., 3]) <= 1).all()
    middle, across = pixels.shape[0] // 2, pixels.shape[1] // 2
    for rows, columns, color in (
        (slice(0, middle - 2), slice(0, across - 2), (1, 0, 0)),
        (slice(0, middle - 2), slice(across + 2, None), (0, 1, 0)),
        (slice(middle + 2, None), slice(0, across - 2), (0, 0, 1)),
        (slice(middle + 2, None), slice(across + 2, None), (1, 1, 0)),
    ):
        part = pixels[rows, columns]
        lit = part[part[..., :3].max(axis=2) > 100]
        assert len(lit) > 20
        assert ((lit[:, :3] > 60) == np.array(color, bool)).all()


def test_letters_whose_picture_is_missing_have_their_colour() -> None:
    assert (canvas(caption("口", look(picture="gone.png", color=RED))) == canvas(caption("口", look(color=RED)))).all()


def test_an_inner_shadow_falls_into_a_letter_from_its_edges() -> None:
    size, shadow = 4 * SIZE, Shadow(3.0, -45.0, 0.0, RED)
    plain = ink(caption("口", look(size=size)))
    pixels = canvas(caption("口", look(size=size, stroke=Stroke(0.1, BLACK), inner_shadows=(shadow,))))
    left, top, right, bottom = extent(plain)
    shift = 0.03 * 4 * EM * math.sqrt(0.5)
    red = of_color(pixels, RED)
    assert extent(red)[:2] == pytest.approx((left, top), abs=1)
    white = extent(of_color(pixels, WHITE))
    assert white[:2] == pytest.approx((left + shift, top + shift), abs=1)
    assert white[2:] == pytest.approx((right, bottom), abs=1)
    assert (plain | ~red).all(), "an outline has none"


def test_an_inner_shadow_without_distance_is_a_light_along_the_edges() -> None:
    """The first of several lies over the others."""
    size = 4 * SIZE
    lights = (Shadow(0.0, 0.0, 0.03, RED), Shadow(0.0, 0.0, 0.03, BLUE))
    pixels = canvas(caption("一", look(size=size, inner_shadows=lights)))
    left, top, right, bottom = extent(ink(caption("一", look(size=size))))
    column = pixels[top:bottom, (left + right) // 2].astype(int)
    middle = len(column) // 2
    assert (column[1, :3] < (256, 200, 200)).all()
    assert column[middle, 1] > column[1, 1] + 40
    assert column[1, 0] > column[1, 2]


def emoji_book(tmp_path: Path, characters: str) -> FontBook:
    emoji_font(tmp_path / "a" / "Emoji.ttf", characters, (0, 255, 0))
    return FontBook((tmp_path / "a", ASSETS_DIR / "fonts"), system_folders=())


GREEN = (0.0, 1.0, 0.0, 1.0)


def test_an_emoji_keeps_its_own_colours_and_is_as_large_as_its_neighbours(tmp_path: Path) -> None:
    pixels = canvas(caption("口😀口", look(color=RED)), emoji_book(tmp_path, "😀"))
    left, top, right, bottom = extent(of_color(pixels, GREEN))
    assert (right - left, bottom - top) == pytest.approx((100 / 109 * EM,) * 2, abs=2)
    reds = extent(of_color(pixels, RED))
    assert reds[0] < left < right < reds[2]
    assert abs((top + bottom) / 2 - (reds[1] + reds[3]) / 2) < 0.1 * EM


def test_an_emoji_of_several_characters_is_one_picture(tmp_path: Path) -> None:
    """The colour of its skin is no second emoji, nor is a letter of a flag."""
    book = emoji_book(tmp_path, "👍🇨🇳👨👧❤")
    for cluster in ("👍", "❤\ufe0f", "👍\ufe0f"):
        left, _, right, _ = extent(of_color(canvas(caption(cluster), book), GREEN))
        assert right - left == pytest.approx(100 / 109 * EM, abs=2), cluster
    assert len(drawn(caption("👨\u200d👧好🇨🇳"), book)[0].clusters) == 3


def test_a_character_that_may_be_an_emoji_is_one_when_asked(tmp_path: Path) -> None:
    font_with(tmp_path / "b" / "Heart.ttf", "❤")
    emoji_font(tmp_path / "a" / "Emoji.ttf", "❤", (0, 255, 0))
    book = FontBook((tmp_path / "b", tmp_path / "a"), system_folders=())
    assert not of_color(canvas(caption("❤"), book), GREEN).any()
    assert of_color(canvas(caption("❤\ufe0f"), book), GREEN).any()


def test_an_emoji_prefers_a_font_of_emoji(tmp_path: Path) -> None:
    font_with(tmp_path / "0" / "Plain.ttf", "😀")
    book = FontBook((tmp_path / "0", *emoji_book(tmp_path, "😀").folders), system_folders=())
    named_nothing = caption("口😀")
    assert of_color(canvas(named_nothing, FontBook(book.folders[::-1], system_folders=())), GREEN).any()


def test_an_emoji_casts_a_shadow_and_fades(tmp_path: Path) -> None:
    style = look(color=(1.0, 1.0, 1.0, 0.5), shadow=Shadow(60.0, 0.0, 0.0, RED))
    pixels = canvas(caption("😀", style), emoji_book(tmp_path, "😀"))
    assert of_color(pixels, RED).any()
    row = pixels[HEIGHT // 2]
    green = row[(row[:, 1] > 200) & (row[:, 0] < 50)]
    assert green[:, 3] == pytest.approx(128, abs=2)


def test_without_a_font_of_emoji_they_are_left_out_with_a_warning(tmp_path: Path) -> None:
    font_with(tmp_path / "Few.ttf", "你好")
    book = FontBook((tmp_path,), system_folders=())
    picture, warnings = drawn(caption("你😀好👍🏽"), book)
    assert [one.code for one in warnings] == [WarningCode.GLYPH_MISSING]
    assert "😀" in warnings[0].message.en
    assert picture.image.tobytes() == drawn(caption("你好"), book)[0].image.tobytes()


def test_a_background_may_fit_each_line() -> None:
    box = TextBackground(color=BLUE, width=0.2, height=0.1, per_line=True)
    pixels = canvas(caption("口\n口口口口", background=box))
    blue = pixels[..., 3] > 128
    upper, lower = blue[: HEIGHT // 2 - 10], blue[HEIGHT // 2 + 10 :]
    assert extent(upper)[2] - extent(upper)[0] == pytest.approx(1.4 * EM, abs=2)
    assert extent(lower)[2] - extent(lower)[0] == pytest.approx(4.4 * EM, abs=2)


def test_a_see_through_background_is_even_where_lines_overlap() -> None:
    box = TextBackground(color=(0.0, 0.0, 1.0, 0.5), height=1.0, per_line=True)
    pixels = canvas(caption("一\n一", look(color=(0.0, 0.0, 0.0, 0.0)), background=box))
    left, top, right, bottom = extent(pixels[..., 3] > 0)
    assert set(np.unique(pixels[top:bottom, left:right, 3])) == {128}


def test_a_background_covers_a_box_of_fixed_width() -> None:
    pixels = canvas(caption("口", background=TextBackground(color=BLUE, width=0.0), fixed_width_px=300.0))
    left, _, right, _ = extent(pixels[..., 3] > 128)
    assert right - left == pytest.approx(300, abs=2)


@pytest.mark.parametrize("emoji", ["😀", "❤️", "👨‍👩‍👧", "🇨🇳"])
def test_emoji_are_drawn_in_the_colours_of_set_up_s_font(emoji: str) -> None:
    picture = canvas(caption(emoji))
    inked = picture[picture[..., 3] == 255][:, :3]
    assert len(np.unique(inked, axis=0)) > 20
