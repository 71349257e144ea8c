"""What a transition shows, one plain function for each kind.

Each takes both sides as premultiplied pictures of the canvas's size and the progress, above 0 and below 1.
Pictures slide by whole pixels, rounded up; the edge of a wipe lies on the next whole pixel to the right or below.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.drafts.design import PLAIN, TransitionKind, Variation
from tests.oracle.fronts import ARRIVALS, Place, front, tinted
from tests.oracle.pixels import Pixels, blurred, clear, resized, sampled
from tests.oracle.scenes import sampled_at

Drawing: TypeAlias = Callable[[Pixels, Pixels, float], Pixels]
VariedDrawing: TypeAlias = Callable[[Pixels, Pixels, float, Variation], Pixels]

BLUR = 0.03
"""The sigma in the middle of a blur, of the canvas's width."""
BLOCKS = 20
"""Blocks across the canvas in the middle of a pixelize."""
_SLIGHT = 1e-6
"""Rounding tolerance of floats, in pixels."""


def crossed(kind: TransitionKind, before: Pixels, after: Pixels, progress: float, look: Variation = PLAIN) -> Pixels:
    """A transition's picture at a progress."""
    if kind in ARRIVALS:
        return np.asarray(front(kind, look, before, after, progress), np.float32)
    if kind in VARIED:
        return np.asarray(VARIED[kind](before, after, progress, look), np.float32)
    return np.asarray(KINDS[kind](before, after, progress), np.float32)


