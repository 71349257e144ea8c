"""Effects by the definitions in `services.render.effects`, pixel by pixel; the constants are repeated here on
purpose.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

from services.drafts.design import Effect, EffectKind, Recipe
from tests.oracle.pixels import Pixels, Plane, blurred, luma, premultiplied, resized, straight
from tests.oracle.scenes import MOVED_SCENES, SCENES

STATISTICAL = frozenset({EffectKind.GRAIN})
"""Random families: only mean and deviation can be compared."""
GLITCHES = (0.0, 1.0, -0.5, 0.0, 0.0, 0.7, 0.0, -1.0, 0.35, 0.0, 0.0, 0.0)
GRAIN_DEVIATION = 16 / math.sqrt(3) / 219


def apply(effect: Effect, rgb: Pixels, frame: int, rate: Fraction) -> Pixels:
    """A picture (rows x columns x red, green, blue and, maybe, alpha) with an effect that began `frame` frames ago.

    Blur, mosaic, mirror, shake and zoom move alpha as they move colours; all others leave it.
    """
    if effect.strength == 0:
        return rgb
    seconds = frame / float(rate)
    if effect.kind in MOVED_SCENES:
        return np.clip(MOVED_SCENES[effect.kind](rgb, effect.strength, effect.look, seconds), 0, 1)
    if effect.kind in SCENES:
        changed = SCENES[effect.kind](rgb[..., :3], effect.strength, effect.look, seconds)
    elif effect.kind in COLORS:
        changed = COLORS[effect.kind](rgb[..., :3], effect.strength)
    elif effect.kind in SHAPES:
        return np.clip(SHAPES[effect.kind](rgb, effect.strength), 0, 1)
    elif effect.kind in MOVES:
        return np.clip(MOVES[effect.kind](rgb, effect.strength, seconds), 0, 1)
    elif effect.kind is EffectKind.FLASH:
        changed = _flash(rgb[..., :3], effect.strength, seconds)
    elif effect.kind is EffectKind.GLITCH:
        changed = _glitch(rgb[..., :3], effect.strength, (frame + 0.5) / float(rate))
    elif effect.kind is EffectKind.GRAIN:
        changed = _grain(rgb[..., :3], effect.strength, frame)
    else:
        changed = _by_table(rgb[..., :3], effect)
    return np.concatenate([np.clip(changed, 0, 1), rgb[..., 3:]], axis=2)


def _parts(rgb: Pixels) -> tuple[Plane, Pixels]:
    """Luma, and each channel's difference from it."""
    grey = luma(rgb)[..., None]
    return grey, rgb - grey


def _toned(rgb: Pixels, gain: float, lift: float, color: float) -> Pixels:
    """Contrast about a half, brightness, and saturation."""
    grey, chroma = _parts(rgb)
    return (grey - 0.5) * gain + 0.5 + lift + chroma * gain * color


def _gains(rgb: Pixels, *gains: float) -> Pixels:
    return rgb * np.array(gains, np.float32)


def _brightness(rgb: Pixels, v: float) -> Pixels:
    if v > 0:
        return np.asarray(1 - (1 - rgb) ** (1 + 5 * (0.3 * v if v <= 0.7 else 0.6333 * v - 0.2333)))
    return np.asarray(1 - (1 - (rgb + 0.01 * v)) ** (1 / (1 - 2.5 * v)))


def _contrast(rgb: Pixels, v: float) -> Pixels:
    pivot = 0.435
    if v <= 0:
        return (1 + 0.4 * v) * (rgb - pivot) + pivot
    q = 1 + 0.6 * v
    steep = math.exp(8.33 * q - 12.16) + 5.82 * q - 1.72

    def curve(x: Pixels) -> tuple[Pixels, Pixels]:
        s = 1 / (1 + np.exp(-steep * (x - pivot)))
        return s + pivot - 0.5, steep * s * (1 - s)

    value, slope = curve(rgb)
    (low, low_slope), (high, high_slope) = curve(np.zeros(1)), curve(np.ones(1))
    dark = ((steep / 4 - slope) / (steep / 4 - low_slope)) ** 2 * (0 - low)
    bright = ((steep / 4 - slope) / (steep / 4 - high_slope)) ** 2 * (1 - high)
    return np.asarray(value + np.where(rgb <= pivot, dark, bright))


