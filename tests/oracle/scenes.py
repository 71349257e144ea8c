"""Scene effects of `services.render.effects.scenes`, pixel by pixel; the constants are repeated here on purpose.

Each takes a picture (rows x columns x red, green, blue and, maybe, alpha), its strength, its look and the seconds since
it began.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from services.drafts.design import EffectKind as E
from services.drafts.design import Variation
from tests.oracle.pixels import Pixels, Plane, blurred, luma, resized

Scene: TypeAlias = Callable[[Pixels, float, Variation, float], Pixels]


def _mixed(rgb: Pixels, color: tuple[float, ...], opacity: Plane | float) -> Pixels:
    alpha = np.broadcast_to(np.asarray(opacity, np.float32), rgb.shape[:2])[..., None]
    return np.asarray(rgb * (1 - alpha) + np.array(color[:3], np.float32) * alpha)


def _places(rgb: Pixels) -> tuple[Plane, Plane, int, int]:
    height, width = rgb.shape[:2]
    y, x = np.mgrid[0:height, 0:width] + 0.5
    return x, y, width, height


def bars(rgb: Pixels, s: float, _: Variation, __: float) -> Pixels:
    """Black above and below."""
    shown, high = rgb.copy(), 2 * round(0.06 * s * rgb.shape[0])
    shown[:high] = shown[rgb.shape[0] - high :] = 0
    return shown


def frame(rgb: Pixels, s: float, look: Variation, _: float) -> Pixels:
    """A line around the picture."""
    x, y, width, height = _places(rgb)
    side = min(width, height)
    inset = 2 * round(look.pick(0.02, 0.0, 0.04) * side)
    deep = np.minimum(np.minimum(x, width - x), np.minimum(y, height - y)) - inset
    return _mixed(
        rgb, look.color or (1, 1, 1), np.where((deep > 0) & (deep < max(2, 2 * round(0.0075 * s * side))), 1.0, 0.0)
    )


def curtain(rgb: Pixels, _: float, __: Variation, seconds: float) -> Pixels:
    """Two halves that part in the first second."""
    width = rgb.shape[1]
    half = -(-width // 4) * 2
    away = 2 * round(half / 2 * min(1.0, max(0.0, seconds)))
    shown = rgb.copy()
    shown[:, : half - away] = 0
    shown[:, width - half + away :] = 0
    return shown


def ghost(picture: Pixels, s: float, look: Variation, seconds: float) -> Pixels:
    """A growing copy."""
    height, width = picture.shape[:2]
    beat = look.pick(0.8, 1.2, 0.6)
    grown = 0.15 * (1 - (seconds + 1e-6) % beat / beat)
    x, y = round(width * grown), round(height * grown)
    larger = resized(picture, width + 2 * x, height + 2 * y)[y : y + height, x : x + width]
    return picture * (1 - 0.35 * s) + larger * (0.35 * s)


def sway(picture: Pixels, s: float, _: Variation, seconds: float) -> Pixels:
    """A slow camera along both axes."""
    height, width = picture.shape[:2]
    across, down = 2 * round(0.02 * s * width), 2 * round(0.02 * s * height)
    turn = 2 * math.pi * seconds
    x, y = 2 * round(across / 2 * (1 + math.sin(turn / 4))), 2 * round(down / 2 * (1 + math.sin(turn / 5.2 + 1)))
    return resized(picture, width + 2 * across, height + 2 * down)[y : y + height, x : x + width]


def split(picture: Pixels, _: float, look: Variation, __: float) -> Pixels:
    """The middle of the picture two to nine times."""
    height, width = picture.shape[:2]
    count = look.number(4, 3, 2, 9)
    longer, shorter = {2: (2, 1), 3: (3, 1), 6: (3, 2)}.get(count, (3, 3) if count >= 9 else (2, 2))
    columns, rows = (longer, shorter) if width >= height else (shorter, longer)
    least = min(columns, rows)
    cut_x, cut_y = (max(2, side * least // each // 2 * 2) for side, each in ((width, columns), (height, rows)))
    left, top = (width - cut_x) // 2, (height - cut_y) // 2
    cell = resized(
        picture[top : top + cut_y, left : left + cut_x],
        max(2, 2 * round(width / columns / 2)),
        max(2, 2 * round(height / rows / 2)),
    )
    return resized(np.tile(cell, (rows, columns, 1)), width, height)


def kaleidoscope(picture: Pixels, _: float, look: Variation, __: float) -> Pixels:
    """A quarter mirrored both ways, or the upper half downwards."""
    for axis in look.pick((0, 1), (0,)):
        side = picture.shape[axis]
        new = side // 4 * 2
        kept = np.take(picture, range(side - new), axis=axis)
        picture = np.concatenate([kept, np.flip(kept, axis)[:new] if axis == 0 else np.flip(kept, axis)[:, :new]], axis)
    return picture


def scanlines(rgb: Pixels, s: float, _: Variation, __: float) -> Pixels:
    """Every fourth row darker."""
    rows: Plane = np.zeros(len(rgb), dtype=np.float64)
    rows[::4] = 1.0
    return np.asarray(rgb * (1 - 0.35 * s * rows)[:, None, None])


def edges(rgb: Pixels, s: float, look: Variation, _: float) -> Pixels:
    """Dark edges on white, or light ones on black, both with half of a colour's chroma."""
    codes = np.pad(16 + 219 * np.clip(luma(rgb), 0, 1), 1, mode="reflect")
    across = codes[:, 2:] - codes[:, :-2]
    down = codes[2:] - codes[:-2]
    gx = across[:-2] + 2 * across[1:-1] + across[2:]
    gy = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    found = np.clip(np.hypot(gx, gy), 0, 255)
    color = look.color or look.pick(None, (0.2, 1.0, 0.9), (1.0, 0.3, 0.8), None)
    if color is None:
        return rgb * (1 - s) + s * (1 - np.clip(1.2 * found, 0, 219) / 219)[..., None]
    hue = np.array(color[:3], np.float32)
    tint = (hue - (hue * (0.2126, 0.7152, 0.0722)).sum()) / 2
    lit: Plane = np.clip(1.5 * found, 0, 219) / 219
    return np.asarray(rgb * (1 - s) + s * np.clip(lit[..., None] + tint, 0, 1))


