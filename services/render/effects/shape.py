"""Effects in which pixels take the colours of others, equal in every frame. Pure.

`s` is the strength, `side` the shorter side in pixels. Transparent pixels contribute no colour.

| family | definition |
|---|---|
| BLUR | a Gaussian blur, sigma 0.025 s side |
| MOSAIC | the mean of each of `tiles` x `tiles` equal rectangles, about 1 + s (side / 20 - 1) pixels large |
| MIRROR | columns from `axis` on show those before it, mirrored; the same at every strength |
"""

import math

from services.drafts.design import EffectKind
from services.render.box import Size

SHAPES = frozenset({EffectKind.BLUR, EffectKind.MOSAIC, EffectKind.MIRROR})
"""The families of this module."""
BLUR_SIGMA = 0.025
"""Of the shorter side, at full strength."""
TILES = 20
"""Of a mosaic at full strength, along the shorter side."""
_NO_SIGMA = 0.1
"""A sigma that changes nothing; `gblur` knows none of 0."""
_SMALL_SIGMA = 3.0
"""Sigma to which shrinking reduces a blur: its duration depends on the picture's size."""


def shape_steps(kind: EffectKind, s: float, sides: Size, *, alpha: bool) -> tuple[str, ...]:
    """One of `SHAPES` at a strength above 0."""
    if kind is EffectKind.BLUR:
        return blur_steps(BLUR_SIGMA * s * sides.shorter, sides.width, sides.height, alpha=alpha)
    if kind is EffectKind.MOSAIC:
        return _mosaic(s, sides, alpha=alpha)
    return (f"fillborders=right={sides.width - mirror_axis(sides.width)}:mode=mirror",)


def blur_steps(sigma_px: float, width: int, height: int, *, alpha: bool = False) -> tuple[str, ...]:
    """A Gaussian blur, with edge pixels extended outwards. With `alpha`, alpha is blurred too.

    The picture is shrunk first, as far as the blur hides it. Meanwhile chroma has luma's resolution, since `gblur`
    counts the pixels of each plane.
    """
    if sigma_px <= 0:
        return ()
    shrink = max(1.0, sigma_px / _SMALL_SIGMA)
    small = Size(max(1, math.ceil(width / shrink)), max(1, math.ceil(height / shrink)))
    blurred = (
        f"scale=w={small.width}:h={small.height}:flags=area",
        "format=yuva444p" if alpha else "format=yuva444p|yuv444p",
        f"gblur=sigma={sigma_px * small.width / width:.4f}:sigmaV={sigma_px * small.height / height:.4f}:steps=3",
        f"scale=w={width}:h={height}:flags=bicubic",
    )
    return _premultiplied(blurred) if alpha else blurred


def streak_steps(sigma_px: float, sides: Size, *, across: bool, pixel_format: str) -> tuple[str, ...]:
    """A Gaussian blur along one axis, in a pixel format with chroma at luma's resolution; the picture is shrunk along
    that axis first, as far as the blur hides it.
    """
    side = sides.width if across else sides.height
    short = max(1, math.ceil(side / max(1.0, sigma_px / _SMALL_SIGMA)))
    sigma, still = max(_NO_SIGMA, sigma_px * short / side), _NO_SIGMA
    small = Size(short, sides.height) if across else Size(sides.width, short)
    both = f"sigma={sigma:.4f}:sigmaV={still}" if across else f"sigma={still}:sigmaV={sigma:.4f}"
    return (
        f"scale=w={small.width}:h={small.height}:flags=area",
        f"format={pixel_format}",
        f"gblur={both}:steps=2",
        f"scale=w={sides.width}:h={sides.height}:flags=bicubic",
    )


def mosaic_tiles(s: float, sides: Size) -> tuple[int, int]:
    """The number of columns and rows of a mosaic."""
    tile = 1 + s * (sides.shorter / TILES - 1)
    return max(1, round(sides.width / tile)), max(1, round(sides.height / tile))


def _mosaic(s: float, sides: Size, *, alpha: bool) -> tuple[str, ...]:
    return tile_steps(*mosaic_tiles(s, sides), sides, alpha=alpha)


def tile_steps(columns: int, rows: int, sides: Size, *, alpha: bool) -> tuple[str, ...]:
    """Steps to equal rectangles, each with the mean of its pixels."""
    tiled = (
        f"scale=w={columns}:h={rows}:flags=area",
        "format=yuva444p" if alpha else "format=yuva444p|yuv444p",
        f"scale=w={sides.width}:h={sides.height}:flags=neighbor",
    )
    return _premultiplied(tiled) if alpha else tiled


def mirror_axis(width: int) -> int:
    """The first mirrored column: the middle, or the even column before it, where chroma has its samples."""
    return width - width // 4 * 2


def _premultiplied(steps: tuple[str, ...]) -> tuple[str, ...]:
    return ("premultiply=inplace=1", *steps, "unpremultiply=inplace=1")
