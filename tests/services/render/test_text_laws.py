"""Sizes, places and colours of captions as the apps draw them, by numbers measured on covers that the apps drew."""

from pathlib import Path

import numpy as np
import pytest

from services.drafts.records import Glow, TextMaterial
from services.render.text.captions import draw_text
from services.render.text.fonts import FontBook
from tests.support.captions import BOOK, RED, Mask, Pixels, bands, caption, extent, look
from tests.support.fonts import font_of_metrics

WIDTH, HEIGHT = 1920, 1080
POPPINS = look(size=10.0, font_name="Poppins-Bold")
EM = 79.4
"""Of Poppins at size 10, in pixels: measured 79.6 to 79.85, calculated 79.37."""


def painted(text: TextMaterial, book: FontBook = BOOK) -> Pixels:
    """The caption on a canvas of full HD, whatever fonts are missing."""
    picture, _ = draw_text(text, book, canvas_width=WIDTH, canvas_height=HEIGHT)
    assert picture is not None
    canvas = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    image = np.asarray(picture.image)
    top, left = HEIGHT // 2 + picture.top_px, WIDTH // 2 + picture.left_px
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas


def ink(text: TextMaterial, book: FontBook = BOOK) -> Mask:
    mask: Mask = painted(text, book)[..., 3] > 128
    return mask


def baselines(mask: Mask) -> list[int]:
    """The bottom of each line of letters without descenders."""
    filled = np.asarray(mask.any(axis=1)).astype(int)
    return [int(row) for row in (np.diff(filled, append=0) < 0).nonzero()[0]]


def test_a_substitute_has_the_em_of_the_font_that_the_draft_names() -> None:
    short, long = (extent(ink(caption("口" * count, POPPINS))) for count in (5, 13))
    assert ((long[2] - long[0]) - (short[2] - short[0])) / 8 == pytest.approx(EM, abs=0.3)


def test_a_font_that_is_here_is_sized_by_its_own_typographic_metrics(tmp_path: Path) -> None:
    """As large as the substitute of a font with the same metrics, and of the reciprocal size of its cell."""
    heights: list[int] = []
    for ascender, descender in ((1050, -350), (525, -175)):
        font = font_of_metrics(tmp_path / str(ascender) / "Aileron.ttf", ascender, descender)
        mask = ink(caption("HH", look(size=10.0, font_name="Aileron")), FontBook((font.parent,), system_folders=()))
        heights.append(extent(mask)[3] - extent(mask)[1])
    assert heights[1] == pytest.approx(2 * heights[0], abs=2)


@pytest.mark.parametrize(("name", "cell"), [("KFGQPC Uthman", 1.685), ("zh-hans", 1.0), ("未知字体", 1.0), (None, 1.0)])
def test_a_line_s_em_is_its_cell_by_the_named_font_s_ratio(name: str | None, cell: float) -> None:
    short, long = (extent(ink(caption("口" * count, look(size=10.0, font_name=name)))) for count in (2, 7))
    assert ((long[2] - long[0]) - (short[2] - short[0])) / 5 == pytest.approx(WIDTH / 17.28 / cell, abs=0.4)


def test_the_pitch_of_lines_is_the_cell_and_the_spacing() -> None:
    first, second, third = baselines(ink(caption("HHH\nHHH\nHHH", POPPINS)))
    assert (third - first) / 2 == pytest.approx(113.6, abs=0.6)
    assert second - first == pytest.approx(113.6, abs=1)


def test_the_pitch_is_that_of_the_upper_line_also_with_mixed_sizes() -> None:
    small = look(4, 7, size=6.0, font_name="Poppins-Bold")
    first, second = baselines(ink(caption("HHH\nHHH", POPPINS, small, line_spacing=-0.38)))
    assert second - first == pytest.approx(69.0, abs=1)


def test_a_block_is_centred_from_its_first_ascent_to_its_last_descent() -> None:
    """One line of Poppins: a cell of 1.05 + 0.35 em, so that its baseline lies 0.35 em below the middle."""
    (bottom,) = baselines(ink(caption("HHH", POPPINS)))
    assert bottom + 1 - HEIGHT / 2 == pytest.approx(0.35 * EM, abs=1)


def test_spaces_at_the_end_of_a_line_count_when_it_is_centred() -> None:
    plain, spaced = (extent(ink(caption(text, POPPINS))) for text in ("HHH", "HHH    "))
    inner = extent(ink(caption("H    H", POPPINS)))
    spaces = (inner[2] - inner[0]) - (extent(ink(caption("HH", POPPINS)))[2] - extent(ink(caption("HH", POPPINS)))[0])
    assert plain[0] - spaced[0] == pytest.approx(spaces / 2, abs=1)


def test_a_glow_is_bright_near_the_letters_and_faint_far_from_them() -> None:
    """With the values of a cover that the apps drew: a halo of about 0.25 em, and one of about 2.5 em, which a single
    letter hardly fills.
    """
    glow = Glow((1.0, 0.86, 0.0, 1.0), 0.4, 0.45)
    pixels = painted(caption("口", look(size=10.0, glow=glow, color=RED)))
    left, top, right, bottom = extent((pixels[..., 0] == 255) & (pixels[..., 1] == 0))
    em, middle = WIDTH / 17.28, (top + bottom) // 2
    alphas = [int(pixels[middle, round(right + distance * em), 3]) for distance in (0.03, 0.15, 1.0, 1.5, 3.2)]
    assert alphas == sorted(alphas, reverse=True)
    near, halo, faint, end, beyond = alphas
    assert near > 128 > 2 * faint
    assert halo > 2 * faint > 0
    assert end > 0 == beyond
    assert (pixels[middle, right + 5, :3] == (255, 219, 0)).all()
    assert bands(pixels[..., 3] > 0, axis=1) == 1
    assert left > 0