def poster(rgb: Pixels, s: float, _: Variation, __: float) -> Pixels:
    """Five tones and stronger colours."""
    grey = luma(rgb)[..., None]
    tone = np.floor(5 * np.clip(grey, 0, 0.999)) / 4
    return np.asarray(grey + s * (tone - grey) + (rgb - grey) * (1 + 0.4 * s))


def lens(picture: Pixels, s: float, look: Variation, _: float) -> Pixels:
    """A bulge about the pixel to the right of the middle and below it, which the filter moves by half a pixel."""
    x, y, width, height = _places(picture)
    u, v = x - 0.5 - width / 2, y - 0.5 - height / 2
    near = 1 - look.pick(0.5, 0.3) * s * (u**2 + v**2) / (width**2 + height**2) * 4
    return sampled_at(picture, u * near + width / 2 + 0.5, v * near + height / 2 + 0.5)


def ripple(picture: Pixels, s: float, look: Variation, seconds: float) -> Pixels:
    """Rings that move outwards."""
    x, y, width, height = _places(picture)
    side = min(width, height)
    u, v = (x - width / 2) / side, (y - height / 2) / side
    radius = np.hypot(u, v)
    away = 0.025 * s * side * np.sin(2 * math.pi * (look.pick(4, 3, 7) * radius - 1.2 * seconds)) / radius
    return sampled_at(picture, x - 0.5 + np.floor(u * away + 0.5), y - 0.5 + np.floor(v * away + 0.5))


def clearing(picture: Pixels, s: float, _: Variation, seconds: float) -> Pixels:
    """A blur that falls in twelve steps."""
    step = math.floor(12 * seconds + 1e-4)
    sigma = 0.03 * s * min(picture.shape[:2]) * (1 - (step + 0.5) / 12)
    return blurred(picture, sigma, sigma) if step < 12 else picture


def sampled_at(picture: Pixels, x: Plane, y: Plane) -> Pixels:
    """The picture at other places, by straight lines between its pixels."""
    height, width = picture.shape[:2]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - across) + picture[top, right] * across
    return np.asarray(upper * (1 - down) + (picture[low, left] * (1 - across) + picture[low, right] * across) * down)


def duotone(rgb: Pixels, s: float, look: Variation, _: float) -> Pixels:
    """One colour instead of all, blue if the name tells none."""
    blue = np.array([[(look.color or (0.35, 0.45, 1.0))[:3]]], np.float32)
    grey = luma(rgb)[..., None]
    return np.asarray(grey + (rgb - grey) * (1 - s) + 0.7 * s * (blue - luma(blue)[..., None]))


def glow(rgb: Pixels, s: float, _: Variation, __: float) -> Pixels:
    """Light around what is bright."""
    sigma = 0.03 * min(rgb.shape[:2])
    more = np.maximum(0, luma(blurred(rgb, sigma, sigma)) - luma(rgb))
    return np.asarray(rgb + s * more[..., None])


def double(picture: Pixels, s: float, _: Variation, __: float) -> Pixels:
    """A second, moved picture."""
    moved = max(2, 2 * round(0.02 * picture.shape[1]))
    return picture * (1 - 0.4 * s) + np.roll(picture, moved, axis=1) * (0.4 * s)


