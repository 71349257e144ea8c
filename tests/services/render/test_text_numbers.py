"""Where the ink of captions lies on canvases of three shapes, from the sizes of one letter and the apps' laws.

`口` of Noto Sans SC, the default font, has ink from BOX[0] to BOX[2] em across and from BOX[1] to BOX[3] em above its
baseline, and an advance of one em. Its line cell is 0.88 em above the baseline and 0.12 em below it.
"""

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.drafts.fields import Fields, Warnings
from services.drafts.read.text import read_text
from services.render.text.captions import draw_text
from tests.support.captions import BOOK, Mask, extent

BOX = (0.127, -0.055, 0.877, 0.735)
ASCENT = 0.88
CANVASES = [(1080, 1920), (1440, 1080), (3840, 2160)]
BLACK = {"solid": {"color": [0, 0, 0]}}
CLEAR = {"fill": {"alpha": 0, "content": {"solid": {"color": [1, 1, 1]}}}}


def caption(text: str = "口口口", style: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A caption of size 10 as the apps save it; `fields` are those of its material."""
    content = {"text": text, "styles": [{"range": [0, len(text)], "size": 10.0, **(style or {})}]}
    return {"id": "t", "type": "text", "check_flag": 7, "content": json.dumps(content), **fields}


def alpha(material: dict[str, Any], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The opacity of a canvas with the caption in its middle."""
    width, height = size
    picture, warnings = draw_text(
        read_text(Fields(material, "text", Warnings()), "segment"), BOOK, canvas_width=width, canvas_height=height
    )
    assert picture is not None
    assert not warnings
    canvas = np.zeros((height, width), np.uint8)
    top, left = height // 2 + picture.top_px, width // 2 + picture.left_px
    drawn = np.asarray(picture.image)[..., 3]
    canvas[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return canvas


def ink(material: dict[str, Any], size: tuple[int, int]) -> Mask:
    mask: Mask = alpha(material, size) > 127
    return mask


def letters(size: tuple[int, int], width_em: float, height_em: float) -> list[float]:
    """Left, top, right, bottom of the ink of a block in the middle: of its first and last letters, in pixels."""
    em = size[0] / 17.28
    left, top = size[0] / 2 - width_em / 2 * em, size[1] / 2 - height_em / 2 * em
    right, bottom = size[0] - left, size[1] - top
    return [
        left + BOX[0] * em,
        top + (ASCENT - BOX[3]) * em,
        right - (1 - BOX[2]) * em,
        bottom - (1 - ASCENT + BOX[1]) * em,
    ]


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize("spacing", [-0.3, -0.1, 0.0, 1.0])
def test_letter_spacing_is_in_em_and_may_be_negative(size: tuple[int, int], spacing: float) -> None:
    drawn = extent(ink(caption(letter_spacing=spacing), size))
    assert drawn == pytest.approx(letters(size, 3 + 2 * spacing, 1), abs=1)


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize("spacing", [-0.38, 0.02, 1.5])
def test_line_spacing_is_in_cells_and_may_be_negative(size: tuple[int, int], spacing: float) -> None:
    drawn = extent(ink(caption("口\n口\n口", line_spacing=spacing), size))
    assert drawn == pytest.approx(letters(size, 1, 3 + 2 * spacing), abs=1)


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize(("letter", "line"), [(0.0, 0.02), (-0.1, -0.2), (0.3, 0.5)])
def test_columns_stand_as_far_apart_as_lines_and_their_letters_as_letters(
    size: tuple[int, int], letter: float, line: float
) -> None:
    """Two columns of three letters."""
    text = caption("口口口\n口口口", typesetting=1, letter_spacing=letter, line_spacing=line)
    assert extent(ink(text, size)) == pytest.approx(letters(size, 2 + line, 3 + 2 * letter), abs=1)


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize(("alignment", "share"), [(0, 0.0), (1, 0.5), (2, 1.0)])
def test_a_short_line_is_aligned_in_the_width_of_the_longest(
    size: tuple[int, int], alignment: int, share: float
) -> None:
    upper = ink(caption("口\n口口口", alignment=alignment), size)[: size[1] // 2]
    left, _, right, _ = letters(size, 1, 1)
    moved = (2 * share - 1) * size[0] / 17.28
    assert extent(upper)[::2] == pytest.approx((left + moved, right + moved), abs=1)


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize("width", [0.02, 0.06, 0.2])
@pytest.mark.parametrize("typesetting", [0, 1])
def test_an_outline_s_width_is_its_radius_in_em(size: tuple[int, int], width: float, typesetting: int) -> None:
    """The same from the style and from the material's own fields, across and down."""
    plain = letters(size, *((3, 1), (1, 3))[typesetting])
    wanted = [at + side * width * size[0] / 17.28 for at, side in zip(plain, (-1, -1, 1, 1), strict=True)]
    styled = caption(style={"strokes": [{"width": width, "content": BLACK}]}, typesetting=typesetting)
    flat = caption(border_width=width, border_color="#000000", check_flag=15, typesetting=typesetting)
    assert extent(ink(styled, size)) == pytest.approx(wanted, abs=1)
    assert extent(ink(flat, size)) == extent(ink(styled, size))


def test_an_outline_without_a_colour_or_its_bit_is_not_drawn() -> None:
    plain = extent(ink(caption(), CANVASES[0]))
    assert extent(ink(caption(border_width=0.2, border_color="", check_flag=15), CANVASES[0])) == plain
    assert extent(ink(caption(border_width=0.2, border_color="#000000", check_flag=7), CANVASES[0])) == plain


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize(("angle", "distance"), [(-45.0, 18.0), (30.0, 60.0), (-160.0, 5.0)])
def test_a_shadow_lies_by_hundredths_of_an_em_in_its_angle_s_direction(
    size: tuple[int, int], angle: float, distance: float
) -> None:
    shadow = {"distance": distance, "angle": angle, "alpha": 1.0, "diffuse": 0.0, "content": BLACK}
    shift = distance / 100 * size[0] / 17.28
    x, y = shift * math.cos(math.radians(angle)), -shift * math.sin(math.radians(angle))
    wanted = [at + moved for at, moved in zip(letters(size, 3, 1), (x, y, x, y), strict=True)]
    assert extent(ink(caption(style={"shadows": [shadow], **CLEAR}), size)) == pytest.approx(wanted, abs=1.1)


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize("diffuse", [0.03, 0.1])
def test_a_shadow_s_edge_is_a_gaussian_of_its_diffuse_in_em(size: tuple[int, int], diffuse: float) -> None:
    """Of a bar far longer than the blur: the integral of a normal distribution over its thickness."""
    shadow = {"distance": 0.0, "angle": 0.0, "alpha": 1.0, "diffuse": diffuse, "content": BLACK}
    sharp = alpha(caption("一", CLEAR | {"shadows": [shadow | {"diffuse": 0.0}]}), size)[:, size[0] // 2] / 255
    soft = alpha(caption("一", CLEAR | {"shadows": [shadow]}), size)[:, size[0] // 2] / 255
    sigma = diffuse * size[0] / 17.28
    reach = math.ceil(4 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    assert np.abs(soft - np.convolve(sharp, kernel / kernel.sum(), "same")).max() < 0.04


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize("style", [1, 2])
def test_a_box_of_several_lines_has_its_padding_and_round_corners(size: tuple[int, int], style: int) -> None:
    """Behind the block, or behind each line; corners are circles of half the box's height for a radius of 1."""
    em = size[0] / 17.28
    drawn = alpha(
        caption(
            "口\n口口口",
            check_flag=7 | 16,
            background_color="#0000ff",
            background_alpha=1.0,
            background_style=style,
            background_round_radius=1.0,
            background_width=0.2,
            background_height=0.1,
            line_spacing=0.5,
        ),
        size,
    )
    assert extent(drawn > 127) == pytest.approx(
        (size[0] / 2 - 1.7 * em, size[1] / 2 - 1.35 * em, size[0] / 2 + 1.7 * em, size[1] / 2 + 1.35 * em), abs=1
    )
    boxes = [(3.4, 2.7)] if style == 1 else [(1.4, 1.2), (3.4, 1.2)]
    area = sum(across * down - (4 - math.pi) * (min(across, down) / 2) ** 2 for across, down in boxes)
    assert drawn.sum() / 255 / em**2 == pytest.approx(area, rel=0.02)
