"""The order of characters: right-to-left lines, columns, and typing one by one."""

from pathlib import Path

import numpy as np
import pytest

from services.drafts.colors import Color
from services.drafts.records import Align, Shadow, Stroke, TextBackground, TextMaterial
from services.environment import ASSETS_DIR
from services.render.text.fonts import FontBook
from tests.support.captions import (
    BLACK,
    BLUE,
    BOOK,
    EM,
    HEIGHT,
    RED,
    WIDTH,
    Mask,
    bands,
    canvas,
    caption,
    drawn,
    extent,
    ink,
    look,
    of_color,
)
from tests.support.fonts import font_with

WORDS: tuple[Color, ...] = (
    (1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0), (1.0, 0.0, 1.0, 1.0),
)  # fmt: skip
SMALL = 6.0


@pytest.fixture
def hebrew(tmp_path: Path) -> FontBook:
    font_with(tmp_path / "Hebrew.ttf", "אבגדהו ")
    return FontBook((ASSETS_DIR / "fonts", tmp_path), system_folders=())


def from_left(text: str, *stretches: str, book: FontBook) -> list[int]:
    """Each part of a caption in a colour of its own, and their order from the left."""
    styles = [look(size=SMALL)]
    for color, stretch in zip(WORDS, stretches, strict=False):
        start = text.index(stretch)
        styles.append(look(start, start + len(stretch), size=SMALL, color=color))
    pixels = canvas(caption(text, *styles), book)
    lefts = [extent(of_color(pixels, color))[0] for color in WORDS[: len(stretches)]]
    return sorted(range(len(lefts)), key=lambda at: lefts[at])


def test_latin_words_of_several_styles_keep_their_order_on_a_right_to_left_line(hebrew: FontBook) -> None:
    assert from_left("אב one two גד", "אב", "one", "two", "גד", book=hebrew) == [3, 1, 2, 0]


def test_right_to_left_words_keep_theirs_on_a_left_to_right_line(hebrew: FontBook) -> None:
    assert from_left("one אב גד two", "one", "אב", "גד", "two", book=hebrew) == [0, 2, 1, 3]


def test_numbers_read_from_the_left_in_a_right_to_left_line(hebrew: FontBook) -> None:
    assert from_left("אב 12 גד", "אב", "1", "2", "גד", book=hebrew) == [3, 1, 2, 0]


def test_brackets_stand_around_what_is_in_them(hebrew: FontBook) -> None:
    """Opened and closed by marks that look to the words, whichever way these read."""
    assert from_left("אב (one) גד", "אב", "(", "one", ")", "גד", book=hebrew) == [4, 3, 2, 1, 0]
    assert from_left("one (אב) two", "one", "(", "אב", ")", "two", book=hebrew) == [0, 1, 2, 3, 4]


def test_a_direction_mark_is_obeyed_and_not_drawn(hebrew: FontBook) -> None:
    """A left-to-right mark after the exclamation mark keeps that at the right of the Latin letter."""
    assert from_left("אA!", "א", "A", "!", book=hebrew) == [2, 1, 0]
    assert from_left("אA!\u200e", "א", "A", "!", book=hebrew) == [1, 2, 0]


