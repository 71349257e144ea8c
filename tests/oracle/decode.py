"""Footage and stills as pictures. Colours become R'G'B' here, by the formulas of the standards."""

from bisect import bisect_right
from functools import lru_cache
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.render.media.probe import Footage
from services.render.media.still import Still
from services.render.timeline.scene import StillSequence
from tests.oracle.pixels import Pixels, Plane

REACH = 0.4
"""In frames of the timeline: a frame shows the newest picture due at most this much later."""
WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "bt601": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "fcc": (0.30, 0.11),
    "bt2020": (0.2627, 0.0593),
}
"""Weights of red and blue in luma, by the values of `Footage.matrix`."""


def still_pixels(still: Still) -> Pixels:
    """A still with its alpha."""
    with Image.open(still.path) as image:
        return np.asarray(image.convert("RGBA"), np.float32) / 255


def mask_plane(mask: Still | StillSequence, frame: int) -> Plane:
    """A grey picture as one plane, of a mask that moves the one of a frame."""
    with Image.open(mask.path(frame) if isinstance(mask, StillSequence) else mask.path) as image:
        return np.asarray(image.convert("L"), np.float32) / 255


class Reel:
    """All frames of some footage, each with its time from the beginning of the file."""

    def __init__(self, footage: Footage) -> None:
        self._footage = footage
        with av.open(str(footage.path), format=footage.demuxer) as container:
            start_us = container.start_time or 0
            stream = next(each for each in container.streams.video if each.index == footage.stream)
            base = float(stream.time_base or 0) * 1e6
            frames = [
                (frame.pts * base - start_us, frame) for frame in container.decode(stream) if frame.pts is not None
            ]
        frames.sort(key=lambda timed: timed[0])
        self._times = [time_us for time_us, _ in frames]
        self._frames = [frame for _, frame in frames]

    def shown(self, time_us: float, reach_us: float) -> Pixels:
        """The picture at a time: the newest frame due within `reach_us`, else the first or last one."""
        due_us = time_us + reach_us
        if self._footage.loop_frames:
            due_us %= self._footage.end_us
        newest = bisect_right(self._times, due_us) - 1
        return _upright(self._frames[max(0, newest)], self._footage)


@lru_cache(maxsize=32)
def reel(footage: Footage) -> Reel:
    """The footage, decoded once."""
    return Reel(footage)


def _upright(frame: av.VideoFrame, footage: Footage) -> Pixels:
    """A decoded frame in R'G'B'A, rotated by its tag."""
    alpha = _array(frame, "rgba")[..., 3:] / 255 if footage.has_alpha else np.ones((frame.height, frame.width, 1))
    turned = np.rot90(np.concatenate([_color(frame, footage), alpha], axis=2), round(frame.rotation / 90))
    return np.ascontiguousarray(turned, np.float32)


def _color(frame: av.VideoFrame, footage: Footage) -> Pixels:
    if footage.matrix is None:
        return _array(frame, "rgb24") / 255
    planes = _array(frame, "yuvj444p" if footage.full_range else "yuv444p")
    return rgb(planes, footage.matrix, full_range=footage.full_range)


def _array(frame: av.VideoFrame, pixel_format: str) -> Plane:
    return np.asarray(cast("Any", frame).to_ndarray(format=pixel_format), np.float32)


def rgb(planes: NDArray[Any], matrix: str = "bt709", *, full_range: bool = False) -> Pixels:
    """Y'CbCr (3 x rows x columns, 0..255) as R'G'B'."""
    planes = planes.astype(np.float32)
    y, cb, cr = planes if full_range else ((planes[0] - 16) * 255 / 219, *(planes[1:] - 128) * 255 / 224 + 128)
    of_red, of_blue = WEIGHTS[matrix]
    red = y + 2 * (1 - of_red) * (cr - 128)
    blue = y + 2 * (1 - of_blue) * (cb - 128)
    green = (y - of_red * red - of_blue * blue) / (1 - of_red - of_blue)
    return np.asarray(np.clip(np.stack([red, green, blue], axis=2) / 255, 0, 1), np.float32)
