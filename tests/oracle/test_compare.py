"""The bounds catch visible differences, and the reference draws its definitions."""

import numpy as np
import pytest

from services.drafts.design import BlendMode, TransitionKind
from services.render.timeline.geometry import Pose
from tests.oracle.blending import blended
from tests.oracle.compare import edges, likeness
from tests.oracle.pixels import Pixels, opaque, resized, sampled
from tests.oracle.placing import placed, stand
from tests.oracle.scenery import EVENING, HEIGHT, MORNING, WIDTH, landscape
from tests.oracle.studies import DIFFERENCE, SSIM
from tests.oracle.transitions import crossed

RED, BLUE = opaque(40, 20, (1.0, 0.0, 0.0)), opaque(40, 20, (0.0, 0.0, 1.0))


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return landscape(WIDTH, HEIGHT, 0.3, MORNING)


def like(drawn: Pixels, wanted: Pixels) -> bool:
    return likeness(drawn, wanted).within(SSIM, DIFFERENCE)


def test_a_picture_is_like_itself_with_a_little_noise(picture: Pixels) -> None:
    noise = np.random.default_rng(1).normal(0, 1 / 255, picture.shape)
    assert like(picture, picture)
    assert like(picture + noise, picture)


@pytest.mark.parametrize("pixels", [(1.0, 0.0), (0.0, 1.0)])
def test_a_picture_moved_by_a_pixel_is_another(picture: Pixels, pixels: tuple[float, float]) -> None:
    moved = sampled(picture, WIDTH, HEIGHT, (1, 0, pixels[0], 0, 1, pixels[1]))
    assert not like(moved, picture)


def test_a_brighter_a_warmer_a_softer_and_a_later_picture_are_others(picture: Pixels) -> None:
    soft = resized(resized(picture, WIDTH // 4, HEIGHT // 4), WIDTH, HEIGHT)
    warm = picture * np.array([1.04, 1.0, 0.96])
    later = landscape(WIDTH, HEIGHT, 0.35, MORNING)
    assert not any(like(other, picture) for other in (picture + 4 / 255, warm, soft, later))


def test_edges_are_the_pixels_beside_a_step_and_their_neighbours() -> None:
    step = np.concatenate([RED, BLUE], axis=1)[..., :3] * 255
    assert edges(step)[5].nonzero()[0].tolist() == [38, 39, 40, 41]


def test_a_turned_picture_covers_its_area_at_its_place() -> None:
    where = stand(Pose(center_x=50.25, center_y=40.5, width=40, height=20, rotation_deg=30), None, 0)
    alpha = placed(RED, where, 100, 80)[..., 3]
    y, x = np.mgrid[0:80, 0:100] + 0.5
    assert alpha.sum() == pytest.approx(800, rel=0.01)
    assert (alpha * x).sum() / alpha.sum() == pytest.approx(50.25, abs=0.05)
    assert (alpha * y).sum() / alpha.sum() == pytest.approx(40.5, abs=0.05)
    assert alpha[40 + 10, 50 + 15] > 0.9, "clockwise: its right end is low"
    assert alpha[40 - 10, 50 + 15] < 0.1


def test_a_transition_begins_with_the_one_picture_and_ends_with_the_other() -> None:
    one, other = (
        np.concatenate([landscape(WIDTH, HEIGHT, 0.4, colors), np.ones((HEIGHT, WIDTH, 1))], axis=2)
        for colors in (MORNING, EVENING)
    )
    for kind in TransitionKind:
        early, late = crossed(kind, one, other, 1e-4), crossed(kind, one, other, 1 - 1e-4)
        assert likeness(early[..., :3], one[..., :3]).difference < 2, kind
        assert likeness(late[..., :3], other[..., :3]).difference < 2, kind


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        (TransitionKind.WIPE_LEFT, (10, 35)),
        (TransitionKind.WIPE_RIGHT, (10, 4)),
        (TransitionKind.WIPE_UP, (17, 20)),
        (TransitionKind.WIPE_DOWN, (2, 20)),
        (TransitionKind.SLIDE_LEFT, (10, 35)),
        (TransitionKind.SLIDE_DOWN, (2, 20)),
        (TransitionKind.CIRCLE, (10, 20)),
    ],
)
def test_the_new_picture_comes_from_the_side_it_moves_away_from(kind: TransitionKind, new: tuple[int, int]) -> None:
    slides = kind.value.startswith("slide")
    shown = crossed(kind, RED, BLUE, 0.45 if slides else 0.3)  # quintic: 0.3 of the way at 0.45 of the time
    share = {TransitionKind.CIRCLE: np.pi * (0.3 * np.hypot(40, 20) / 2) ** 2 / 800}.get(kind, 0.3)
    assert shown[new][2] == 1
    assert shown[..., 2].mean() == pytest.approx(share, abs=0.02)


def test_a_blend_mode_works_only_where_both_pictures_are() -> None:
    half = np.array([[[0.5, 0.5, 0.5, 1.0]]], np.float32)
    clear = np.zeros((1, 1, 4), np.float32)
    assert blended(BlendMode.MULTIPLY, half, half)[0, 0].tolist() == [0.25, 0.25, 0.25, 1.0]
    assert blended(BlendMode.MULTIPLY, half, clear)[0, 0].tolist() == [0.5, 0.5, 0.5, 1.0]
    assert blended(BlendMode.MULTIPLY, half / 2, half)[0, 0].tolist() == [0.375, 0.375, 0.375, 1.0]