def test_brackets_are_mirrored_from_right_to_left(hebrew: FontBook) -> None:
    """The first bracket is on the right and opens to the left."""
    pixels = canvas(caption("א(ב)ג", look(), look(1, 2, color=RED), look(3, 4, color=BLUE)), hebrew)
    opening, closing = of_color(pixels, RED), of_color(pixels, BLUE)

    def bulge(mask: Mask) -> float:
        left, top, right, bottom = extent(mask)
        middle = mask[(top + bottom) // 2 - 3 : (top + bottom) // 2 + 3]
        return extent(middle)[0] + extent(middle)[2] - left - right

    assert bulge(opening) > 0 > bulge(closing)
    assert extent(opening)[0] > extent(closing)[0]


def test_a_wrapped_line_reads_as_its_paragraph_does(hebrew: FontBook) -> None:
    """The second line begins with a Latin word, on the right all the same."""
    text = caption(
        "אבגדה one אב", look(size=SMALL), look(6, 9, size=SMALL, color=RED), look(10, 12, size=SMALL, color=BLUE),
        wrap=True, line_max_width=3.2 * SMALL / 172.8,
    )  # fmt: skip
    pixels = canvas(text, hebrew)
    red, blue = extent(of_color(pixels, RED)), extent(of_color(pixels, BLUE))
    assert red[1] > extent(pixels[..., 3] > 128)[1] + EM / 3, "on the second line"
    assert blue[0] < red[0]


def test_a_column_that_does_not_fit_wraps_to_the_left() -> None:
    count = int(HEIGHT / EM) + 2
    pixels = canvas(caption("口" * count, look(color=RED), look(count - 2, count, color=BLUE), vertical=True))
    first, rest = extent(of_color(pixels, RED)), extent(of_color(pixels, BLUE))
    assert rest[2] < first[0]
    assert first[3] - first[1] <= HEIGHT


def test_a_fixed_height_wraps_columns_and_keeps_marks_off_their_tops() -> None:
    mask = ink(caption("口口口，口", vertical=True, fixed_height_px=3.3 * EM))
    assert bands(mask, axis=0) == 2
    right_column = mask[:, extent(mask)[2] - round(0.9 * EM) :]
    assert bands(right_column, axis=1) == 2


@pytest.mark.parametrize("mark", ["—", "～", "-", "(", "ー"])
def test_marks_that_lie_stand_up_in_a_column(mark: str) -> None:
    across = extent(ink(caption(mark)))
    down = extent(ink(caption(mark, vertical=True)))
    wide, high = across[2] - across[0], across[3] - across[1]
    assert (down[3] - down[1] > down[2] - down[0]) == (wide > high)
    assert abs((down[0] + down[2]) / 2 - WIDTH / 2) < 0.5 * EM


def test_a_quotation_mark_of_a_column_is_the_corner_bracket_that_the_font_has_for_it() -> None:
    assert (ink(caption("“口", vertical=True)) == ink(caption("『口", vertical=True))).all()


def test_lines_of_a_fixed_width_are_aligned_in_it() -> None:
    left = ink(caption("口", fixed_width_px=300.0, align=Align.LEFT))
    assert extent(left)[0] == pytest.approx(WIDTH / 2 - 150, abs=0.2 * EM)


def typed(text: TextMaterial, count: int, book: FontBook = BOOK) -> Mask:
    """The ink once the first characters of the picture are shown."""
    picture, _ = drawn(text, book)
    alpha = np.asarray(picture.image)[..., 3]
    shown = np.zeros_like(alpha)
    for box in picture.clusters[:count]:
        shown[box.top : box.bottom, box.left : box.right] = alpha[box.top : box.bottom, box.left : box.right]
    return shown > 128


FULL = look(stroke=Stroke(0.08, BLACK), shadow=Shadow(10.0, -45.0, 0.05, RED))


@pytest.mark.parametrize(
    "text",
    [
        caption("你好 abc\n世界", FULL, background=TextBackground(color=BLUE)),
        caption("竖排\n文字", vertical=True),
        caption("口" * 300, look(size=2.0), wrap=True),
        caption("e\u0301e\u0301", letter_spacing_em=0.3, align=Align.RIGHT),
        caption("\n".join("口" * 100), look(size=1.0)),
    ],
)
def test_all_characters_together_are_the_whole_picture(text: TextMaterial) -> None:
    picture, _ = drawn(text)
    assert 1 < len(picture.clusters) < 100
    assert (typed(text, len(picture.clusters)) == (np.asarray(picture.image)[..., 3] > 128)).all()


def test_characters_are_typed_one_by_one() -> None:
    text = caption("口口口\n口口")
    assert len(drawn(text)[0].clusters) == 5
    counts = [(bands(typed(text, count), axis=0), bands(typed(text, count), axis=1)) for count in range(1, 6)]
    assert counts[:3] == [(1, 1), (2, 1), (3, 1)]
    assert [rows for _, rows in counts[3:]] == [2, 2]


def test_a_right_to_left_line_is_typed_from_the_right(hebrew: FontBook) -> None:
    text = caption("אבג ab")
    whole = extent(typed(text, 6, hebrew))
    first, with_latin = extent(typed(text, 1, hebrew)), extent(typed(text, 5, hebrew))
    assert first[2] == whole[2]
    assert first[0] > (whole[0] + whole[2]) / 2
    assert with_latin[0] == whole[0], "its Latin letters are typed from their own left"
    assert len(drawn(text, hebrew)[0].clusters) == 6


def test_a_column_is_typed_from_the_top() -> None:
    text = caption("口口\n口", vertical=True)
    shown = [extent(typed(text, count)) for count in (1, 2, 3)]
    assert shown[0][3] < shown[1][3]
    assert shown[0][0] == shown[1][0] > shown[2][0]