def _saturation(rgb: Pixels, v: float) -> Pixels:
    grey = (rgb @ np.array([0.208540, 0.702086, 0.089374], np.float32))[..., None]
    return np.asarray(grey + (rgb - grey) * (1 + v))


def _highlight(rgb: Pixels, v: float) -> Pixels:
    p, t = 1 + 0.503 * v + 0.183 * v**2 + 0.147 * v**3 + 0.067 * v**4, 1 - rgb
    return np.asarray(1 - t**p - (p - 1) * (t**2 - t**3))


def _shadow(rgb: Pixels, v: float) -> Pixels:
    p = 1 - 0.503 * v + 0.183 * v**2 - 0.147 * v**3 + 0.067 * v**4
    return np.asarray(rgb**p + (p - 1) * (rgb**2 - rgb**3))


def _black(rgb: Pixels, v: float) -> Pixels:
    return v / 2 + (1 - v / 2) * rgb if v > 0 else (rgb + v / 2) / (1 + v / 2)


def _white(rgb: Pixels, v: float) -> Pixels:
    return rgb / (1 - v / 2) if v > 0 else (1 + v / 2) * rgb


def _balanced(rgb: Pixels, temperature: float, tint: float) -> Pixels:
    kelvin = 6500 - 1970 * temperature + 876 * temperature**2 - 2630 * temperature**3
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    xyz = np.array([[0.41239, 0.35758, 0.18048], [0.21264, 0.71517, 0.07219], [0.01933, 0.11919, 0.95053]])
    gains = (cone @ _white_point(kelvin, tint)) / (cone @ _white_point(6500, 0))
    adapted = np.linalg.inv(xyz) @ np.linalg.inv(cone) @ np.diag(gains) @ cone @ xyz
    return np.asarray(rgb @ adapted.T.astype(np.float32))


def _white_point(kelvin: float, tint: float) -> Plane:
    """XYZ of a black body by Planck's law and the colour matching functions of Wyman, Sloan and Shirley (2013), moved
    off the locus.
    """
    place, later = _locus(kelvin), _locus(kelvin + 10)
    along = (later - place) / np.linalg.norm(later - place)
    u, v = place + 0.01 * tint * np.array([-along[1], along[0]])
    x, y = np.array([3 * u, 2 * v]) / (2 * u - 8 * v + 4)
    return np.array([x / y, 1, (1 - x - y) / y])


def _locus(kelvin: float) -> Plane:
    """u and v of a black body."""
    nm = np.arange(360.0, 831.0)
    power = nm**-5 / (np.exp(1.4388e7 / (nm * kelvin)) - 1)

    def lobe(middle: float, left: float, right: float) -> Plane:
        return np.asarray(np.exp(-(((nm - middle) * np.where(nm < middle, left, right)) ** 2) / 2))

    x = 1.056 * lobe(599.8, 0.0264, 0.0323) + 0.362 * lobe(442.0, 0.0624, 0.0374) - 0.065 * lobe(501.1, 0.0490, 0.0382)
    y = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    z = 1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725)
    total_x, total_y, total_z = (float((power * each).sum()) for each in (x, y, z))
    return np.array([4 * total_x, 6 * total_y]) / (total_x + 15 * total_y + 3 * total_z)


def _sharpen(rgb: Pixels, s: float) -> Pixels:
    grey, _ = _parts(rgb)
    height, width = grey.shape[:2]
    padded = np.pad(grey, ((1, 1), (1, 1), (0, 0)), mode="edge")
    soft = np.zeros_like(grey)
    for down, across in product(range(3), repeat=2):
        soft += (1, 2, 1)[down] * (1, 2, 1)[across] / 16 * padded[down : down + height, across : across + width]
    return rgb + (2 * s if s > 0 else s) * (grey - soft)


def _faded(rgb: Pixels, s: float) -> Pixels:
    grey, chroma = _parts(rgb)
    return grey * (1 - 0.2 * s) + 0.14 * s + chroma * (1 - 0.2 * s) * (1 - 0.35 * s)


def _vintage(rgb: Pixels, s: float) -> Pixels:
    _, brown = _parts(np.array([[[0.08, 0.0, -0.12]]], np.float32))
    return _toned(rgb, 1 - 0.2 * s, 0.02 * s, 1 - 0.5 * s) + s * brown


