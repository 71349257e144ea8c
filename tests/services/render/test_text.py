"""Captions pixel by pixel, and their line breaks."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.drafts.records import Align, Gradient, Shadow, Stroke, TextBackground, TextMaterial, TextStyle
from services.environment import ASSETS_DIR
from services.errors import WarningCode
from services.render.text.captions import draw_text
from services.render.text.faces import faces_in
from services.render.text.fonts import FontBook
from services.render.text.metrics import metrics_of
from tests.support.captions import (
    BLACK,
    BLUE,
    BOOK,
    EM,
    HEIGHT,
    NOBODY_HAS,
    ORANGE,
    RED,
    SIZE,
    WHITE,
    WIDTH,
    Mask,
    bands,
    canvas,
    caption,
    drawn,
    extent,
    ink,
    lines,
    look,
    of_color,
    same,
)
from tests.support.fonts import font_with, latin_font


def test_the_usual_caption_is_white_with_an_orange_word_and_a_black_outline() -> None:
    stroke, shadow = Stroke(0.08, BLACK), Shadow(8.0, -45.0, 0.05, (0.0, 0.0, 0.0, 0.5))
    styles = (look(stroke=stroke, shadow=shadow), look(3, 5, color=ORANGE, stroke=stroke, shadow=shadow))
    pixels = canvas(caption("你好，世界 Hello", *styles))
    orange, white = of_color(pixels, ORANGE), of_color(pixels, WHITE)
    assert of_color(pixels, BLACK).sum() > white.sum() / 2
    left, _, right, _ = extent(orange)
    assert 1.7 * EM < right - left < 2 * EM, "two characters"
    assert not white[:, left:right].any()
    assert white[:, :left].any()
    assert white[:, right:].any()


def test_a_caption_is_centred_on_its_place() -> None:
    left, top, right, bottom = extent(ink(caption("鬱國圓\n鬱國圓", look(stroke=Stroke(0.08, BLACK)))))
    assert abs((left + right) / 2 - WIDTH / 2) <= 1
    assert abs((top + bottom) / 2 - HEIGHT / 2) <= 0.03 * EM


def test_shadow_and_background_do_not_move_a_caption() -> None:
    plain = of_color(canvas(caption("你好")), WHITE)
    shadow = look(shadow=Shadow(30.0, 20.0, 0.1, RED))
    background = TextBackground(color=BLUE, horizontal_offset=1.0, vertical_offset=-0.5)
    moved = of_color(canvas(caption("你好", shadow, background=background)), WHITE)
    assert extent(moved) == extent(plain), "what shines through its edges has another colour"


def test_the_picture_s_centre_is_the_caption_s_centre() -> None:
    picture, _ = drawn(caption("你好，\nHello", look(shadow=Shadow(50.0, -45.0, 0.1, RED)), align=Align.LEFT))
    assert picture.image.size == (-2 * picture.left_px, -2 * picture.top_px)


def test_a_size_unit_is_a_line_cell_of_the_canvas_width_by_172_8() -> None:
    """The default font's cell is its em, so that its full-width characters show it."""
    four, five = (extent(ink(caption("口" * count))) for count in (4, 5))
    assert (five[2] - five[0]) - (four[2] - four[0]) == pytest.approx(EM, abs=1)


def test_a_scaled_caption_is_drawn_anew_with_the_same_lines() -> None:
    text = caption("这是一段需要换行的字幕，共有三行那么长，是的", look(size=4.0), wrap=True, line_max_width=0.2)
    once, twice = ink(text), ink(text, scale=2.0)
    assert bands(once, axis=1) == bands(twice, axis=1) > 2
    assert np.subtract(extent(twice)[2:], extent(twice)[:2]) == pytest.approx(
        2 * np.subtract(extent(once)[2:], extent(once)[:2]), abs=4
    )


def test_letter_spacing_stands_between_letters_only() -> None:
    close, wide = (extent(ink(caption("口口口口", letter_spacing_em=em))) for em in (0.0, 0.25))
    assert (wide[2] - wide[0]) - (close[2] - close[0]) == pytest.approx(3 * 0.25 * EM, abs=2)
    assert abs((wide[0] + wide[2]) / 2 - WIDTH / 2) <= 1


