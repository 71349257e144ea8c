"""What HDR and wide-gamut video shows in BT.709: ITU-R BT.2100's curves, BT.2390's way down, BT.2087's matrix.

The reference that `services.render.media.hdr` is held to, written from the Recommendations, with their own numbers.
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
"""Of 0..1, the last axis red, green, blue."""
WHITE = 203.0
"""cd/m2 (BT.2408)."""
TO_BT709 = {
    "bt2020": np.array([
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ]),
    "smpte432": np.array([
        [1.224940, -0.224940, 0.0],
        [-0.042057, 1.042057, 0.0],
        [-0.019638, -0.078636, 1.098274],
    ]),
    "bt709": np.eye(3),
}  # fmt: skip
"""BT.2087 for BT.2020; for Display P3 those of SMPTE EG 432-1."""


def in_bt709(codes: Values, primaries: str, transfer: str, peak: float = 1000.0) -> Values:
    """R'G'B' of BT.709 for a display of BT.1886, from R'G'B' of 0..1."""
    if transfer == "arib-std-b67":
        light = toned(hlg_light(codes), 1000.0)
    elif transfer == "smpte2084":
        light = toned(pq_light(codes), peak)
    else:
        light = codes**2.4
    shown: Values = np.clip(light @ TO_BT709[primaries].T, 0, 1) ** (1 / 2.4)
    return shown


def hlg_light(codes: Values) -> Values:
    """cd/m2 on a display of 1000 (BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12)
    luma = scene @ np.array([0.2627, 0.6780, 0.0593])
    light: Values = 1000.0 * luma[..., None] ** 0.2 * scene
    return light


def pq_light(codes: Values) -> Values:
    """cd/m2 (BT.2100, table 4)."""
    power = codes ** (32 / 2523)
    return 10_000.0 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (16384 / 2610)


def pq_codes(light: Values) -> Values:
    """The inverse."""
    power = (light / 10_000.0) ** (2610 / 16384)
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** (2523 / 32)


def toned(light: Values, peak: float) -> Values:
    """BT.2390, 5.4.1, on the largest of red, green and blue: 1 for `WHITE`."""
    largest = np.maximum(light.max(axis=-1, keepdims=True), 1e-9)
    source = pq_codes(np.array(peak))
    e1 = np.minimum(pq_codes(largest) / source, 1)
    highest = pq_codes(np.array(WHITE)) / source
    knee = 1.5 * highest - 0.5
    t = (e1 - knee) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * highest
    e2 = np.where(e1 < knee, e1, spline)
    shown: Values = light * pq_light(e2 * source) / largest / WHITE
    return shown