def dissolve(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A linear mix."""
    return before * (1 - progress) + after * progress


def fade_through(shade: float) -> Drawing:
    """The first half fades to black (0) or white (1), the second from it; transparent pixels stay transparent."""

    def drawn(before: Pixels, after: Pixels, progress: float) -> Pixels:
        side, seen = (before, 1 - 2 * progress) if progress < 0.5 else (after, 2 * progress - 1)
        alpha = side[..., 3:]
        return np.concatenate([side[..., :3] * seen + shade * alpha * (1 - seen), alpha], axis=2)

    return drawn


def _quintic(progress: float) -> float:
    return 16 * progress**5 if progress < 0.5 else 1 - 16 * (1 - progress) ** 5


def slide(x: int, y: int, easing: Callable[[float], float] = _quintic) -> Drawing:
    """Both pictures move together in the direction (x, y), the new one directly behind the old one."""

    def drawn(before: Pixels, after: Pixels, progress: float) -> Pixels:
        axis, toward = (1, x) if x else (0, y)
        moved = math.ceil(easing(progress) * before.shape[axis] - _SLIGHT)
        pair = np.concatenate([before, after] if toward < 0 else [after, before], axis=axis)
        start = moved if toward < 0 else before.shape[axis] - moved
        return np.take(pair, range(start, start + before.shape[axis]), axis=axis)

    return drawn


def wipe(x: int, y: int) -> Drawing:
    """A hard edge moves in the direction (x, y) and uncovers the new picture behind it."""

    def drawn(before: Pixels, after: Pixels, progress: float) -> Pixels:
        axis, toward = (1, x) if x else (0, y)
        length = int(before.shape[axis])
        edge = math.ceil(length * (1 - progress if toward < 0 else progress) - _SLIGHT)
        place = np.arange(length)
        new = place >= edge if toward < 0 else place < edge
        return np.where(new[None, :, None] if axis else new[:, None, None], after, before)

    return drawn


def circle(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """The new picture in a circle about the middle that grows to the corners; its edge is hard."""
    rows, columns = before.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    away = np.hypot(x - columns / 2, y - rows / 2)
    return np.where((away < progress * math.hypot(columns, rows) / 2)[..., None], after, before)


def zoom(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """The old picture grows about the middle to twice its size while it dissolves."""
    rows, columns = before.shape[:2]
    step = 1 / (1 + progress)
    grown = sampled(before, columns, rows, (step, 0.0, (1 - step) * columns / 2, 0.0, step, (1 - step) * rows / 2))
    return dissolve(np.clip(grown, 0, 1), after, progress)


def blur(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """Both pictures blur, most in the middle, while they dissolve."""
    sigma = BLUR * before.shape[1] * _rising(progress)
    return blurred(dissolve(before, after, progress), sigma, sigma)


def pixelize(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """Both pictures become equal rectangles, largest in the middle, while they dissolve; each has the mean of its
    pixels.
    """
    mixed = dissolve(before, after, progress)
    rows, columns = int(mixed.shape[0]), int(mixed.shape[1])
    side = max(1.0, columns / BLOCKS * _rising(progress))
    across, down = max(1, round(columns / side)), max(1, round(rows / side))
    tops, lefts = _edges(rows, down), _edges(columns, across)
    sums = np.add.reduceat(np.add.reduceat(mixed, tops[:-1], axis=0), lefts[:-1], axis=1)
    heights, widths = np.diff(tops), np.diff(lefts)
    means = sums / np.outer(heights, widths)[..., None]
    return np.asarray(np.repeat(np.repeat(means, heights, axis=0), widths, axis=1), np.float32)


def sine(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A dissolve by a sine in-out from 150 to 1850 of 2000."""
    part = min(1.0, max(0.0, (2000 * progress - 150) / 1700))
    return dissolve(before, after, 0.5 - math.cos(math.pi * part) / 2)


def exposure(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """Brighter and brighter, a cut, and darker again."""
    side = before if progress < 0.5 else after
    alpha = side[..., 3:]
    lit = side[..., :3] * 2 ** (16 * min(progress, 1 - progress))
    return np.concatenate([np.minimum(lit, alpha), alpha], axis=2)


def mist(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A quadratic dissolve, blurred most in its middle."""
    mix = 2 * progress**2 if progress < 0.5 else 1 - 2 * (1 - progress) ** 2
    sigma = BLUR * before.shape[1] * 4 * mix * (1 - mix)
    return blurred(dissolve(before, after, mix), sigma, sigma)


def bounce(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """The old picture falls off the new one and bounces three times."""
    seen = abs(math.cos(3 * math.pi * progress)) * (1 - math.sin(math.pi * progress / 2))
    return _laid(after, before, 0, before.shape[0] * (1 - seen))


def _edges(length: int, count: int) -> NDArray[np.int64]:
    """The bounds of `count` equal parts of a length, in whole pixels."""
    return np.round(np.arange(count + 1) * length / count).astype(np.int64)


def _rising(progress: float) -> float:
    """0 at both ends, 1 in the middle."""
    return 1 - abs(2 * progress - 1)


def _eased(progress: float) -> float:
    return progress * progress * (3 - 2 * progress)


def _direction(degrees: int) -> tuple[int, int]:
    """The nearest of eight directions, to the right and down."""
    turn = round(degrees / 45) * math.pi / 4
    return round(math.cos(turn)), round(math.sin(turn))


def _ground(picture: Pixels) -> Pixels:
    """Black where the picture is opaque everywhere, else transparent."""
    ground = clear(picture.shape[1], picture.shape[0])
    ground[..., 3] = picture[..., 3].min() >= 1
    return ground


def _laid(ground: Pixels, picture: Pixels, left: float, top: float) -> Pixels:
    """A picture over another, its corner at the nearest whole pixel."""
    height, width = ground.shape[:2]
    x, y = math.trunc(left), math.trunc(top)
    shown = ground.copy()
    rows, columns = (
        slice(max(0, y), min(height, y + picture.shape[0])),
        slice(max(0, x), min(width, x + picture.shape[1])),
    )
    part = picture[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    if part.size:
        shown[rows, columns] = part + shown[rows, columns] * (1 - part[..., 3:])
    return shown


def _cut(before: Pixels, after: Pixels, progress: float) -> Pixels:
    return before if progress < 0.5 else after


def push(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """Both pictures move in one of eight directions."""
    (across, down), gone = _direction(look.angle(225, 315, 45, 135)), _eased(progress)
    height, width = before.shape[:2]
    shown = _laid(_ground(before), before, across * width * gone, down * height * gone)
    return _laid(shown, after, across * width * (gone - 1), down * height * (gone - 1))


def cover(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """The new picture comes over the old one and bounces."""
    across, down = _direction(look.angle(90, 0, 180, 270))
    away = abs(math.cos(2.5 * math.pi * progress)) * (1 - progress) ** 2
    height, width = before.shape[:2]
    return _laid(before, after, -across * width * away, -down * height * away)


def _even(side: int, share: float) -> int:
    return max(2, 2 * round(side / 2 * share))


def card(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """The old picture shrinks to a card and leaves."""
    across, down = _direction(look.angle(270, 0, 180, 90, 315))
    height, width = before.shape[:2]
    share = 1 - 0.45 * min(1.0, 2 * progress)
    small = resized(before, _even(width, share), _even(height, share))
    gone = 0.8 * max(0.0, 2 * progress - 1) ** 2
    left, top = (width - small.shape[1]) // 2, (height - small.shape[0]) // 2
    return _laid(after, small, left + math.trunc(across * width * gone), top + math.trunc(down * height * gone))


def flip(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """The picture narrows to a line and widens again as the new one."""
    height, width = before.shape[:2]
    share = abs(1 - 2 * progress)
    upright = look.angle(0, 90) % 180 == 0
    size = (_even(width, share), height) if upright else (width, _even(height, share))
    narrow = resized(_cut(before, after, progress), *size)
    return _laid(_ground(before), narrow, (width - size[0]) // 2, (height - size[1]) // 2)


def stretch(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """The new picture widens from a side and squeezes the old one."""
    across, down = _direction(look.angle(180, 0, 90, 270))
    height, width = before.shape[:2]
    wide = _eased(progress)
    shown = _ground(before)
    for picture, share, last in ((before, 1 - wide, across + down > 0), (after, wide, across + down < 0)):
        size = (_even(width, share), height) if across else (width, _even(height, share))
        corner = (width - size[0], height - size[1]) if last else (0, 0)
        shown = _laid(shown, resized(picture, *size), *corner)
    return shown


def spin(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """The picture turns and grows about its middle, up to the cut."""
    near = min(2 * progress, 2 - 2 * progress) ** 2
    turn = math.radians(look.pick(90, 45, 180)) * near * (1 if look.clockwise() else -1) * (1 if progress < 0.5 else -1)
    height, width = before.shape[:2]
    step = 1 / (1 + 0.6 * near)
    cos, sin = step * math.cos(turn), step * math.sin(turn)
    x, y = width / 2, height / 2
    inverse = (cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y)
    margin = max(width, height)
    padded = np.pad(_cut(before, after, progress), ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    return np.clip(
        sampled(padded, width, height, (*inverse[:2], inverse[2] + margin, *inverse[3:5], inverse[5] + margin)), 0, 1
    )


def pull(before: Pixels, after: Pixels, progress: float, _: Variation) -> Pixels:
    """The new picture shrinks to its size while it dissolves in."""
    rows, columns = before.shape[:2]
    step = 1 / (1 + 1.2 * (1 - progress) ** 2)
    grown = sampled(after, columns, rows, (step, 0.0, (1 - step) * columns / 2, 0.0, step, (1 - step) * rows / 2))
    return dissolve(before, np.clip(grown, 0, 1), progress)


def shake(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A cut in the middle of a shake."""
    across, down = _direction(look.angle(45, 0, 90))
    swing = 0.07 * _rising(progress) * math.sin(14 * math.pi * progress)
    picture = _cut(before, after, progress)
    height, width = picture.shape[:2]
    columns = _held(width, round(across * width * swing))
    rows = _held(height, round(down * height * swing))
    return np.asarray(picture[rows][:, columns])


def _held(side: int, moved: int) -> list[int]:
    """The pixels along a side that a picture moved by some of them shows; its edges go on."""
    return [min(side - 1, max(0, place - moved)) for place in range(side)]


def whip(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A slide, blurred in its direction."""
    across, down = _direction(look.angle(180, 0, 270, 90) // 90 * 90)
    moved = slide(across, down, lambda part: part)(before, after, progress)
    sigma = 0.04 * (before.shape[1] if across else before.shape[0]) * _rising(progress)
    return blurred(moved, sigma if across else 0.1, 0.1 if across else sigma)


def glitch(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """Ten stretches of one picture or the other, red and blue apart."""
    tenth = math.floor(10 * progress)
    picture = (after if (0, 0, 0, 1, 0, 1, 0, 1, 1, 1)[tenth] else before).copy()
    part = (0.0, 0.02, -0.03, 0.05, 0.0, -0.06, 0.04, -0.03, 0.015, 0.0)[tenth] * look.pick(1.0, 1.6, 0.6, salt=2)
    axis = 1 if look.angle(0, 0, 90) % 180 == 0 else 0
    side = picture.shape[axis]
    for channel, way in ((0, 1), (2, -1)):
        place = _held(side, way * round(part * side))
        picture[..., channel] = np.take(picture[..., channel], place, axis=axis)
    return picture


def negative(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A cut or a dissolve, its negative in the middle."""
    mixed = (dissolve if look.pick(False, True) else _cut)(before, after, progress)
    if not 0.25 <= progress <= 0.75:
        return mixed
    return np.concatenate([mixed[..., 3:] - mixed[..., :3], mixed[..., 3:]], axis=2)


def mirror(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A dissolve, mirrored in the middle of its time."""
    mixed = dissolve(before, after, progress)
    if not 0.25 <= progress <= 0.75:
        return mixed
    for axis in look.pick((1,), (0,), (1, 0)):
        side = mixed.shape[axis]
        new = side // 4 * 2
        mixed = np.take(mixed, [*range(side - new), *range(side - new - 1, side - 2 * new - 1, -1)], axis=axis)
    return mixed


def fisheye(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A dissolve through a lens, strongest in the middle."""
    mixed = dissolve(before, after, progress)
    place = Place(mixed.shape[1], mixed.shape[0])
    near = 1 + look.pick(-0.6, -0.35) * _rising(progress) * place.radius**2
    half = math.hypot(place.width, place.height) / 2
    x, y = place.u * half - 0.5, place.v * half - 0.5  # the filter's middle is a pixel, and it moves by half of one
    return sampled_at(mixed, x * near + (place.width + 1) / 2, y * near + (place.height + 1) / 2)


def flash(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A dip to a colour."""
    color = look.color or look.pick((1.0, 1.0, 1.0), (1.0, 0.93, 0.7), (0.75, 0.9, 1.0))
    return tinted(_cut(before, after, progress), color, _rising(progress))


def leak(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A dissolve below a moving bar of light."""
    place = Place(before.shape[1], before.shape[0])
    across, down = _direction(look.angle(0, 90, 180, 270, 45))
    ways = [way if sign > 0 else 1 - way for sign, way in ((across, place.x), (down, place.y)) if sign]
    way = sum(ways) / len(ways)
    warm = look.pick((1.0, 0.75, 0.35), (1.0, 0.5, 0.45), (0.8, 0.75, 1.0), (0.6, 1.0, 0.9), salt=4)
    opacity = 0.95 * _rising(progress) * np.exp(-10 * (way - 1.6 * progress + 0.3) ** 2)
    return tinted(dissolve(before, after, progress), look.color or warm, opacity[..., None])


def strobe(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """Both pictures by turns."""
    return after if math.floor(look.pick(6, 4, 8) * progress) % 2 else before


def cube(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """Neighbouring faces of a turning cube, by rays from a camera onto their planes."""
    turn = math.pi / 2 * min(1.0, max(0.0, (progress - 0.133) / 0.5))
    shown = _ground(before)
    for picture, angle in ((before, turn), (after, turn - math.pi / 2)):
        face = _face(picture, angle) if math.cos(angle) > 0.01 else clear(picture.shape[1], picture.shape[0])
        shown = face + shown * (1 - face[..., 3:])
    return shown


def _face(picture: Pixels, angle: float) -> Pixels:
    """A face turned to the left from facing the camera, transparent around it."""
    height, width = picture.shape[:2]
    away = height / 2 / math.tan(math.radians(30.25))
    y, x = np.mgrid[0:height, 0:width] + 0.5
    x, y = x - width / 2, y - height / 2
    sin, cos = math.sin(angle), math.cos(angle)
    # a ray is at (x t, y t) at the depth away t; of the face's own axes, one is along it and one from the cube's middle
    ray = (away + width / 2 - width / 2 / cos + 0 * x) / (away + x * sin / cos)
    along = x * ray * cos + (away + width / 2 - away * ray) * sin
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    return sampled_at(padded, along + width / 2 + 0.5, y * ray + height / 2 + 0.5)


def across(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A cut in a blur across."""
    return blurred(before if progress < 13 / 24 else after, 0.06 * before.shape[1] * _rising(progress), 0.1)


def white(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A cut in a white light."""
    opacity = min(progress / 0.6, (1 - progress) / 0.4) ** 2
    return tinted(before if progress < 0.6 else after, (1.0, 1.0, 1.0), opacity)


def curl(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """A page of white paper rolls up; a shadow follows it."""
    radius = 1 / math.tau
    way = Place(before.shape[1], before.shape[0]).along(look.angle(170))
    away = (way - progress * (1 + 2 * radius) + radius) / radius
    soft = 0.02 / radius
    opened, rolled = np.clip(-away / soft, 0, 1), np.clip((1 - np.abs(away)) / soft + 0.5, 0, 1)
    round_shade = 1 - np.sqrt(np.maximum(0, 1 - away**2))
    shade = 0.45 * np.where(np.abs(away) < 1, round_shade, np.where(away < 0, np.maximum(0, 2 + away), 0))
    page = before + (after - before) * opened[..., None]
    return tinted(tinted(page, (0.97, 0.96, 0.93), rolled[..., None]), (0.0, 0.0, 0.0), shade[..., None])


def _enlarged(picture: Pixels, share: float, x: float = 0.5, y: float = 0.5) -> Pixels:
    """A picture at a share of its size, of which the part around a point is seen."""
    rows, columns = picture.shape[:2]
    inverse = (1 / share, 0.0, (1 - 1 / share) * columns * x, 0.0, 1 / share, (1 - 1 / share) * rows * y)
    return np.clip(sampled(picture, columns, rows, inverse), 0, 1)


def closer(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """Both pictures come closer; the new one is mirrored beyond its edges."""
    rows, columns = before.shape[:2]
    share = 2 / 3 + progress / 3
    mirrored = np.pad(after, ((rows, rows), (columns, columns), (0, 0)), mode="symmetric")
    step = 1 / share
    inverse = (step, 0.0, columns + (1 - step) * columns / 2, 0.0, step, rows + (1 - step) * rows / 2)
    coming = np.clip(sampled(mirrored, columns, rows, inverse), 0, 1)
    mixed = dissolve(_enlarged(before, 1 + progress), coming, progress)
    return np.asarray(np.mean([_enlarged(mixed, 1 + 0.02 * step * _rising(progress)) for step in range(8)], axis=0))


def approach(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A blurred dissolve of a picture that grows about a point of its upper half."""
    sigma = BLUR * before.shape[1] * _rising(progress)
    return blurred(dissolve(_enlarged(before, 1 + 0.3 * progress, 0.5, 0.3), after, progress), sigma, sigma)


def inhale(before: Pixels, after: Pixels, progress: float, look: Variation) -> Pixels:
    """The old picture shrinks away, or the new one grows."""
    grows = look.opening is True
    share = progress * (2 - progress) if grows else 1 - progress**2
    rows, columns = before.shape[:2]
    small = resized(after if grows else before, _even(columns, share), _even(rows, share))
    left, top = (columns - small.shape[1]) // 2, (rows - small.shape[0]) // 2
    return _laid(before if grows else after, small, left, top)


def added(before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A dissolve, twice as bright in the middle."""
    mixed = dissolve(before, after, progress)
    lit = np.minimum(mixed[..., :3] * (1 + _rising(progress)), mixed[..., 3:])
    return np.concatenate([lit, mixed[..., 3:]], axis=2)


VARIED: dict[TransitionKind, VariedDrawing] = {
    TransitionKind.CURL: curl,
    TransitionKind.INHALE: inhale,
    TransitionKind.PUSH: push,
    TransitionKind.COVER: cover,
    TransitionKind.CARD: card,
    TransitionKind.FLIP: flip,
    TransitionKind.STRETCH: stretch,
    TransitionKind.SPIN: spin,
    TransitionKind.PULL: pull,
    TransitionKind.SHAKE: shake,
    TransitionKind.WHIP: whip,
    TransitionKind.GLITCH: glitch,
    TransitionKind.NEGATIVE: negative,
    TransitionKind.MIRROR: mirror,
    TransitionKind.FISHEYE: fisheye,
    TransitionKind.FLASH: flash,
    TransitionKind.LEAK: leak,
    TransitionKind.STROBE: strobe,
}
"""Those whose names tell more than their family."""
KINDS: dict[TransitionKind, Drawing] = {
    TransitionKind.DISSOLVE: dissolve,
    TransitionKind.CLOSER: closer,
    TransitionKind.APPROACH: approach,
    TransitionKind.ADDED: added,
    TransitionKind.FADE_BLACK: fade_through(0.0),
    TransitionKind.FADE_WHITE: fade_through(1.0),
    TransitionKind.SLIDE_LEFT: slide(-1, 0),
    TransitionKind.SLIDE_RIGHT: slide(1, 0),
    TransitionKind.SLIDE_UP: slide(0, -1),
    TransitionKind.SLIDE_DOWN: slide(0, 1),
    TransitionKind.WIPE_LEFT: wipe(-1, 0),
    TransitionKind.WIPE_RIGHT: wipe(1, 0),
    TransitionKind.WIPE_UP: wipe(0, -1),
    TransitionKind.WIPE_DOWN: wipe(0, 1),
    TransitionKind.CIRCLE: circle,
    TransitionKind.ZOOM: zoom,
    TransitionKind.BLUR: blur,
    TransitionKind.PIXELIZE: pixelize,
    TransitionKind.SINE: sine,
    TransitionKind.EXPOSURE: exposure,
    TransitionKind.MIST: mist,
    TransitionKind.BOUNCE: bounce,
    TransitionKind.CUBE: cube,
    TransitionKind.ACROSS: across,
    TransitionKind.WHITE: white,
}