def test_letter_spacing_keeps_accents_on_their_letters() -> None:
    accented = ink(caption("e\u0301e\u0301e\u0301", letter_spacing_em=0.5))
    assert bands(accented, axis=0) == 3


def test_line_spacing_is_added_to_each_line_but_the_last() -> None:
    close, wide = (extent(ink(caption("口\n口\n口", line_spacing=em))) for em in (0.0, 0.5))
    assert (wide[3] - wide[1]) - (close[3] - close[1]) == pytest.approx(2 * 0.5 * EM, abs=2)


def test_a_caption_wraps_at_its_share_of_the_canvas() -> None:
    text = caption("口" * 10, wrap=True, line_max_width=4.5 * EM / WIDTH)
    wrapped, flat = ink(text), ink(replace(text, wrap=False))
    assert lines(text) == ["口口口口", "口口口口", "口口"]
    assert bands(wrapped, axis=1) == 3
    assert bands(flat, axis=1) == 1
    left, top, right, bottom = extent(wrapped)
    assert right - left < 4 * EM
    assert bottom - top == pytest.approx(2 * 1.02 * EM + 0.83 * EM, abs=2), "two pitches and a character"


def test_a_fixed_width_in_pixels_goes_before_the_share() -> None:
    assert lines(caption("口" * 5, fixed_width_px=3.2 * EM)) == ["口口口", "口口"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好世界，你好", ["你好世", "界，你好"]),
        ("一二三四！！！五", ["一二三", "四！！！", "五"]),
        ("一二三（四五）六", ["一二三", "（四五）", "六"]),
        ("一二三“四五”六", ["一二三", "“四五”", "六"]),
        ("一二三四,五", ["一二三", "四,五"]),
        ("一二三 ，四", ["一二", "三 ，四"]),
        ("。。。。。。", ["。。。。", "。。"]),
    ],
)
def test_closing_marks_begin_no_line_and_opening_marks_end_none(text: str, expected: list[str]) -> None:
    assert lines(caption(text, wrap=True, line_max_width=4.2 * EM / WIDTH)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three", ["one two ", "three"]),
        ("one  two   three", ["one  two   ", "three"]),
        ("一二Hello三四", ["一二", "Hello三", "四"]),
        ("well-known", ["well-", "known"]),
        ("Hello .net", ["Hello ", ".net"]),
        ("three a\u00a0bcd", ["three ", "a\u00a0bcd"]),
        ("WWWWWWWWWW", ["WWWW", "WWWW", "WW"]),
    ],
)
def test_words_stay_whole_unless_a_line_cannot_hold_them(text: str, expected: list[str]) -> None:
    assert lines(caption(text, wrap=True, line_max_width=4.1 * EM / WIDTH)) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\v", "\u2028", "\u2029", "\x85"])
def test_every_sort_of_line_break_breaks_lines(newline: str) -> None:
    assert lines(caption(f"口{newline}口")) == ["口", "口"]


def test_a_line_break_of_two_characters_is_one() -> None:
    assert (ink(caption("口\r\n口")) == ink(caption("口\n口"))).all()


def test_a_style_keeps_to_its_characters_after_a_two_character_line_break() -> None:
    pixels = canvas(caption("a\r\n口b", look(), look(3, 4, color=RED)))
    left, _, right, _ = extent(of_color(pixels, RED))
    assert right - left > 0.7 * EM


def test_an_empty_line_takes_the_height_of_one() -> None:
    two, three = (extent(ink(caption(text))) for text in ("口\n口", "口\n\n口"))
    line = EM + 0.02 * EM
    assert (three[3] - three[1]) - (two[3] - two[1]) == pytest.approx(line, abs=2)


