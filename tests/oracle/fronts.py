"""When the front of a transition reaches each pixel, 0..1, one plain function for each family."""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from services.drafts.design import TransitionKind as T
from services.drafts.design import Variation
from tests.oracle.pixels import Pixels, Plane

Arrival: TypeAlias = Callable[["Place", Variation], Plane]
FIRE, PAPER = (1.0, 0.55, 0.1), (0.97, 0.96, 0.93)
SOFT = {T.SWEEP: 0.3, T.INK: 0.25, T.PANES: 0.02}
USUALLY_SOFT = 0.08
GLOWING = {T.BURN: FIRE, T.TEAR: PAPER}


class Place:
    """The pixels of a canvas: `x`, `y` from the corner, 0..1; `u`, `v` from the middle, the corners 1 away."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        rows, columns = np.mgrid[0:height, 0:width] + 0.5
        half = math.hypot(width, height) / 2
        self.x, self.y = columns / width, rows / height
        self.u, self.v = (columns - width / 2) / half, (rows - height / 2) / half
        self.radius = np.hypot(self.u, self.v)
        self.turn = np.arctan2(self.u, -self.v) / math.tau % 1

    def along(self, degrees: float) -> Plane:
        """The way in a direction, 0 in the first corner and 1 in the last."""
        right, down = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        way = self.u * right + self.v * down
        reach = np.abs(self.u).max() * abs(right) + np.abs(self.v).max() * abs(down)
        edge = (abs(right) + abs(down)) / math.hypot(self.width, self.height)  # of half a pixel
        return np.asarray(0.5 + way / (2 * (reach + edge)))


def front(kind: T, look: Variation, before: Pixels, after: Pixels, progress: float) -> Pixels:
    """The new picture behind a soft front, and the glow of the front."""
    place = Place(before.shape[1], before.shape[0])
    soft = SOFT.get(kind, USUALLY_SOFT)
    seen = np.clip((progress * (1 + soft) - np.clip(ARRIVALS[kind](place, look), 0, 1)) / soft, 0, 1)[..., None]
    mixed = before * (1 - seen) + after * seen
    color = look.color or GLOWING.get(kind)
    return mixed if color is None else tinted(mixed, color, 0.85 * 4 * seen * (1 - seen))


def tinted(picture: Pixels, color: tuple[float, ...], opacity: Pixels | float) -> Pixels:
    """A colour over a premultiplied picture, where it is not transparent."""
    alpha = picture[..., 3:]
    flat = np.concatenate([np.array(color[:3], np.float32) * alpha, alpha], axis=2)
    return picture * (1 - opacity) + flat * opacity


def _fraction(value: Plane) -> Plane:
    return value % 1


def _chance(across: Plane, down: Plane, seed: int) -> Plane:
    return np.asarray(np.abs(np.sin(across * 12.9898 + down * 78.233 + seed % 97)) * 43758.5453 % 1)


def _opened(way: Plane, *, opening: bool) -> Plane:
    return way if opening else 1 - way


def _blinds(at: Place, look: Variation) -> Plane:
    way = at.along(look.angle(90, 0))
    return 0.85 * _fraction(look.number(7, 5, 11) * way) + 0.15 * way


def _panes(at: Place, _: Variation) -> Plane:
    """The first of a thousand progresses at which 10 x mod 1 >= smoothstep(-0.5, 0, x - 1.5 p)."""
    progress = np.linspace(0, 1, 1001)
    x = at.x[0][None, :]
    step = np.clip((x - 1.5 * progress[:, None] + 0.5) / 0.5, 0, 1)
    seen = _fraction(10 * x) >= step * step * (3 - 2 * step)
    return np.broadcast_to(progress[seen.argmax(axis=0)][None, :], at.x.shape)


def _clock(at: Place, look: Variation) -> Plane:
    return _opened(_fraction(look.number(1, 2, 4, 6) * at.turn), opening=look.clockwise())


def _heart(at: Place, look: Variation) -> Plane:
    half = math.hypot(at.width, at.height)
    farthest = math.hypot(at.width / half, at.height / half + 0.7 * at.width / half)
    return _opened(np.hypot(at.u, -at.v - 0.7 * np.abs(at.u)) / farthest, opening=look.opens())


def _star(at: Place, look: Variation) -> Plane:
    point = np.abs(2 * _fraction(look.number(5, 4, 6, 8) * at.turn) - 1)
    return np.asarray(0.45 * at.radius / (0.45 + 0.55 * point))


def _polygon(at: Place, look: Variation) -> Plane:
    count = max(3, look.number(4, 3, 6))
    part = math.tau / count
    return _opened(at.radius * np.cos((at.turn * math.tau) % part - part / 2), opening=look.opens())


def _cells(at: Place, look: Variation) -> Plane:
    columns = max(2, look.number(8, 5, 12))
    rows = max(2, round(columns * at.height / at.width))
    chance = _chance(np.floor(at.x * columns), np.floor(at.y * rows), look.seed)
    return 0.85 * chance + 0.15 * at.along(look.angle(0, 90, 180, 270))


def _ink(at: Place, look: Variation) -> Plane:
    fine, shift = look.pick(1.0, 2.0, 3.5), look.seed % 89 / 7
    first = np.sin(6 * fine * at.u + 2.3 * np.sin(5 * fine * at.v + shift))
    second = np.sin(7 * fine * at.v + 2.1 * np.sin(4 * fine * at.u + 2 * shift))
    return np.asarray(0.45 * (0.5 + (first + second) / 4) + 0.55 * at.radius)


def _dots(at: Place, look: Variation) -> Plane:
    count = look.pick(7, 4, 12)
    away = np.hypot(_fraction(count * (at.u + 2)) - 0.5, _fraction(count * (at.v + 2)) - 0.5)
    return np.asarray(0.5 * at.along(look.angle(0, 90, 45, 180)) + 0.5 * away * math.sqrt(2))


def _waves(at: Place, look: Variation) -> Plane:
    angle, high = look.angle(0, 90, 180, 270), look.pick(0.08, 0.16)
    swing = np.sin(math.tau * look.pick(3, 2, 5) * at.along(angle + 90))
    return np.asarray((at.along(angle) + high + high * swing) / (1 + 2 * high))


def _tear(at: Place, look: Variation) -> Plane:
    angle = look.angle(0, 90, 45, 315)
    large, small = (np.abs(2 * _fraction(n * at.along(angle + 90) + look.seed % 10 / 10) - 1) for n in (5, 17))
    return (at.along(angle) + 0.06 * large + 0.03 * small) / 1.09


def _brush(at: Place, look: Variation) -> Plane:
    angle, count = look.angle(20, 0, 90, 160), look.number(5, 3, 8)
    stroke = np.minimum(np.floor(count * at.along(angle + 90)), count - 1)
    way = at.along(angle)
    return (stroke + np.where(stroke % 2 == 1, 1 - way, way)) / count


def _spiral(at: Place, look: Variation) -> Plane:
    turn = _opened(at.turn, opening=look.clockwise())
    return np.asarray(0.6 * _fraction(turn + look.pick(2, 1, 3) * at.radius) + 0.4 * at.radius)


ARRIVALS: dict[T, Arrival] = {
    T.SWEEP: lambda at, look: at.along(look.angle(0, 45, 135, 225, 315)),
    T.BLINDS: _blinds,
    T.PANES: _panes,
    T.DOORS: lambda at, look: _opened(np.abs(2 * at.along(look.angle(0, 90, 45)) - 1), opening=look.opens()),
    T.CLOCK: _clock,
    T.HEART: _heart,
    T.STAR: _star,
    T.POLYGON: _polygon,
    T.CELLS: _cells,
    T.INK: _ink,
    T.BURN: _ink,
    T.DOTS: _dots,
    T.WAVES: _waves,
    T.TEAR: _tear,
    T.BRUSH: _brush,
    T.SPIRAL: _spiral,
    T.RINGS: lambda at, look: 0.5 * _fraction(look.pick(4, 2, 7) * at.radius) + 0.5 * at.radius,
}
