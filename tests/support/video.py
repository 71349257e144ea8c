"""Decoding of rendered videos: frames as arrays, sound by level and pitch."""

import math
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.media import DARKEST, STEP

Frame = NDArray[np.uint8]
Samples = NDArray[np.float32]
SAMPLE_RATE = 48_000


class Video:
    """A decoded video file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            self.size = (stream.width, stream.height)
            self.codec = stream.codec_context.name
            self.pixel_format = stream.pix_fmt
            self.colors = (stream.colorspace, stream.color_primaries, stream.color_trc, stream.color_range)
            self.rate = stream.average_rate
            self.has_sound = bool(container.streams.audio)
            base = stream.time_base
            assert base is not None
            self.duration_s = float((stream.duration or 0) * base)
            frames = list(container.decode(video=0))
            self.times = [float((frame.pts or 0) * base) for frame in frames]
            self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def rgb(self, number: int) -> Frame:
        """A frame as height x width x 3."""
        return cast("Frame", cast("Any", self._frames[number]).to_ndarray(format="rgb24"))

    def planes(self, number: int) -> Frame:
        """A frame's Y', Cb and Cr, as 3 x height x width."""
        return cast("Frame", cast("Any", self._frames[number]).to_ndarray(format="yuv444p"))

    def luma(self, number: int) -> Frame:
        """A frame's luma as height x width."""
        whole = cast("Frame", cast("Any", self._frames[number]).to_ndarray())
        return whole[: self.size[1], : self.size[0]]

    def color(self, number: int, x: float, y: float) -> tuple[int, int, int]:
        """The colour at a place, as fractions of the canvas: the mean of a few pixels."""
        frame = self.rgb(number)
        column, row = round(x * (frame.shape[1] - 1)), round(y * (frame.shape[0] - 1))
        spot = frame[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].reshape(-1, 3).mean(axis=0)
        red, green, blue = (round(float(value)) for value in spot)
        return red, green, blue

    def count_at(self, number: int, x: float = 0.5, y: float = 0.5) -> int:
        """Which frame of a counting video stands there."""
        luma = self.luma(number)
        spot = luma[round(y * (luma.shape[0] - 1)), round(x * (luma.shape[1] - 1))]
        return round((float(spot) - DARKEST) / STEP)

    @cached_property
    def sound(self) -> Samples:
        """The sound as samples x 2, -1..1, at 48 kHz."""
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE)
        parts: list[Samples] = []
        with av.open(str(self.path)) as container:
            for frame in container.decode(audio=0):
                parts += [cast("Samples", cast("Any", part).to_ndarray()) for part in resampler.resample(frame)]
        return np.concatenate(parts, axis=1).reshape(-1, 2)

    def heard(self, start_s: float, end_s: float) -> "Heard":
        """What is heard between two times."""
        return Heard(self.sound[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)])


class Heard:
    """A stretch of sound."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    @property
    def amplitude(self) -> float:
        """Of a sine with the same power, the louder channel."""
        return float(np.sqrt(2 * np.mean(self.samples.astype(np.float64) ** 2, axis=0)).max())

    @property
    def peak(self) -> float:
        """The largest sample."""
        return float(np.abs(self.samples).max())

    @property
    def hertz(self) -> float:
        """The strongest pitch."""
        mono = self.samples.mean(axis=1) * np.hanning(len(self.samples))
        return float(np.abs(np.fft.rfft(mono)).argmax() * SAMPLE_RATE / len(mono))

    def level_at(self, hertz: float) -> float:
        """The amplitude of the sine of that pitch in it."""
        mono: NDArray[np.float64] = self.samples.mean(axis=1, dtype=np.float64)
        turns = 2 * np.pi * hertz * np.arange(len(mono)) / SAMPLE_RATE
        across, along = float(np.mean(mono * np.cos(turns))), float(np.mean(mono * np.sin(turns)))
        return 2 * math.hypot(across, along)


def near(color: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 14) -> bool:
    """Whether two colours look the same."""
    return all(abs(one - other) <= tolerance for one, other in zip(color, wanted, strict=True))
