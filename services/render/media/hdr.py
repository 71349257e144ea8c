"""Tone mapping of HDR to white at 203 cd/m2, and conversion of primaries to BT.709's. Pure.

Diffuse white is at 203 cd/m2 (ITU-R BT.2408). Brighter light is reduced by the curve of ITU-R BT.2390 (section 5.4.1,
black at 0), applied to the maximum of red, green and blue; the others keep their ratio to it, so that hues stay.
Colours outside of BT.709 are clipped (ITU-R BT.2407).
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeAlias

Rgb: TypeAlias = tuple[float, float, float]
Matrix: TypeAlias = tuple[Rgb, Rgb, Rgb]

SDR_POWER = 2.4
SIDE = 33
"""Colours along a side of a table, interpolated linearly."""
WHITE_CODE = 65280
"""White of 16-bit RGB (of 65535) in ffmpeg's conversions from and to YUV, in all releases so far."""
WHITE_NITS = 203.0
"""BT.2408: diffuse white of HDR, white of the result."""
HLG_PEAK_NITS, HLG_GAMMA = 1000.0, 1.2
"""BT.2100: peak and system gamma of the reference display of HLG."""
_HLG_A = 0.17883277
_HLG_B, _HLG_C = 1 - 4 * _HLG_A, 0.5 - _HLG_A * math.log(4 * _HLG_A)
_PQ_M1, _PQ_M2, _PQ_C1, _PQ_C2, _PQ_C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
"""BT.2100."""
_PQ_NITS = 10_000.0
_BT2020_LUMA = (0.2627, 0.6780, 0.0593)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50 = (0.9642, 1.0, 0.8249)


class Curve(StrEnum):
    """The transfer function from codes to light."""

    SDR = "SDR"
    """A power of 2.4 (ITU-R BT.1886): displays of BT.709, BT.601 and BT.2020."""
    PQ = "PQ"
    HLG = "HLG"


@dataclass(frozen=True, slots=True)
class Primaries:
    """CIE x and y of red, green, blue and white."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float] = (0.3127, 0.3290)


BT709 = Primaries((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
BT2020 = Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
DISPLAY_P3 = Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))


@dataclass(frozen=True, slots=True)
class Colors:
    """Primaries, transfer function, and, of PQ, the peak luminance in cd/m2."""

    primaries: Primaries = BT709
    curve: Curve = Curve.SDR
    peak_nits: float = 1000.0

    @property
    def hdr(self) -> bool:
        """Whether it is HDR."""
        return self.curve is not Curve.SDR


STANDARD = Colors()
"""BT.709 in standard range."""


def tone_table(colors: Colors) -> Iterator[Rgb]:
    """The standard-range codes (power 2.4, same primaries) of `SIDE` x `SIDE` x `SIDE` HDR codes, red fastest."""
    values = [step / (SIDE - 1) for step in range(SIDE)]
    for blue in values:
        for green in values:
            for red in values:
                yield _each(lambda light: min(1.0, light) ** (1 / SDR_POWER), _light(colors, (red, green, blue)))


def write_cube(table: Iterable[Rgb], output: Path) -> None:
    """Write a table as a .cube file of ffmpeg, for 16-bit RGB."""
    with output.open("w", encoding="ascii", newline="\n") as file:
        white = WHITE_CODE / 65535
        file.write(f"LUT_3D_SIZE {SIDE}\nDOMAIN_MAX {white:.6f} {white:.6f} {white:.6f}\n")
        for color in table:
            file.write(" ".join(f"{white * part:.6f}" for part in color) + "\n")


def primaries_steps(primaries: Primaries) -> tuple[str, ...]:
    """Filters that convert gbrp16 or gbrap16 frames (power 2.4) to BT.709's primaries."""
    if primaries == BT709:
        return ()
    names = [[f"{to}{of}" for of in "rgb"] for to in "rgb"]
    rows = zip(names, between(primaries, BT709), strict=True)
    mix = ":".join(f"{name}={part:.7f}" for row, parts in rows for name, part in zip(row, parts, strict=True))
    return _power(SDR_POWER), f"colorchannelmixer={mix}", _power(1 / SDR_POWER)


def _power(power: float) -> str:
    raised = f"{WHITE_CODE}*pow(min(val/{WHITE_CODE},1),{power:.9f})+0.5"
    return "lutrgb=" + ":".join(f"{name}='{raised}'" for name in "rgb")


