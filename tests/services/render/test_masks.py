"""Masks by their pixels."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from services.drafts.design import Mask, MaskKind
from services.render.effects.masks import draw_mask

Grey = NDArray[np.float64]
WIDTH, HEIGHT = 640, 360
SIZED = (MaskKind.CIRCLE, MaskKind.RECTANGLE, MaskKind.HEART, MaskKind.STAR)
SQUARE = 0.5 * HEIGHT / WIDTH
"""The width of a mask half as high as the material, and as wide as high."""


def drawn(mask: Mask, width: int = WIDTH, height: int = HEIGHT) -> Grey:
    """The picture, 0..1."""
    image = draw_mask(mask, width, height)
    assert (image.mode, image.size) == ("L", (width, height))
    return np.asarray(image, dtype=np.float64) / 255


def at(picture: Grey, x: float, y: float) -> float:
    """The opacity there, as fractions of the picture."""
    return float(picture[round(y * (picture.shape[0] - 1)), round(x * (picture.shape[1] - 1))])


def bounds(picture: Grey) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the area more than half opaque, the last two outside."""
    rows, columns = np.nonzero(picture > 0.5)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def heart_area() -> float:
    """Of the curve in its box of one: 180 pi in 32 x its height."""
    turns = np.linspace(0, math.tau, 100_001)
    ups = 13 * np.cos(turns) - 5 * np.cos(2 * turns) - 2 * np.cos(3 * turns) - np.cos(4 * turns)
    return float(180 * math.pi / 32 / (ups.max() - ups.min()))


def star_area() -> float:
    """Of a five-pointed star with collinear sides, in its box of one."""
    inner = math.cos(math.radians(72)) / math.cos(math.radians(36))
    box = 2 * math.sin(math.radians(72)) * (1 + math.cos(math.radians(36)))
    return 5 * inner * math.sin(math.radians(36)) / box


