"""What a transition shows, one plain function for each kind.

Each takes both sides as premultiplied pictures of the canvas's size and the progress, above 0 and below 1.
Pictures slide by whole pixels, rounded up; the edge of a wipe lies on the next whole pixel to the right or below.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.drafts.design import TransitionKind
from tests.oracle.pixels import Pixels, blurred, sampled

Drawing: TypeAlias = Callable[[Pixels, Pixels, float], Pixels]

BLUR = 0.03
"""The sigma in the middle of a blur, of the canvas's width."""
BLOCKS = 20
"""Blocks across the canvas in the middle of a pixelize."""
_SLIGHT = 1e-6
"""Rounding tolerance of floats, in pixels."""


def crossed(kind: TransitionKind, before: Pixels, after: Pixels, progress: float) -> Pixels:
    """A transition's picture at a progress."""
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


def slide(x: int, y: int) -> Drawing:
    """Both pictures move together in the direction (x, y), the new one directly behind the old one."""

    def drawn(before: Pixels, after: Pixels, progress: float) -> Pixels:
        axis, toward = (1, x) if x else (0, y)
        moved = math.ceil(progress * before.shape[axis] - _SLIGHT)
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


def _edges(length: int, count: int) -> NDArray[np.int64]:
    """The bounds of `count` equal parts of a length, in whole pixels."""
    return np.round(np.arange(count + 1) * length / count).astype(np.int64)


def _rising(progress: float) -> float:
    """0 at both ends, 1 in the middle."""
    return 1 - abs(2 * progress - 1)


KINDS: dict[TransitionKind, Drawing] = {
    TransitionKind.DISSOLVE: dissolve,
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
}
