"""The colour table of a filter's recipe. Pure.

For a colour c of 0..1, with Y its luma, each step on the result of the one before and all clipped at the end:

| field | change |
|---|---|
| light | c + 0.7 light c (1 - c) |
| contrast | c + contrast (3 c^2 - 2 c^3 - c) |
| warmth, tint | r (1 + 0.2 warmth), b (1 - 0.2 warmth), g (1 - 0.15 tint) |
| duo | c + duo (a WARM - (c - Y)), a how far c - Y goes along `WARM` |
| gold | c + gold (max(0, a) WARM - (c - Y)) |
| saturation | Y + (c - Y) (1 + saturation) |
| shade, glow | c + (1 - Y)^2 shade + Y^2 glow |
| fade | c + 0.18 fade (1 - c) |

The steps are smooth, but for the bound of `gold`, so 17 colours a side suffice.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from operator import mul
from pathlib import Path

from services.drafts.design import Recipe
from services.render.effects.luts import Color, write_table

SIDE = 17
WARM = (0.8, -0.137, -1.0)
"""The direction from teal to orange, at equal luma."""


def write_recipe(recipe: Recipe, output: Path) -> Path:
    """Write the recipe's table as a .cube file."""
    write_table(SIDE, table(recipe, SIDE), output)
    return output


def table(recipe: Recipe, side: int) -> Iterator[Color]:
    """The colours of a table, red fastest, with `side` steps of each channel."""
    steps = [step / (side - 1) for step in range(side)]
    reds, greens, blues = (
        [_toned(recipe, step) * gain for step in steps]
        for gain in (1 + 0.2 * recipe.warmth, 1 - 0.15 * recipe.tint, 1 - 0.2 * recipe.warmth)
    )
    for blue, green, red in product(blues, greens, reds):
        yield _mixed(recipe, red, green, blue)


def _toned(recipe: Recipe, value: float) -> float:
    lit = value + 0.7 * recipe.light * value * (1 - value)
    return lit + recipe.contrast * (3 * lit**2 - 2 * lit**3 - lit)


def _mixed(recipe: Recipe, *color: float) -> Color:
    luma = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    color = _hued(recipe, [part - luma for part in color], luma)
    dark, bright = max(0.0, 1 - luma) ** 2, luma**2
    red, green, blue = (
        _faded(recipe, luma + (part - luma) * (1 + recipe.saturation) + dark * shade + bright * glow)
        for part, shade, glow in zip(color, recipe.shade, recipe.glow, strict=True)
    )
    return red, green, blue


def _hued(recipe: Recipe, chroma: Sequence[float], luma: float) -> tuple[float, ...]:
    """A colour with fewer hues."""
    if not (recipe.duo or recipe.gold):
        return tuple(luma + part for part in chroma)
    for strength, least in ((recipe.duo, -1.0), (recipe.gold, 0.0)):
        along = max(least, sum(map(mul, chroma, WARM)) / sum(map(mul, WARM, WARM)))
        chroma = [part + strength * (along * warm - part) for part, warm in zip(chroma, WARM, strict=True)]
    return tuple(luma + part for part in chroma)


def _faded(recipe: Recipe, value: float) -> float:
    return min(1.0, max(0.0, value + 0.18 * recipe.fade * (1 - value)))