def test_a_line_keeps_what_is_above_it() -> None:
    whole = drawn(Mask(kind=MaskKind.LINE))
    assert np.all(whole[: HEIGHT // 2] == 1)
    assert np.all(whole[HEIGHT // 2 :] == 0)
    higher = drawn(Mask(kind=MaskKind.LINE, center_y=0.5))
    assert np.all(higher[: HEIGHT // 4] == 1)
    assert np.all(higher[HEIGHT // 4 :] == 0)


def test_a_line_turns_clockwise_about_its_centre() -> None:
    right = drawn(Mask(kind=MaskKind.LINE, rotation_deg=90, center_x=0.5))
    assert (at(right, 0.8, 0.1), at(right, 0.8, 0.9), at(right, 0.7, 0.1), at(right, 0.7, 0.9)) == (1, 1, 0, 0)
    slant = drawn(Mask(kind=MaskKind.LINE, rotation_deg=45))
    middle = (HEIGHT - 1) / 2
    assert slant[round(middle - 50), round((WIDTH - 1) / 2 - 60)] == 0
    assert slant[round(middle - 50), round((WIDTH - 1) / 2 - 40)] == 1
    assert slant.mean() == pytest.approx(0.5, abs=0.005)


def test_a_mirror_keeps_a_band() -> None:
    band = drawn(Mask(kind=MaskKind.MIRROR, height=0.25, center_y=-0.5))
    assert np.flatnonzero(band.min(axis=1) == 1).tolist() == list(range(225, 315))
    assert np.flatnonzero(band.max(axis=1) > 0).tolist() == list(range(225, 315))
    upright = drawn(Mask(kind=MaskKind.MIRROR, height=0.25, rotation_deg=90))
    assert np.flatnonzero(upright.min(axis=0) == 1).tolist() == list(range(275, 365))


@pytest.mark.parametrize(
    ("kind", "share"),
    [(MaskKind.CIRCLE, math.pi / 4), (MaskKind.RECTANGLE, 1.0), (MaskKind.HEART, 0.0), (MaskKind.STAR, 0.0)],
)
def test_shapes_fill_their_part_of_their_box(kind: MaskKind, share: float) -> None:
    share = share or (heart_area() if kind is MaskKind.HEART else star_area())
    for turn in (0, 33, 200):
        picture = drawn(Mask(kind=kind, width=SQUARE, height=0.5, rotation_deg=turn))
        assert picture.sum() == pytest.approx(share * (HEIGHT / 2) ** 2, rel=0.01)


@pytest.mark.parametrize("kind", SIZED)
@pytest.mark.parametrize(("width", "height"), [(0.5, 0.5), (0.2, 0.8), (0.75, 0.1)])
def test_shapes_fill_their_box_from_edge_to_edge(kind: MaskKind, width: float, height: float) -> None:
    left, top, right, bottom = bounds(drawn(Mask(kind=kind, width=width, height=height), 2 * WIDTH, 2 * HEIGHT))
    sharp = 10 if kind in (MaskKind.STAR, MaskKind.HEART) else 4  # the tips are thinner than a pixel
    assert (left + right) / 2 == pytest.approx(WIDTH, abs=1)
    assert right - left == pytest.approx(width * 2 * WIDTH, abs=sharp)
    assert bottom - top == pytest.approx(height * 2 * HEIGHT, abs=sharp)


@pytest.mark.parametrize("kind", MaskKind)
def test_shapes_are_the_same_on_both_sides(kind: MaskKind) -> None:
    for feather in (0.0, 0.3):
        picture = drawn(Mask(kind=kind, width=0.6, height=0.7, feather=feather))
        assert float(np.abs(picture - picture[:, ::-1]).max()) <= 0.26  # one sample of an edge
        assert float(np.abs(picture - picture[:, ::-1]).mean()) < 0.001


def test_a_star_stands_on_two_points_and_a_heart_on_one() -> None:
    star = drawn(Mask(kind=MaskKind.STAR, width=SQUARE * 1.05, height=0.5))
    assert (at(star, 0.5, 0.3), at(star, 0.5, 0.72), at(star, 0.43, 0.72), at(star, 0.57, 0.72)) == (1, 0, 1, 1)
    heart = drawn(Mask(kind=MaskKind.HEART, width=SQUARE * 1.115, height=0.5))
    assert (at(heart, 0.5, 0.27), at(heart, 0.43, 0.28), at(heart, 0.57, 0.28), at(heart, 0.5, 0.7)) == (0, 1, 1, 1)


def test_round_corners_are_quarters_of_circles() -> None:
    side = HEIGHT / 2
    for corner in (0.0, 0.5, 1.0):
        picture = drawn(Mask(kind=MaskKind.RECTANGLE, width=SQUARE, height=0.5, round_corner=corner))
        radius = corner * side / 2
        assert picture.sum() == pytest.approx(side**2 - (4 - math.pi) * radius**2, rel=0.01)
    long = drawn(Mask(kind=MaskKind.RECTANGLE, width=0.8, height=0.5, round_corner=1))
    assert (at(long, 0.11, 0.5), at(long, 0.11, 0.28), at(long, 0.5, 0.26)) == (1, 0, 1)


def test_the_centre_counts_in_half_materials_upwards() -> None:
    picture = drawn(Mask(kind=MaskKind.CIRCLE, width=0.1, height=0.1, center_x=0.5, center_y=-0.5))
    left, top, right, bottom = bounds(picture)
    assert (left + right) / 2 == pytest.approx(480, abs=1)
    assert (top + bottom) / 2 == pytest.approx(270, abs=1)


def test_a_turned_shape_is_not_squeezed() -> None:
    flat = bounds(drawn(Mask(kind=MaskKind.RECTANGLE, width=0.3, height=0.1)))
    upright = bounds(drawn(Mask(kind=MaskKind.RECTANGLE, width=0.3, height=0.1, rotation_deg=90)))
    assert upright[2] - upright[0] == pytest.approx(flat[3] - flat[1], abs=1)
    assert upright[3] - upright[1] == pytest.approx(flat[2] - flat[0], abs=1)


def test_shapes_turn_clockwise() -> None:
    star = drawn(Mask(kind=MaskKind.STAR, width=SQUARE, height=0.5, rotation_deg=90))
    upright = drawn(Mask(kind=MaskKind.STAR, width=SQUARE, height=0.5))
    square = star[:, (WIDTH - HEIGHT) // 2 : (WIDTH + HEIGHT) // 2]
    turned = np.rot90(upright[:, (WIDTH - HEIGHT) // 2 : (WIDTH + HEIGHT) // 2], k=-1)
    assert float(np.abs(square - turned).mean()) < 0.002


@pytest.mark.parametrize("kind", MaskKind)
@pytest.mark.parametrize("feather", [0.0, 0.4])
def test_an_inverted_mask_hides_what_it_showed(kind: MaskKind, feather: float) -> None:
    shown = draw_mask(Mask(kind=kind, rotation_deg=20, feather=feather), WIDTH, HEIGHT)
    hidden = draw_mask(Mask(kind=kind, rotation_deg=20, feather=feather, invert=True), WIDTH, HEIGHT)
    assert np.array_equal(255 - np.asarray(shown), np.asarray(hidden))


@pytest.mark.parametrize("kind", [MaskKind.CIRCLE, MaskKind.RECTANGLE])
@pytest.mark.parametrize("feather", [0.02, 0.1, 0.5, 1.0])
def test_a_feather_falls_steadily_from_the_middle_to_the_outside(kind: MaskKind, feather: float) -> None:
    picture = drawn(Mask(kind=kind, width=SQUARE, height=0.5, feather=feather))
    row = picture[HEIGHT // 2, WIDTH // 2 :]
    assert np.all(np.diff(row) <= 1 / 255)
    assert (row[0] > 0.85, row[-1] < 0.01) == (True, True)
    edge = row[HEIGHT // 4 - 1 : HEIGHT // 4 + 1].mean()
    assert edge == pytest.approx(0.5, abs=0.12)  # a curved edge is softer outside


def test_more_feather_is_softer() -> None:
    pictures = [drawn(Mask(kind=MaskKind.LINE, feather=feather)) for feather in (0, 0.01, 0.05, 0.2, 0.6, 1)]
    columns = [picture[:, WIDTH // 2] for picture in pictures]
    steepest = [float(-np.diff(column).min()) for column in columns]
    assert steepest == sorted(steepest, reverse=True)
    assert len(set(steepest)) == len(steepest)
    for column in columns[1:]:
        assert column[HEIGHT // 2 - 1 : HEIGHT // 2 + 1].mean() == pytest.approx(0.5, abs=0.02)


def test_a_feather_goes_on_beyond_the_material_s_edge() -> None:
    picture = drawn(Mask(kind=MaskKind.RECTANGLE, width=2, height=2, feather=0.2))
    assert picture.min() == 1
    half_out = drawn(Mask(kind=MaskKind.RECTANGLE, width=1, height=1, feather=0.1))
    assert at(half_out, 0.5, 0) == pytest.approx(0.5, abs=0.03)


def test_masks_without_a_size_show_nothing() -> None:
    for kind in (*SIZED, MaskKind.MIRROR):
        assert drawn(Mask(kind=kind, height=0, feather=0.3)).max() == 0


@pytest.mark.parametrize("kind", MaskKind)
def test_absurd_numbers_are_drawn_like_large_ones(kind: MaskKind) -> None:
    huge = drawn(Mask(kind=kind, width=1e30, height=1e30))
    assert huge[: HEIGHT // 2 - 1].min() == 1
    away = drawn(Mask(kind=kind, center_x=-1e30, center_y=1e30, width=0.1, height=0.1, feather=1e30))
    assert away.max() == 0
    turned = drawn(Mask(kind=kind, width=1e30, height=1e30, rotation_deg=360e9, feather=1e30, round_corner=1e30))
    assert turned[: HEIGHT // 3].min() > 0.5


def test_the_smallest_materials_have_masks() -> None:
    assert drawn(Mask(kind=MaskKind.CIRCLE, width=1, height=1, feather=1), 1, 1).shape == (1, 1)
    assert drawn(Mask(kind=MaskKind.LINE), 1, 2).tolist() == [[1.0], [0.0]]
