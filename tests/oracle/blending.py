"""Blend modes by the formulas of W3C's Compositing and Blending, on R'G'B' values."""

from collections.abc import Callable

import numpy as np

from services.drafts.design import BlendMode
from tests.oracle.pixels import Pixels, over, straight


def blended(mode: BlendMode, top: Pixels, below: Pixels) -> Pixels:
    """A premultiplied picture over another in a blend mode."""
    if mode is BlendMode.NORMAL:
        return over(top, below)
    source, backdrop = straight(top)[..., :3], straight(below)[..., :3]
    mixed = np.clip(FORMULAS[mode](backdrop, source), 0, 1)
    alpha, alpha_below = top[..., 3:], below[..., 3:]
    color = (1 - alpha_below) * source + alpha_below * mixed
    return over(np.concatenate([color * alpha, alpha], axis=2), below)


def _multiply(below: Pixels, top: Pixels) -> Pixels:
    return below * top


def _screen(below: Pixels, top: Pixels) -> Pixels:
    return below + top - below * top


def _hard_light(below: Pixels, top: Pixels) -> Pixels:
    return np.where(top <= 0.5, _multiply(below, 2 * top), _screen(below, 2 * top - 1))


def _overlay(below: Pixels, top: Pixels) -> Pixels:
    return _hard_light(top, below)


def _color_dodge(below: Pixels, top: Pixels) -> Pixels:
    bright = np.where(top >= 1, 1.0, below / np.maximum(1 - top, 1e-6))
    return np.where(below <= 0, 0.0, np.minimum(1, bright)).astype(np.float32)


def _color_burn(below: Pixels, top: Pixels) -> Pixels:
    dark = np.where(top <= 0, 0.0, 1 - np.minimum(1, (1 - below) / np.maximum(top, 1e-6)))
    return np.where(below >= 1, 1.0, dark).astype(np.float32)


def _soft_light(below: Pixels, top: Pixels) -> Pixels:
    curve = np.where(below <= 0.25, ((16 * below - 12) * below + 4) * below, np.sqrt(below))
    darker = below - (1 - 2 * top) * below * (1 - below)
    return np.where(top <= 0.5, darker, below + (2 * top - 1) * (curve - below))


def _darken(below: Pixels, top: Pixels) -> Pixels:
    return np.minimum(below, top)


def _lighten(below: Pixels, top: Pixels) -> Pixels:
    return np.maximum(below, top)


def _linear_burn(below: Pixels, top: Pixels) -> Pixels:
    return below + top - 1


def _add(below: Pixels, top: Pixels) -> Pixels:
    return below + top


FORMULAS: dict[BlendMode, Callable[[Pixels, Pixels], Pixels]] = {
    BlendMode.MULTIPLY: _multiply,
    BlendMode.SCREEN: _screen,
    BlendMode.OVERLAY: _overlay,
    BlendMode.DARKEN: _darken,
    BlendMode.LIGHTEN: _lighten,
    BlendMode.COLOR_DODGE: _color_dodge,
    BlendMode.COLOR_BURN: _color_burn,
    BlendMode.LINEAR_BURN: _linear_burn,
    BlendMode.HARD_LIGHT: _hard_light,
    BlendMode.SOFT_LIGHT: _soft_light,
    BlendMode.ADD: _add,
}
"""The blend function of backdrop and source; the result is clipped to 0..1."""
