"""Positions of pictures on the canvas."""

import math
from dataclasses import dataclass

import numpy as np

from services.render.timeline.geometry import Pose
from services.render.timeline.scene import Motion
from tests.oracle.pixels import Pixels, clear, resized, sampled

FINENESS = 3
"""Samples per canvas pixel in each direction."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A pose at one frame; `exact`: its edges need not be on whole pixels."""

    center_x: float
    center_y: float
    width: float
    height: float
    rotation_deg: float
    mirrored: tuple[int, int]
    """-1 if the picture is flipped in x, in y."""
    alpha: float


def stand(pose: Pose, motion: Motion | None, frame: int) -> Stand:
    """The placement of a layer at a frame. At rest and upright it is on whole pixels (`Pose.box`)."""
    mirrored = -1 if pose.flip_horizontal else 1, -1 if pose.flip_vertical else 1
    if motion is not None:
        values = (motion.x, motion.y, motion.width, motion.height, motion.rotation_deg)
        x, y, width, height, angle = (ramp.at(frame) for ramp in values)
        return Stand(x, y, width, height, angle, mirrored, motion.alpha.at(frame))
    turns = pose.quarter_turns
    if turns is None:
        where = (pose.center_x, pose.center_y, pose.width, pose.height, pose.rotation_deg)
        return Stand(*where, mirrored, pose.alpha)
    box = pose.box()
    size = (box.height, box.width) if turns % 2 else (box.width, box.height)
    return Stand((box.left + box.right) / 2, (box.top + box.bottom) / 2, *size, 90.0 * turns, mirrored, pose.alpha)


def placed(picture: Pixels, where: Stand, width: int, height: int) -> Pixels:
    """A premultiplied picture on a transparent canvas."""
    if where.width <= 0 or where.height <= 0 or where.alpha <= 0:
        return clear(width, height)
    exact = _pasted(picture, where, width, height)
    drawn = _sampled(picture, where, width, height) if exact is None else exact
    return np.asarray(np.clip(drawn, 0, 1) * where.alpha, np.float32)


def _pasted(picture: Pixels, where: Stand, width: int, height: int) -> Pixels | None:
    """The picture if it is upright, on whole pixels, and not much larger than the canvas, else None."""
    left, top = where.center_x - where.width / 2, where.center_y - where.height / 2
    whole = all(value == round(value) for value in (left, top, where.width, where.height))
    if where.rotation_deg or not whole or where.width * where.height > 4 * width * height:
        return None
    drawn = resized(picture, round(where.width), round(where.height))[:: where.mirrored[1], :: where.mirrored[0]]
    canvas = clear(width, height)
    x, y = round(left), round(top)
    seen = drawn[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
    canvas[max(0, y) : max(0, y) + seen.shape[0], max(0, x) : max(0, x) + seen.shape[1]] = seen
    return canvas


def _sampled(picture: Pixels, where: Stand, width: int, height: int) -> Pixels:
    """The picture at any position and angle, with many samples per pixel."""
    fine = resized(
        picture,
        min(picture.shape[1], math.ceil(where.width * FINENESS)),
        min(picture.shape[0], math.ceil(where.height * FINENESS)),
    )
    across, down = _inverse(where)
    inverse = tuple(value / FINENESS for value in (*across[:2], 0.0, *down[:2], 0.0))
    rows, columns = fine.shape[:2]
    a, b, _, d, e, _ = inverse
    x_part = (a * columns, b * columns, across[2] * columns)
    y_part = (d * rows, e * rows, down[2] * rows)
    samples = sampled(fine, width * FINENESS, height * FINENESS, (*x_part, *y_part))
    inside = _inside(inverse, (across[2], down[2]), width * FINENESS, height * FINENESS)
    samples *= inside[..., None]
    return np.asarray(samples.reshape(height, FINENESS, width, FINENESS, 4).mean(axis=(1, 3)))


def _inverse(where: Stand) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """From the canvas to the picture: (a, b, c) so that a x + b y + c is the fraction of its width, and the same
    for its height.
    """
    cos, sin = math.cos(math.radians(where.rotation_deg)), math.sin(math.radians(where.rotation_deg))
    flip_x, flip_y = where.mirrored
    a, b = flip_x * cos / where.width, flip_x * sin / where.width
    d, e = flip_y * -sin / where.height, flip_y * cos / where.height
    x, y = where.center_x, where.center_y
    return (a, b, 0.5 - a * x - b * y), (d, e, 0.5 - d * x - e * y)


def _inside(inverse: tuple[float, ...], offsets: tuple[float, float], width: int, height: int) -> Pixels:
    """Whether samples lie in the picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    a, b, _, d, e, _ = inverse
    u, v = a * x + b * y + offsets[0], d * x + e * y + offsets[1]
    return np.asarray((u >= 0) & (u < 1) & (v >= 0) & (v < 1), np.float32)
