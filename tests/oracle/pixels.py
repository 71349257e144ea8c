"""Pictures as arrays, and their basic operations.

`Pixels` are rows x columns x channels, 0..1: red, green, blue, and maybe alpha. "Premultiplied" colours are multiplied
by their alpha. A `Plane` is one channel.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels: TypeAlias = NDArray[np.floating[Any]]
Plane: TypeAlias = NDArray[np.floating[Any]]
Change: TypeAlias = Callable[[Image.Image], Image.Image]

BT709 = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of red, green and blue in luma."""


def opaque(width: int, height: int, color: tuple[float, ...]) -> Pixels:
    """A picture of one colour, with an alpha of 1."""
    return np.broadcast_to(np.array([*color[:3], 1.0], np.float32), (height, width, 4)).copy()


def clear(width: int, height: int) -> Pixels:
    """A transparent picture."""
    return np.zeros((height, width, 4), np.float32)


def luma(rgb: Pixels) -> Plane:
    """Luma."""
    return np.asarray(rgb[..., :3] @ BT709, np.float32)


def premultiplied(picture: Pixels) -> Pixels:
    """The premultiplied picture."""
    return np.concatenate([picture[..., :3] * picture[..., 3:], picture[..., 3:]], axis=2)


def straight(picture: Pixels) -> Pixels:
    """The colours of a premultiplied picture; black where it is transparent."""
    alpha = picture[..., 3:]
    return np.concatenate([picture[..., :3] / np.maximum(alpha, 1e-6), alpha], axis=2)


def over(top: Pixels, below: Pixels) -> Pixels:
    """A premultiplied picture over another."""
    return np.asarray(top + below * (1 - top[..., 3:]), np.float32)


def resized(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture at another size: cubic, over the area of a pixel when shrinking."""
    if picture.shape[:2] == (height, width):
        return picture
    return _channelwise(picture, lambda image: image.resize((width, height), Image.Resampling.BICUBIC))


def sampled(picture: Pixels, width: int, height: int, inverse: tuple[float, ...]) -> Pixels:
    """`width` x `height` samples: that at (x, y) lies at (a x + b y + c, d x + e y + f) of the picture,
    `inverse` being a to f; outside of the picture its edge goes on.
    """
    margin = 2
    padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    a, b, c, d, e, f = inverse
    shifted = (a, b, c + margin, d, e, f + margin)
    return _channelwise(
        padded,
        lambda image: image.transform(
            (width, height), Image.Transform.AFFINE, shifted, Image.Resampling.BICUBIC, fillcolor=0
        ),
    )


def _channelwise(picture: Pixels, change: Change) -> Pixels:
    planes = (np.ascontiguousarray(picture[..., channel]) for channel in range(picture.shape[2]))
    return np.stack([np.asarray(change(Image.fromarray(plane)), np.float32) for plane in planes], axis=2)


def blurred(picture: Pixels, sigma_x: float, sigma_y: float) -> Pixels:
    """A Gaussian blur, with edge pixels extended outwards."""
    return _blurred_along(_blurred_along(picture, sigma_x, 1), sigma_y, 0)


def _blurred_along(picture: Pixels, sigma: float, axis: int) -> Pixels:
    if sigma <= 0:
        return picture
    reach = math.ceil(4 * sigma)
    weights = np.exp(-((np.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    weights /= weights.sum()
    length = picture.shape[axis]
    result = np.zeros_like(picture)
    padded = np.pad(picture, [(reach, reach) if each == axis else (0, 0) for each in range(3)], mode="edge")
    for shift, weight in enumerate(weights.astype(np.float32)):
        result += weight * np.take(padded, range(shift, shift + length), axis=axis)
    return result