def _vignette(rgb: Pixels, s: float) -> Pixels:
    height, width = rgb.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot(x - width / 2, y - height / 2) / math.hypot(width / 2, height / 2)
    return np.asarray(rgb * np.cos(s * math.pi / 4 * distance)[..., None] ** 4)


COLORS: dict[EffectKind, Callable[[Pixels, float], Pixels]] = {
    EffectKind.BRIGHTNESS: _brightness,
    EffectKind.CONTRAST: _contrast,
    EffectKind.SATURATION: _saturation,
    EffectKind.TEMPERATURE: lambda rgb, s: _balanced(rgb, s, 0),
    EffectKind.WARM: lambda rgb, s: _gains(rgb, 1 + 0.14 * s, 1, 1 - 0.14 * s),
    EffectKind.COOL: lambda rgb, s: _gains(rgb, 1 - 0.14 * s, 1, 1 + 0.14 * s),
    EffectKind.TINT: lambda rgb, s: _balanced(rgb, 0, s),
    EffectKind.HIGHLIGHT: _highlight,
    EffectKind.SHADOW: _shadow,
    EffectKind.BLACK: _black,
    EffectKind.WHITE: _white,
    EffectKind.SHARPEN: _sharpen,
    EffectKind.FADE: lambda rgb, s: rgb + 0.18 * s * (1 - rgb),
    EffectKind.BLACK_WHITE: lambda rgb, s: _toned(rgb, 1, 0, 1 - s),
    EffectKind.VIVID: lambda rgb, s: _toned(rgb, 1 + 0.15 * s, 0, 1 + 0.35 * s),
    EffectKind.FADED: _faded,
    EffectKind.VINTAGE: _vintage,
    EffectKind.VIGNETTE: _vignette,
}


def _without_fringes(picture: Pixels, change: Callable[[Pixels], Pixels]) -> Pixels:
    """A change that mixes pixels, with premultiplied colours."""
    if picture.shape[2] == 3:
        return change(picture)
    return straight(np.clip(change(premultiplied(picture)), 0, 1))


def _blur(picture: Pixels, s: float) -> Pixels:
    sigma = 0.025 * s * min(picture.shape[:2])
    return _without_fringes(picture, lambda each: blurred(each, sigma, sigma))


def _mosaic(picture: Pixels, s: float) -> Pixels:
    height, width = picture.shape[:2]
    tile = 1 + s * (min(width, height) / 20 - 1)
    columns, rows = max(1, round(width / tile)), max(1, round(height / tile))

    def tiled(each: Pixels) -> Pixels:
        planes = (Image.fromarray(np.ascontiguousarray(each[..., channel])) for channel in range(each.shape[2]))
        means = np.stack([np.asarray(plane.resize((columns, rows), Image.Resampling.BOX)) for plane in planes], axis=2)
        across = [int((column + 0.5) * columns / width) for column in range(width)]
        down = [int((row + 0.5) * rows / height) for row in range(height)]
        return np.asarray(means[down][:, across])

    return _without_fringes(picture.astype(np.float32), tiled)


def _mirror(picture: Pixels, _: float) -> Pixels:
    width = picture.shape[1]
    mirrored = width // 4 * 2
    kept = picture[:, : width - mirrored]
    return np.concatenate([kept, kept[:, ::-1][:, :mirrored]], axis=1)


SHAPES: dict[EffectKind, Callable[[Pixels, float], Pixels]] = {
    EffectKind.BLUR: _blur,
    EffectKind.MOSAIC: _mosaic,
    EffectKind.MIRROR: _mirror,
}


def _shake(picture: Pixels, s: float, seconds: float) -> Pixels:
    height, width = picture.shape[:2]
    across, down = 2 * round(0.015 * s * width), 2 * round(0.015 * s * height)
    turn = 2 * math.pi * seconds
    x = 2 * round(across / 2 * (1 + 0.6 * math.sin(3.7 * turn) + 0.4 * math.sin(8.3 * turn)))
    y = 2 * round(down / 2 * (1 + 0.6 * math.sin(4.9 * turn + 1) + 0.4 * math.sin(7.1 * turn)))
    larger = resized(picture, width + 2 * across, height + 2 * down)
    return larger[y : y + height, x : x + width]


