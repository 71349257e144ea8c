"""Chroma keys."""

import numpy as np

from services.drafts.design import ChromaKey
from tests.oracle.pixels import Pixels, Plane, luma

FARTHEST = 0.5
"""The distance in the plane of Cb and Cr (-0.5..0.5 each) within which an intensity of 1 is transparent."""
SOFTEST = 0.5
"""The distance beyond it over which a shadow of 1 rises to opaque."""


def kept(key: ChromaKey, color: Pixels) -> Plane:
    """The alpha of a key: 0 near its colour, by hue and saturation alone, rising to 1 away from it. At intensity 0
    nothing is transparent.
    """
    if key.intensity <= 0:
        return np.ones(color.shape[:2], np.float32)
    wanted = _chroma(np.array([[key.color[:3]]], np.float32))
    away = np.hypot(*np.moveaxis(_chroma(color) - wanted, 2, 0))
    near, soft = FARTHEST * key.intensity, max(1e-3, SOFTEST * key.shadow)
    return np.asarray(np.clip((away - near) / soft, 0, 1), np.float32)


def _chroma(color: Pixels) -> Pixels:
    """Cb and Cr of BT.709."""
    brightness = luma(color)
    return np.stack([(color[..., 2] - brightness) / 1.8556, (color[..., 0] - brightness) / 1.5748], axis=2)
