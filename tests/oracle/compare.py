"""Similarity of two frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.oracle.pixels import Pixels, Plane, blurred, luma

EDGE = 24.0
"""Of 255: a larger difference of a channel from a neighbour is an edge."""
_SIGMA = 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(frozen=True, slots=True)
class Likeness:
    """`ssim` is that of the luma; `difference` the mean over all channels, of 255, outside of edges."""

    ssim: float
    difference: float

    def within(self, ssim: float, difference: float) -> bool:
        """Whether the frames are within the bound."""
        return self.ssim >= ssim and self.difference <= difference


def likeness(drawn: Pixels, wanted: Pixels, smooth_px: float = 0.0) -> Likeness:
    """The similarity of a decoded frame to the reference's; both are blurred first by a sigma of `smooth_px`."""
    shown, reference = (blurred(picture * 255, smooth_px, smooth_px) for picture in (drawn, wanted))
    inside = ~edges(reference)
    off = np.abs(shown - reference).mean(axis=2)
    return Likeness(ssim(luma(shown), luma(reference)), float(off[inside].mean()) if inside.any() else 0.0)


def edges(picture: Pixels) -> NDArray[np.bool_]:
    """The pixels at edges and their neighbours: chroma has a sample for every second pixel."""
    steps: NDArray[np.bool_] = np.zeros(picture.shape[:2], np.bool_)
    across = (np.abs(np.diff(picture, axis=1)) > EDGE).any(axis=2)
    down = (np.abs(np.diff(picture, axis=0)) > EDGE).any(axis=2)
    steps[:, 1:] |= across
    steps[:, :-1] |= across
    steps[1:] |= down
    steps[:-1] |= down
    padded = np.pad(steps, 1)
    height, width = steps.shape
    for top in range(3):
        for left in range(3):
            steps = steps | padded[top : top + height, left : left + width]
    return steps


def ssim(one: Plane, other: Plane) -> float:
    """The mean structural similarity of two planes of 0..255 (Wang 2004, Gaussian window of sigma 1.5)."""
    mean_one, mean_other = _local(one), _local(other)
    power = _local(one * one) - mean_one**2
    power_other = _local(other * other) - mean_other**2
    shared = _local(one * other) - mean_one * mean_other
    alike = (2 * mean_one * mean_other + _C1) * (2 * shared + _C2)
    return float((alike / ((mean_one**2 + mean_other**2 + _C1) * (power + power_other + _C2))).mean())


def _local(plane: Plane) -> Plane:
    return blurred(plane[..., None].astype(np.float64), _SIGMA, _SIGMA)[..., 0]