def _zoom(picture: Pixels, s: float, seconds: float) -> Pixels:
    height, width = picture.shape[:2]
    grown = 0.25 * s * (1 - math.cos(2 * math.pi * seconds / 3)) / 2
    across, down = round(width * grown / 2), round(height * grown / 2)
    larger = resized(picture, width + 2 * across, height + 2 * down)
    return larger[down : down + height, across : across + width]


MOVES: dict[EffectKind, Callable[[Pixels, float, float], Pixels]] = {
    EffectKind.SHAKE: _shake,
    EffectKind.ZOOM: _zoom,
}


def _flash(rgb: Pixels, s: float, seconds: float) -> Pixels:
    since = (seconds + 1e-6) % 0.6
    level = 0.9 * s * max(0.0, 1 - since / 0.24)
    grey, chroma = _parts(rgb)
    return grey + level + chroma * (1 - level)


def _glitch(rgb: Pixels, s: float, seconds: float) -> Pixels:
    shift = round(GLITCHES[math.floor(10 * seconds) % len(GLITCHES)] * s * 0.02 * rgb.shape[1])
    last = rgb.shape[1] - 1
    red, blue = ([min(last, max(0, column + by)) for column in range(last + 1)] for by in (-shift, shift))
    return np.stack([rgb[:, red, 0], rgb[..., 1], rgb[:, blue, 2]], axis=2)


def _grain(rgb: Pixels, s: float, frame: int) -> Pixels:
    noise = np.random.default_rng(frame % 8).normal(0, GRAIN_DEVIATION * s, rgb.shape[:2])
    return rgb + noise[..., None].astype(np.float32)


def _by_table(rgb: Pixels, effect: Effect) -> Pixels:
    """A filter's colours by its recipe, or those of a file."""
    if effect.recipe is not None:
        return _by_recipe(rgb, effect.strength, effect.recipe)
    return _looked_up(rgb, effect.strength, Path(effect.path))


def _by_recipe(rgb: Pixels, s: float, recipe: Recipe) -> Pixels:
    """A filter's colours, by its formula."""
    lit = rgb + 0.7 * recipe.light * rgb * (1 - rgb)
    toned = lit + recipe.contrast * (3 * lit**2 - 2 * lit**3 - lit)
    tinted = toned * np.array([1 + 0.2 * recipe.warmth, 1 - 0.15 * recipe.tint, 1 - 0.2 * recipe.warmth])
    grey, chroma = _parts(tinted.astype(np.float32))
    warm = np.array([0.8, -0.137, -1.0])
    for strength, least in ((recipe.duo, -1), (recipe.gold, 0)):
        along = np.maximum(chroma @ warm / (warm @ warm), least)
        chroma = (1 - strength) * chroma + strength * along[..., None] * warm
    split = np.clip(1 - grey, 0, None) ** 2 * np.array(recipe.shade) + grey**2 * np.array(recipe.glow)
    mixed = grey + chroma * (1 + recipe.saturation) + split
    return np.asarray((1 - s) * rgb + s * np.clip(mixed + 0.18 * recipe.fade * (1 - mixed), 0, 1))


def _looked_up(rgb: Pixels, s: float, path: Path) -> Pixels:
    """A .cube file's colours (red runs fastest), by straight lines between them."""
    lines = [line.split() for line in path.read_text().splitlines()]
    side = next(int(line[1]) for line in lines if line[:1] == ["LUT_3D_SIZE"])
    colors = [[float(word) for word in line] for line in lines if len(line) == 3 and line[0][0] in "-.0123456789"]
    table = np.array(colors, np.float32).reshape(side, side, side, 3)
    place = np.clip(rgb, 0, 1) * (side - 1)
    low = np.minimum(place.astype(int), side - 2)
    part = place - low
    found = np.zeros_like(rgb)
    for corner in product((0, 1), repeat=3):
        weight = np.prod(np.where(np.array(corner), part, 1 - part), axis=2)
        red, green, blue = (low[..., channel] + corner[channel] for channel in range(3))
        found += weight[..., None] * table[blue, green, red]
    return s * found + (1 - s) * rgb
