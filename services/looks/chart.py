"""The chart to be sent through a filter, and samples of pictures before and after it."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, UnidentifiedImageError

from services.errors import DraftcastError
from services.looks.fit import SIDE, Sample

WIDTH, HEIGHT, CELL = 1920, 1080, 20
"""Pixels of the chart and of one of its cells: a video's coarser chroma leaves the middle of a cell alone."""
_TAKEN = 480
"""The longer side, in pixels, of the grid of places that are compared."""
_FLAT = 10
"""Codes between the neighbours of a pixel below which it counts in full, else as `_ROUGH`."""
_ROUGH = 0.02
_COARSE = 4
"""Codes of a channel that are taken together."""


class BadPair(DraftcastError):
    """A picture that cannot be read, or a pair that does not fit; the text says why."""


def chart() -> Image.Image:
    """All colours of a table in cells, then greys."""
    columns = WIDTH // CELL
    steps = [round(255 * step / (SIDE - 1)) for step in range(SIDE)]
    colors = [(red, green, blue) for blue in steps for green in steps for red in steps]
    greys = columns * (HEIGHT // CELL) - len(colors)
    colors += [(level, level, level) for level in (round(255 * place / (greys - 1)) for place in range(greys))]
    small = Image.new("RGB", (columns, HEIGHT // CELL))
    small.putdata(colors)
    return small.resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)


def samples(before: Path, after: Path) -> list[Sample]:
    """The colours of two pictures of the same scene, alike ones taken together. Raises `BadPair`."""
    one, other = _opened(before), _opened(after)
    if abs(one.width * other.height - other.width * one.height) > 0.01 * one.width * other.height:
        sizes = f"{one.width}x{one.height} and {other.width}x{other.height}"
        raise BadPair(f"the pictures have different shapes ({sizes}); export the same picture without a border")
    if other.size != one.size:
        other = other.resize(one.size, Image.Resampling.BOX)
    return list(_grouped(one, other))


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadPair(f"{path} is no picture that can be read: {error}") from None


def _grouped(one: Image.Image, other: Image.Image) -> Iterator[Sample]:
    """Samples of a grid of places, with the mean colours of each group of alike colours."""
    shrink = max(1, max(one.size) / _TAKEN)
    size = (max(1, round(one.width / shrink)), max(1, round(one.height / shrink)))
    one, other = (picture.resize(size, Image.Resampling.NEAREST) for picture in (one, other))
    spread = ImageChops.difference(one.filter(ImageFilter.MaxFilter(3)), one.filter(ImageFilter.MinFilter(3)))
    places = (picture.get_flattened_data() for picture in (one, other, spread))
    sums: dict[tuple[int, ...], list[float]] = {}
    for given, found, rough in zip(*places, strict=True):
        group = sums.setdefault(tuple(part // _COARSE for part in given), [0.0] * 7)
        weight = 1.0 if max(rough) <= _FLAT else _ROUGH
        for place, value in enumerate((*given, *found)):
            group[place] += weight * value
        group[6] += weight
    for group in sums.values():
        red, green, blue, red_after, green_after, blue_after = (value / group[6] / 255 for value in group[:6])
        yield Sample((red, green, blue), (red_after, green_after, blue_after), group[6])
