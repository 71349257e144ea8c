"""Animations that uncover a picture."""

import pytest
from PIL import Image, ImageStat

from services.drafts.design import COVERS, Animation, AnimationKind, AnimationPhase, Mask, MaskKind
from services.drafts.records import MediaKind, MediaMaterial, Segment, TimeRange
from services.render.effects.masks import draw_masks
from services.render.timeline.covers import covered, masks_at

US = 1_000_000
WIDTH, HEIGHT = 270, 480
PHOTO = MediaMaterial(id="photo", kind=MediaKind.PHOTO, path="photo.png")
IN, OUT = AnimationPhase.IN, AnimationPhase.OUT


def covering(kind: AnimationKind, phase: AnimationPhase = IN, mask: Mask | None = None) -> Segment:
    """A photo of four seconds with an animation of one."""
    animation = Animation(phase=phase, kind=kind, start_us=0, duration_us=US)
    return Segment(id="one", material=PHOTO, target=TimeRange(0, 4 * US), animations=(animation,), mask=mask)


def seen(segment: Segment, seconds: float) -> Image.Image:
    return draw_masks(masks_at(segment, seconds * US, WIDTH, HEIGHT), WIDTH, HEIGHT)


def share(image: Image.Image) -> float:
    return ImageStat.Stat(image).mean[0] / 255


@pytest.mark.parametrize("kind", sorted(COVERS))
def test_nothing_is_seen_at_first_and_all_of_it_in_the_end(kind: AnimationKind) -> None:
    shares = [share(seen(covering(kind), step / 20)) for step in range(21)]
    assert shares[0] < 0.01
    assert shares[19] > 0.97
    assert shares == sorted(shares)
    assert shares[20] == 1
    assert not covered(covering(kind), US)
    assert covered(covering(kind), 0.9 * US)


@pytest.mark.parametrize("kind", sorted(COVERS))
def test_an_exit_begins_with_all_and_ends_with_nothing(kind: AnimationKind) -> None:
    shares = [share(seen(covering(kind, OUT), 3 + step / 20)) for step in range(21)]
    assert shares[0] == 1
    assert shares[20] < 0.01
    assert shares == sorted(shares, reverse=True)
    assert not covered(covering(kind, OUT), 2.9 * US)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (AnimationKind.WIPE_RIGHT, (10, 240), (260, 240)),
        (AnimationKind.WIPE_LEFT, (260, 240), (10, 240)),
        (AnimationKind.WIPE_DOWN, (135, 10), (135, 470)),
        (AnimationKind.WIPE_UP, (135, 470), (135, 10)),
        (AnimationKind.OPEN, (135, 10), (10, 240)),
        (AnimationKind.SPREAD, (135, 240), (5, 5)),
    ],
)
def test_a_front_goes_where_its_name_says(kind: AnimationKind, first: tuple[int, int], last: tuple[int, int]) -> None:
    coming = seen(covering(kind), 0.3)
    assert (coming.getpixel(first), coming.getpixel(last)) == (255, 0)
    if kind not in (AnimationKind.OPEN, AnimationKind.SPREAD):
        leaving = seen(covering(kind, OUT), 3.7)
        assert (leaving.getpixel(first), leaving.getpixel(last)) == (0, 255)


def test_a_front_is_three_quarters_over_at_half_time() -> None:
    """A quadratic ease-out, from three sigmas of the feather before the edge to three behind it."""
    row = seen(covering(AnimationKind.WIPE_RIGHT), 0.5).crop((0, 240, WIDTH, 241))
    edge = next(x for x in range(WIDTH) if row.getpixel((x, 0)) < 128)  # type: ignore[operator] # a grey picture
    margin = 0.15 * WIDTH
    assert edge == pytest.approx(-margin + 0.75 * (WIDTH + 2 * margin), abs=2)


def test_a_front_goes_over_a_mask() -> None:
    heart = Mask(kind=MaskKind.HEART, width=0.8, height=0.8)
    whole = share(seen(covering(AnimationKind.WIPE_RIGHT, mask=heart), 2))
    assert 0.1 < share(seen(covering(AnimationKind.WIPE_RIGHT, mask=heart), 0.25)) < 0.7 * whole