@pytest.mark.parametrize("align", Align)
def test_lines_are_aligned_to_each_other(align: Align) -> None:
    mask = ink(caption("口口口口\n口", align=align))
    upper, lower = extent(mask[: HEIGHT // 2]), extent(mask[HEIGHT // 2 :])
    sides = {
        Align.LEFT: lower[0] - upper[0],
        Align.CENTER: (lower[0] + lower[2] - upper[0] - upper[2]) / 2,
        Align.RIGHT: lower[2] - upper[2],
    }
    assert [one for one, distance in sides.items() if abs(distance) <= 2] == [align]


def test_mixed_sizes_share_a_baseline() -> None:
    pixels = canvas(caption("HHHH", look(), look(2, 4, size=2 * SIZE, color=RED)))
    small, large = extent(of_color(pixels, WHITE)), extent(of_color(pixels, RED))
    assert abs(small[3] - large[3]) <= 1
    assert large[3] - large[1] == pytest.approx(2 * (small[3] - small[1]), abs=3)


def test_later_styles_win() -> None:
    pixels = canvas(caption("口口口", look(color=RED), look(1, 3, color=BLUE), look(2, 10_000, color=WHITE)))
    order = [extent(of_color(pixels, color))[0] for color in (RED, BLUE, WHITE)]
    assert order == sorted(order)


def test_a_style_of_characters_that_do_not_exist_changes_nothing() -> None:
    plain = canvas(caption("你好"))
    assert (canvas(caption("你好", look(), look(5, 9, color=RED), look(-3, 0, size=90.0))) == plain).all()


def test_bold_is_the_bold_face() -> None:
    plain, bold = ink(caption("你好")), ink(caption("你好", look(bold=True)))
    assert bold.sum() > 1.25 * plain.sum()
    by_name = ink(caption("你好", look(font_name="Noto Sans SC Bold")))
    assert (bold == by_name).all()


def test_bold_is_made_where_a_font_has_no_bold_face(tmp_path: Path) -> None:
    book = FontBook((latin_font(tmp_path / "Aileron.ttf").parent,), system_folders=())
    plain, bold = (ink(caption("Hello", look(bold=bold)), book) for bold in (False, True))
    assert 1.1 * plain.sum() < bold.sum() < 2 * plain.sum()
    assert (bold | ~plain).all()


def test_italics_lean_to_the_right() -> None:
    upright, italic = ink(caption("口")), ink(caption("口", look(italic=True)))
    _, top, _, bottom = extent(italic)
    tenth = (bottom - top) // 10
    lean = extent(italic[top : top + tenth])[0] - extent(italic[bottom - tenth : bottom])[0]
    assert lean == pytest.approx(0.9 * (bottom - top) * math.tan(math.radians(12)), abs=2)
    assert abs(sum(extent(italic)[::2]) - sum(extent(upright)[::2])) <= 3, "it stays where it was"


def test_an_underline_runs_below_all_its_letters() -> None:
    plain, lined = ink(caption("口口口")), ink(caption("口口口", look(underline=True)))
    left, _, right, _ = extent(plain)
    rows = lined[extent(plain)[3] :]
    assert rows[:, left:right].all(axis=1).any()


def test_an_outline_grows_letters_by_its_width_on_all_sides() -> None:
    plain = extent(ink(caption("口")))
    outlined = extent(ink(caption("口", look(stroke=Stroke(0.1, BLACK)))))
    grown = np.abs(np.subtract(outlined, plain))
    assert grown == pytest.approx([0.1 * EM] * 4, abs=1.1)


def test_an_outline_lies_under_the_letter_and_under_its_neighbours() -> None:
    tight = {"letter_spacing_em": -0.1}
    plain = of_color(canvas(caption("国国国", **tight)), WHITE)
    outlined = of_color(canvas(caption("国国国", look(stroke=Stroke(0.15, BLACK)), **tight)), WHITE)
    other = of_color(canvas(caption("国国国", look(), look(1, 3, stroke=Stroke(0.15, RED)), **tight)), WHITE)
    assert same(outlined, plain)
    assert same(other, plain)


def test_several_outlines_lie_over_each_other_the_narrow_ones_above() -> None:
    style = look(stroke=Stroke(0.3, RED), inner_strokes=(Stroke(0.15, BLUE),))
    pixels = canvas(caption("一", style))
    letter, inner, outer = (extent(of_color(pixels, color)) for color in (WHITE, BLUE, RED))
    assert np.abs(np.subtract(inner, letter)) == pytest.approx([0.15 * EM] * 4, abs=1.6)
    assert np.abs(np.subtract(outer, letter)) == pytest.approx([0.3 * EM] * 4, abs=1.6)


def test_several_shadows_fall_in_their_own_directions() -> None:
    style = look(shadow=Shadow(50.0, 0.0, 0.0, RED), lower_shadows=(Shadow(50.0, 180.0, 0.0, BLUE),))
    pixels = canvas(caption("一", style))
    left, letter, right = (extent(of_color(pixels, color)) for color in (BLUE, WHITE, RED))
    assert letter[0] - left[0] == pytest.approx(0.5 * EM, abs=1)
    assert right[2] - letter[2] == pytest.approx(0.5 * EM, abs=1)


def test_outlines_have_round_corners() -> None:
    """The sharp corners of a W stick out far when an outline's corners are pointed."""
    plain, outlined = (extent(ink(caption("W", look(stroke=stroke)))) for stroke in (None, Stroke(0.2, BLACK)))
    assert np.abs(np.subtract(outlined, plain)) == pytest.approx([0.2 * EM] * 4, abs=1.6)


@pytest.mark.parametrize(("angle", "dx", "dy"), [(-45.0, 1, 1), (45.0, 1, -1), (135.0, -1, -1), (180.0, -1, 0)])
def test_a_shadow_falls_where_its_angle_points(angle: float, dx: int, dy: int) -> None:
    """A minus sign in the middle of its own picture, its shadow 0.5 em away."""
    pixels = canvas(caption("一", look(shadow=Shadow(50.0, angle, 0.0, RED))))
    letter = extent(ink(caption("一")))
    left, top, right, bottom = extent(of_color(pixels, RED) | of_color(pixels, WHITE))
    distance = 0.5 * EM * (math.sqrt(0.5) if dy else 1.0)
    reach = (right - letter[2] if dx > 0 else letter[0] - left, bottom - letter[3] if dy > 0 else letter[1] - top)
    assert reach == pytest.approx((distance, distance * abs(dy)), abs=2)


def test_a_diffuse_shadow_is_soft() -> None:
    hard, soft = (canvas(caption("口", look(color=(0, 0, 0, 0), shadow=Shadow(5.0, 0.0, diffuse, RED))))[..., 3]
                  for diffuse in (0.0, 0.1))  # fmt: skip
    assert hard.max() == 255
    assert soft.max() < 255
    assert (soft > 0).sum() > 1.5 * (hard > 0).sum()


def test_a_background_covers_the_caption_and_its_padding() -> None:
    text = caption("你好", background=TextBackground(color=BLUE, width=0.5, height=0.25))
    pixels = canvas(text)
    left, top, right, bottom = extent(pixels[..., 3] > 0)
    assert right - left == pytest.approx((2 + 2 * 0.5) * EM, abs=2)
    assert bottom - top == pytest.approx((1.0 + 2 * 0.25) * EM, abs=2)
    assert (pixels[top:bottom, left:right, 3] == 255).all(), "its corners are square"
    assert of_color(pixels, WHITE).sum() == of_color(canvas(caption("你好")), WHITE).sum()


def test_a_background_s_corners_are_round_and_smooth() -> None:
    alpha = canvas(caption("你好", background=TextBackground(color=BLUE, round_radius=1.0)))[..., 3]
    left, top, right, bottom = extent(alpha > 0)
    radius = (bottom - top) // 2
    corner = alpha[top : top + radius, left : left + radius]
    assert (corner == alpha[top : top + radius, right - radius : right][:, ::-1]).all()
    assert (corner == alpha[bottom - radius : bottom, left : left + radius][::-1]).all()
    assert not corner[0, : radius // 2].any()
    assert corner.sum() / 255 == pytest.approx(math.pi / 4 * radius**2, rel=0.02)
    assert np.unique(corner).size > 8


def test_a_background_moves_up_and_right_by_its_offsets() -> None:
    still, moved = (
        extent(canvas(caption("你好", background=background))[..., 3] > 0)
        for background in (
            TextBackground(color=BLUE, width=1.0, height=1.0),
            TextBackground(color=BLUE, width=1.0, height=1.0, horizontal_offset=0.5, vertical_offset=0.25),
        )
    )
    assert np.subtract(moved, still) == pytest.approx([0.5 * EM, -0.25 * EM] * 2, abs=1)


def test_alpha_fades_the_whole_caption() -> None:
    text = caption("你好", look(stroke=Stroke(0.1, BLACK)), background=TextBackground(color=BLUE))
    full, half = canvas(text), canvas(replace(text, alpha=0.5))
    assert half[..., 3] == pytest.approx(full[..., 3] / 2, abs=1)
    assert (half[..., :3][half[..., 3] > 0] == full[..., :3][half[..., 3] > 0]).all()


def test_a_transparent_colour_is_transparent() -> None:
    assert canvas(caption("口", look(color=(1.0, 1.0, 1.0, 0.25))))[..., 3].max() == 64


def test_vertical_text_runs_down_in_columns_from_right_to_left() -> None:
    pixels = canvas(caption("口口口\n口", look(color=RED), look(4, 5, color=BLUE), vertical=True))
    first, second = extent(of_color(pixels, RED)), extent(of_color(pixels, BLUE))
    assert first[3] - first[1] > 2.5 * EM
    assert first[2] - first[0] < EM
    assert second[2] < first[0]
    assert bands(pixels[:, first[0] : first[2], 3] > 128, axis=1) == 3
    assert abs(first[0] + second[2] - WIDTH) <= 2


def test_a_comma_of_vertical_text_stands_at_the_top_right() -> None:
    mask = ink(caption("口，口", vertical=True))
    left, top, right, bottom = extent(mask)
    comma = mask[top + round(EM) : bottom - round(EM)]
    assert extent(comma)[0] > (left + right) / 2


def test_right_to_left_text_reads_from_the_right(tmp_path: Path) -> None:
    font_with(tmp_path / "Hebrew.ttf", "אבגד ")
    book = FontBook((ASSETS_DIR / "fonts", tmp_path), system_folders=())
    pixels = canvas(caption("אב גד好", look(color=RED), look(3, 5, color=BLUE), look(5, 6, color=WHITE)), book)
    order = [extent(of_color(pixels, color))[0] for color in (WHITE, BLUE, RED)]
    assert order == sorted(order)


def test_marks_after_latin_letters_follow_them_to_the_left_on_a_right_to_left_line(tmp_path: Path) -> None:
    font_with(tmp_path / "Hebrew.ttf", "א")
    book = FontBook((ASSETS_DIR / "fonts", tmp_path), system_folders=())
    apart = ink(caption("אA!", look(color=RED), look(1, 2, color=BLUE), look(2, 3, color=WHITE)), book)
    together = ink(caption("אA!", look(color=RED), look(1, 3, color=BLUE)), book)
    assert same(together, apart)


def test_chinese_characters_are_drawn_and_not_the_box_of_missing_ones() -> None:
    pictures = {canvas(caption(one)).tobytes() for one in "你好世界"}
    assert len(pictures) == 4
    hollow = ink(caption("口"))
    assert all(canvas(caption(one)).tobytes() != hollow.tobytes() for one in "你好世界")


def with_aileron(folder: Path) -> tuple[FontBook, float]:
    """A book with a Latin font besides the Chinese one, and the size at which its em is that of the default font."""
    face = next(faces_in(latin_font(folder / "Aileron.ttf").parent))
    return FontBook((ASSETS_DIR / "fonts", folder), system_folders=()), SIZE * metrics_of(face).cell


def alike(one: Mask, other: Mask) -> bool:
    """The same shapes, wherever they stand: a font with another ascent has another baseline, to parts of a pixel."""
    sizes = [np.subtract(extent(mask)[2:], extent(mask)[:2]) for mask in (one, other)]
    return bool(np.abs(sizes[0] - sizes[1]).max() <= 1 and one.sum() == pytest.approx(other.sum(), rel=0.05))


def test_a_bold_character_of_another_font_is_bold_too(tmp_path: Path) -> None:
    book, size = with_aileron(tmp_path)
    named = look(font_name="Aileron", size=size)
    assert alike(ink(caption("你好", replace(named, bold=True)), book), ink(caption("你好", look(bold=True))))


def test_a_chinese_character_comes_from_another_font_when_the_named_one_lacks_it(tmp_path: Path) -> None:
    book, size = with_aileron(tmp_path)
    named = look(font_name="Aileron", size=size)
    assert alike(ink(caption("你好", named), book), ink(caption("你好"), book))
    assert not alike(ink(caption("Rag", named), book), ink(caption("Rag"), book))


def test_a_font_that_is_not_installed_has_one_warning_with_its_name() -> None:
    text = caption("你好", look(font_name="抖音美好体"), look(1, 2, font_name="抖音美好体", color=RED))
    picture, warnings = drawn(text)
    assert [(one.code, one.material_name) for one in warnings] == [(WarningCode.FONT_SUBSTITUTED, "抖音美好体")]
    assert "fonts add" not in warnings[0].message.en
    assert "抖音美好体" in warnings[0].message.en
    assert "抖音美好体" in warnings[0].message.zh
    assert picture.image.getbbox()


@pytest.mark.parametrize(
    ("name", "told"), [("Poppins-Bold", "fetches it."), ("Arial", "fetches Arimo, which looks like it")]
)
def test_a_warning_of_a_missing_font_tells_how_to_get_an_open_one(name: str, told: str) -> None:
    _, (warning,) = drawn(caption("你", look(font_name=name)))
    assert warning.code == WarningCode.FONT_SUBSTITUTED
    assert f"`draftcast fonts add '{name}'` {told}" in warning.message.en
    assert f"`draftcast fonts add '{name}'`" in warning.message.zh


def test_a_space_after_a_font_without_one_is_blank(tmp_path: Path) -> None:
    font_with(tmp_path / "Few.ttf", "\ue000")
    book = FontBook((ASSETS_DIR / "fonts", tmp_path), system_folders=())
    one, two = (ink(caption(text), book).sum() for text in ("\ue000", "\ue000 \ue000"))
    assert two == pytest.approx(2 * one, rel=0.05)


def test_characters_that_no_font_has_are_left_out_with_a_warning() -> None:
    picture, warnings = drawn(caption(f"你{NOBODY_HAS}好{NOBODY_HAS}\ue000"))
    assert [one.code for one in warnings] == [WarningCode.GLYPH_MISSING]
    assert "U+10FFFD U+E000" in warnings[0].message.en
    assert "U+10FFFD U+E000" in warnings[0].message.zh
    assert picture.image.tobytes() == drawn(caption("你好"))[0].image.tobytes()


def test_a_caption_without_any_font_has_a_warning() -> None:
    picture, warnings = draw_text(caption("你"), FontBook((), ()), canvas_width=WIDTH, canvas_height=HEIGHT)
    assert picture is None
    assert [one.code for one in warnings] == [WarningCode.GLYPH_MISSING]


def test_an_emoji_s_variation_selector_is_no_character_of_its_own() -> None:
    assert (canvas(caption("☃\ufe0e")) == canvas(caption("☃"))).all()


def test_a_lone_surrogate_is_drawn_as_the_replacement_character(tmp_path: Path) -> None:
    font_with(tmp_path / "Replacement.ttf", "\ufffd")
    book = FontBook((ASSETS_DIR / "fonts", tmp_path), system_folders=())
    assert (canvas(caption("你\ud800好"), book) == canvas(caption("你\ufffd好"), book)).all()
    font_with(tmp_path / "few" / "Few.ttf", "你好")
    _, warnings = drawn(caption("你\ud800好"), FontBook((tmp_path / "few",), system_folders=()))
    assert [one.code for one in warnings] == [WarningCode.GLYPH_MISSING]
    warnings[0].message.en.encode()


def test_control_characters_are_not_drawn() -> None:
    assert (canvas(caption("你\x00\x07\x1b好")) == canvas(caption("你好"))).all()
    assert lines(caption("a\tb")) == ["a b"]


@pytest.mark.parametrize(
    "text",
    [
        caption(""),
        caption("   "),
        caption("\n\n"),
        caption("", background=TextBackground(color=BLUE)),
        caption("你好", alpha=0.0),
        TextMaterial(id="no styles", text="你好", styles=()),
        *(caption("你好", look(size=size)) for size in (0.0, -5.0, math.nan, 0.01)),
    ],
)
def test_a_caption_with_nothing_to_see_is_no_picture(text: TextMaterial) -> None:
    assert draw_text(text, BOOK, canvas_width=WIDTH, canvas_height=HEIGHT) == (None, ())


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan])
def test_a_caption_of_no_scale_is_no_picture(scale: float) -> None:
    assert draw_text(caption("你好"), BOOK, canvas_width=WIDTH, canvas_height=HEIGHT, scale=scale) == (None, ())


@pytest.mark.parametrize(
    "text",
    [
        caption("你好", look(size=1000.0, stroke=Stroke(1.0, BLACK), shadow=Shadow(1000.0, -45.0, 1.0, RED))),
        caption("你好", look(size=math.inf)),
        caption("口" * 5000, look(size=1000.0), wrap=True),
        caption("口" * 5000, look(size=1000.0, italic=True), letter_spacing_em=-1.0, line_spacing=-1.0),
        caption("口" * 5000),
        caption("口\n" * 2500, vertical=True),
        caption("e" + "\u0301" * 5000, look(size=1000.0)),
    ],
    ids=["huge", "infinite", "many huge", "on one place", "one line", "many columns", "accents on accents"],
)
def test_the_largest_captions_are_at_most_twice_the_canvas(text: TextMaterial) -> None:
    picture, _ = drawn(text)
    assert picture.image.width <= 2 * WIDTH
    assert picture.image.height <= 2 * HEIGHT
    assert picture.image.getbbox()


def test_a_long_line_shows_its_middle() -> None:
    """2001 characters reach far beyond the canvas to both sides; the one in the middle is in its middle."""
    pixels = canvas(caption("口" * 2001, look(), look(1000, 1001, color=RED)))
    left, _, right, _ = extent(of_color(pixels, RED))
    assert abs((left + right) / 2 - WIDTH / 2) <= 1
    assert of_color(pixels, WHITE)[:, 0 : round(EM)].any()
    assert of_color(pixels, WHITE)[:, WIDTH - round(EM) :].any()


FRACTION = st.floats(0, 1)
COLORS = st.tuples(FRACTION, FRACTION, FRACTION, FRACTION)
TEXTS = st.text(
    st.characters() | st.sampled_from("你好，（）。\n\r\t ab-\u0301\u200d\ufe0fא\u202e\u2067\u2029\ud800"), max_size=30
)
GRADIENTS = st.builds(
    Gradient,
    st.floats(-1e6, 1e6),
    st.lists(st.tuples(FRACTION, COLORS), min_size=1, max_size=3).map(lambda stops: tuple(sorted(stops))),
    st.booleans(),
)
STYLES = st.builds(
    TextStyle,
    start=st.integers(-5, 40),
    end=st.integers(-5, 40),
    size=st.floats(0, 60) | st.floats(),
    color=COLORS,
    gradient=st.none() | GRADIENTS,
    bold=st.booleans(),
    italic=st.booleans(),
    underline=st.booleans(),
    stroke=st.none() | st.builds(Stroke, FRACTION, COLORS, st.none() | GRADIENTS),
    shadow=st.none() | st.builds(Shadow, st.floats(0, 1000), st.floats(-1e6, 1e6), FRACTION, COLORS),
    font_name=st.none() | st.text(max_size=5) | st.just("Noto Sans SC"),
)
BACKGROUNDS = st.builds(
    TextBackground,
    color=COLORS,
    per_line=st.booleans(),
    round_radius=FRACTION,
    width=FRACTION,
    height=FRACTION,
    horizontal_offset=st.floats(-1, 1),
    vertical_offset=st.floats(-1, 1),
)
CAPTIONS = st.builds(
    TextMaterial,
    id=st.just("any"),
    text=TEXTS,
    styles=st.lists(STYLES, min_size=1, max_size=4).map(tuple),
    align=st.sampled_from(Align),
    vertical=st.booleans(),
    letter_spacing_em=st.floats(-1, 10),
    line_spacing=st.floats(-1, 10),
    line_max_width=st.floats(0, 10),
    wrap=st.booleans(),
    fixed_width_px=st.none() | st.floats(0, 1e6),
    fixed_height_px=st.none() | st.floats(0, 1e6),
    alpha=FRACTION,
    background=st.none() | BACKGROUNDS,
)


@settings(max_examples=100)
@given(text=CAPTIONS, width=st.integers(2, 200), height=st.integers(2, 200), scale=st.floats(0, 20))
def test_any_caption_is_drawn_within_bounds(text: TextMaterial, width: int, height: int, scale: float) -> None:
    picture, _ = draw_text(text, BOOK, canvas_width=width, canvas_height=height, scale=scale)
    if picture is not None:
        assert picture.image.mode == "RGBA"
        assert picture.image.size == (-2 * picture.left_px, -2 * picture.top_px)
        assert picture.image.width <= 2 * width
        assert picture.image.height <= 2 * height
        covered = np.zeros((picture.image.height, picture.image.width), int)
        for box in picture.clusters:
            covered[box.top : box.bottom, box.left : box.right] += 1
        assert (covered == 1).all(), "its characters' boxes are all of it, and share no pixel"
