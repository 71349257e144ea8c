"""Colour tables made from pictures before and after a filter."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.looks.chart import BadPair, chart, samples
from services.looks.fit import SIDE, Color, fit
from tests.oracle.pixels import Pixels, luma
from tests.oracle.scenery import MORNING, landscape
from tests.support.matrix import sampled

CODE = 1 / 255


def contrast(rgb: Pixels) -> Pixels:
    """An S-curve."""
    return np.asarray(rgb + 0.8 * (3 * rgb**2 - 2 * rgb**3 - rgb))


def tint(rgb: Pixels) -> Pixels:
    """Warm and magenta."""
    return np.asarray(rgb * np.array([1.12, 0.93, 0.85]))


def saturation(rgb: Pixels) -> Pixels:
    """Stronger colours."""
    grey = luma(rgb.astype(np.float32))[..., None]
    return grey + 1.5 * (rgb - grey)


def cross_process(rgb: Pixels) -> Pixels:
    """A curve for each channel, as of slide film in the wrong developer."""
    red, green, blue = np.moveaxis(np.clip(rgb, 0, 1), -1, 0)
    return np.stack([red - 0.12 * np.sin(2 * np.pi * red), green**0.85, 0.18 + 0.62 * blue], axis=-1)


FILTERS = (contrast, tint, saturation, cross_process)


def looked_up(table: tuple[Color, ...], rgb: Pixels) -> Pixels:
    """Colours through a table, by straight lines between its colours."""
    cube = np.array(table).reshape(SIDE, SIDE, SIDE, 3)
    place = rgb * (SIDE - 1)
    low = np.minimum(place.astype(int), SIDE - 2)
    part = place - low
    found = np.zeros_like(rgb)
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner), part, 1 - part), axis=-1)[..., None]
        red, green, blue = (low[..., channel] + corner[channel] for channel in range(3))
        found += weight * cube[blue, green, red]
    return found


def exported(path: Path, rgb: Pixels) -> Path:
    """A picture as an app writes it: coded with loss, with a quarter of the chroma."""
    picture = Image.fromarray(np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8))
    picture.save(path, quality=90, subsampling="4:2:0")
    return path


def off(table: tuple[Color, ...], filtered: Callable[[Pixels], Pixels], rgb: Pixels) -> float:
    wrong = looked_up(table, rgb) - np.clip(filtered(rgb), 0, 1)
    return float(np.sqrt((wrong**2).mean()))


@pytest.mark.parametrize("filtered", sampled(FILTERS, 2), ids=lambda each: str(each.__name__))
def test_a_filter_is_recovered_from_the_chart(tmp_path: Path, filtered: Callable[[Pixels], Pixels]) -> None:
    drawn = chart()
    drawn.save(tmp_path / "chart.png", compress_level=1)
    after = exported(tmp_path / "after.jpg", filtered(np.asarray(drawn, np.float64) / 255))
    found = fit(samples(tmp_path / "chart.png", after))
    colors = np.random.default_rng(3).random((5000, 3))
    assert off(found.colors, filtered, colors) <= 4 * CODE
    assert found.rmse <= 4 * CODE
    assert found.seen == 1


@pytest.mark.parametrize("filtered", [saturation, cross_process], ids=lambda each: str(each.__name__))
def test_a_photo_teaches_its_colours_and_the_others_go_on_smoothly(
    tmp_path: Path, filtered: Callable[[Pixels], Pixels]
) -> None:
    scene = landscape(320, 180, 0.4, MORNING)
    other = landscape(320, 180, 0.6, MORNING)
    before, after = exported(tmp_path / "one.jpg", scene), exported(tmp_path / "two.jpg", filtered(scene))
    found = fit(samples(before, after))
    assert off(found.colors, filtered, np.clip(other, 0, 1)) <= 4 * CODE
    assert 0 < found.seen < 0.5
    cube = np.array(found.colors).reshape(SIDE, SIDE, SIDE, 3)
    assert max(float(np.abs(np.diff(cube, axis=axis)).max()) for axis in range(3)) < 0.25


def test_an_export_of_another_size_is_the_same_picture(tmp_path: Path) -> None:
    drawn = chart()
    drawn.save(tmp_path / "chart.png", compress_level=1)
    drawn.resize((1440, 810), Image.Resampling.NEAREST).save(tmp_path / "other.jpg", quality=90)
    found = fit(samples(tmp_path / "chart.png", tmp_path / "other.jpg"))
    assert off(found.colors, lambda rgb: rgb, np.random.default_rng(3).random((2000, 3))) <= 2 * CODE


def test_a_pair_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    for name, size in (("wide.png", (64, 36)), ("tall.png", (36, 64))):
        Image.new("RGB", size).save(tmp_path / name)
    with pytest.raises(BadPair, match="64x36 and 36x64"):
        samples(tmp_path / "wide.png", tmp_path / "tall.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(BadPair, match=r"text\.png"):
        samples(tmp_path / "text.png", tmp_path / "wide.png")