def spotlight(rgb: Pixels, s: float, _: Variation, seconds: float) -> Pixels:
    """Darkness around a wandering spot."""
    x, y, width, height = _places(rgb)
    turn = 2 * math.pi * seconds
    left = 2 * round(width / 2 * (0.15 * math.sin(turn / 4) - 0.5))
    top = 2 * round(height / 2 * (0.1 * math.sin(turn / 3) - 0.5))
    away = np.hypot(x - left - width, y - top - height) / max(width, height)
    return _mixed(rgb, (0, 0, 0), 0.8 * s * np.clip((away - 0.3) / 0.15, 0, 1))


def light(rgb: Pixels, s: float, look: Variation, seconds: float) -> Pixels:
    """One wandering bar of light, or several."""
    width = rgb.shape[1]
    x = _places(rgb)[0]
    left = 2 * round(width / 2 * (0.35 * math.sin(2 * math.pi * seconds / 5) - 0.5))
    away = 2 * (look.pick(1, 3, 1, 5, salt=4) * (x - left) / (2 * width) % 1) - 1
    color = look.color or look.pick((1.0, 0.8, 0.5), (1.0, 0.55, 0.45), (0.75, 0.7, 1.0), (0.55, 0.95, 1.0))
    return _mixed(rgb, color, 0.6 * s * np.exp(-((5 * away) ** 2)))


Shape: TypeAlias = Callable[[Plane, Plane, Plane], Plane]
PARTICLES: dict[E, tuple[Shape, tuple[float, ...], float, int]] = {
    E.RAIN: (lambda x, y, r: np.minimum(0.05 - np.abs(x), 3 * r - np.abs(y)), (0.9, 0.94, 1.0), 1.6, 12),
    E.SNOW: (lambda x, y, r: r - np.hypot(x, y), (1.0, 1.0, 1.0), 0.2, 9),
    E.BUBBLES: (lambda x, y, r: 0.04 - np.abs(np.hypot(x, y) - r), (0.9, 0.97, 1.0), -0.15, 6),
    E.STARS: (lambda x, y, r: r - (np.sqrt(np.abs(x)) + np.sqrt(np.abs(y))) ** 2, (1.0, 0.95, 0.7), 0.08, 8),
    E.PETALS: (
        lambda x, y, r: r - np.hypot(0.8 * x + 0.6 * y, 2.2 * (0.8 * y - 0.6 * x)), (1.0, 0.72, 0.8), 0.18, 7,
    ),
    E.HEARTS: (lambda x, y, r: r - np.hypot(x, -y - 0.7 * np.abs(x)), (1.0, 0.3, 0.45), -0.2, 6),
}  # fmt: skip
"""Shape, colour, heights a second, and columns."""


def particles(kind: E) -> Scene:
    """Particles in a grid that moves up or down."""
    shape, color, speed, columns = PARTICLES[kind]

    def drawn(rgb: Pixels, s: float, look: Variation, seconds: float) -> Pixels:
        x, y, width, height = _places(rgb)
        across_count = max(2, round(columns * look.pick(1.0, 1.5, 0.7)))
        rows = max(2, round(across_count * height / width))
        tall = 2 * -(-height // 2)
        top = 2 * round(tall / 2 * ((speed * look.pick(1.0, 1.4, 0.8, salt=5) * seconds + 100) % 1 - 1))
        across, down = x / width * across_count, (y - top) % tall / tall * rows
        cells = np.floor(across) * 12.9898 + np.floor(down) * 78.233 + look.seed % 97
        chance = [np.abs(np.sin(cells + place * 37.719) * 43758.5453) % 1 for place in range(4)]
        inside = shape(across % 1 - 0.3 - 0.4 * chance[0], down % 1 - 0.3 - 0.4 * chance[1], 0.07 + 0.13 * chance[2])
        return _mixed(rgb, look.color or color, np.where(chance[3] < 0.6, 0.85 * s * np.clip(12 * inside, 0, 1), 0))

    return drawn


SCENES: dict[E, Scene] = {
    E.BARS: bars,
    E.FRAME: frame,
    E.CURTAIN: curtain,
    E.SCANLINES: scanlines,
    E.NEGATIVE: lambda rgb, s, _, __: rgb + s * (1 - 2 * rgb),
    E.EDGES: edges,
    E.POSTER: poster,
    E.DUOTONE: duotone,
    E.GLOW: glow,
    E.SPOTLIGHT: spotlight,
    E.LIGHT: light,
    **{kind: particles(kind) for kind in PARTICLES},
}
"""Those that leave alpha."""
MOVED_SCENES: dict[E, Scene] = {
    E.GHOST: ghost,
    E.SWAY: sway,
    E.SPLIT: split,
    E.KALEIDOSCOPE: kaleidoscope,
    E.LENS: lens,
    E.RIPPLE: ripple,
    E.CLEARING: clearing,
    E.DOUBLE: double,
}
"""Those that move alpha along."""