def _light(colors: Colors, codes: Rgb) -> Rgb:
    """Light (0..1) of HDR codes."""
    if colors.curve is Curve.HLG:
        return _toned(_hlg_nits(codes), HLG_PEAK_NITS)
    return _toned(_each(_pq_nits, codes), colors.peak_nits)


def _each(function: Callable[[float], float], codes: Rgb) -> Rgb:
    red, green, blue = codes
    return function(red), function(green), function(blue)


@cache
def _pq_nits(code: float) -> float:
    power = code ** (1 / _PQ_M2)
    return float(_PQ_NITS * (max(0.0, power - _PQ_C1) / (_PQ_C2 - _PQ_C3 * power)) ** (1 / _PQ_M1))


def _pq_code(nits: float) -> float:
    power = (nits / _PQ_NITS) ** _PQ_M1
    return float(((_PQ_C1 + _PQ_C2 * power) / (1 + _PQ_C3 * power)) ** _PQ_M2)


@cache
def _hlg_scene(code: float) -> float:
    return code * code / 3 if code <= 0.5 else (math.exp((code - _HLG_C) / _HLG_A) + _HLG_B) / 12


def _hlg_nits(codes: Rgb) -> Rgb:
    scene = _each(_hlg_scene, codes)
    luma = sum(weight * part for weight, part in zip(_BT2020_LUMA, scene, strict=True))
    gain = HLG_PEAK_NITS * luma ** (HLG_GAMMA - 1)
    return _each(lambda part: gain * part, scene)


def _toned(nits: Rgb, peak_nits: float) -> Rgb:
    """Light of up to `peak_nits` cd/m2, tone mapped to 0..1."""
    brightest = max(nits)
    if brightest <= 0:
        return 0.0, 0.0, 0.0
    gain = _pq_nits(_knee(_pq_code(brightest), _pq_code(peak_nits))) / brightest / WHITE_NITS
    return _each(lambda part: gain * part, nits)


def _knee(code: float, peak: float) -> float:
    """BT.2390's curve: PQ codes of up to `peak` to PQ codes of up to white."""
    at, most = min(1.0, code / peak), _pq_code(WHITE_NITS) / peak
    start = 1.5 * most - 0.5
    if most >= 1 or at <= start:
        return at * peak
    t = (at - start) / (1 - start)
    bent = (2 * t**3 - 3 * t**2 + 1) * start + (t**3 - 2 * t**2 + t) * (1 - start) + (3 * t**2 - 2 * t**3) * most
    return bent * peak


def between(primaries: Primaries, others: Primaries) -> Matrix:
    """The matrix from one set of primaries to another, white to white."""
    return _product(_inverse(from_rgb_to_d50(others)), from_rgb_to_d50(primaries))


def _to_xyz(primaries: Primaries) -> Matrix:
    """The matrix from RGB to XYZ, by SMPTE RP 177."""
    red, green, blue = (_xyz(*at) for at in (primaries.red, primaries.green, primaries.blue))
    columns: Matrix = (
        (red[0], green[0], blue[0]), (red[1], green[1], blue[1]), (red[2], green[2], blue[2]),
    )  # fmt: skip
    gains = _times(_inverse(columns), _xyz(*primaries.white))
    return _product(columns, ((gains[0], 0, 0), (0, gains[1], 0), (0, 0, gains[2])))


def _xyz(x: float, y: float) -> Rgb:
    return x / y, 1.0, (1 - x - y) / y


def _times(matrix: Matrix, vector: Rgb) -> Rgb:
    x, y, z = vector
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = [_times(left, (right[0][at], right[1][at], right[2][at])) for at in range(3)]
    return tuple((columns[0][row], columns[1][row], columns[2][row]) for row in range(3))  # type: ignore[return-value]  # three


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    minors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    whole = a * minors[0][0] + b * minors[1][0] + c * minors[2][0]
    return tuple(tuple(part / whole for part in row) for row in minors)  # type: ignore[return-value]  # three of three


def from_rgb_to_d50(primaries: Primaries) -> Matrix:
    """The matrix from RGB to XYZ with white at D50, as in ICC profiles, by Bradford's adaptation."""
    cones = tuple(
        to / of for to, of in zip(_times(_BRADFORD, _D50), _times(_BRADFORD, _xyz(*primaries.white)), strict=True)
    )
    scaled = ((cones[0], 0.0, 0.0), (0.0, cones[1], 0.0), (0.0, 0.0, cones[2]))
    return _product(_inverse(_BRADFORD), _product(scaled, _product(_BRADFORD, _to_xyz(primaries))))
