"""Small ICC profiles, from the published numbers of the spaces they stand for."""

import struct
from collections.abc import Mapping, Sequence

SRGB_CURVE = b"para" + bytes(4) + struct.pack(">HH5i", 3, 0, *(
    round(part * 65536) for part in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
))  # fmt: skip
DISPLAY_P3_COLUMNS = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE_RGB_COLUMNS = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""XYZ of red, green and blue, with white at D50."""


def display_p3() -> bytes:
    """What phones write."""
    return _rgb(DISPLAY_P3_COLUMNS, SRGB_CURVE)


def adobe_rgb() -> bytes:
    """What cameras and photographers write."""
    return _rgb(ADOBE_RGB_COLUMNS, power(563 / 256))


def grey(gamma: float) -> bytes:
    """A grey scale of some gamma."""
    return profile(b"GRAY", b"XYZ ", {b"kTRC": power(gamma)})


def cmyk(corners: Mapping[tuple[int, int, int, int], tuple[float, float, float]]) -> bytes:
    """A press for which the inks at 0 or 1 look like CIE L*a*b* colours; those that are not told are black."""
    grid = [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    entries = [corners.get(inks, (0.0, 0.0, 0.0)) for inks in grid]
    codes = bytes(code for light, a, b in entries for code in (round(light * 2.55), round(a) + 128, round(b) + 128))
    straight = bytes(range(256))
    identity = struct.pack(">9i", *(65536 if at % 4 == 0 else 0 for at in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + straight * 4 + codes + straight * 3
    return profile(b"CMYK", b"Lab ", {b"A2B0": table}, kind=b"prtr")


def power(gamma: float) -> bytes:
    """A curve that is a power."""
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def profile(space: bytes, connection: bytes, tags: Mapping[bytes, bytes], *, kind: bytes = b"mntr") -> bytes:
    """A version 4 profile."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    every = {b"wtpt": white, **tags}
    at, table, body = 132 + 12 * len(every), struct.pack(">I", len(every)), b""
    for name, data in every.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), 0x04300000, kind, space, connection)
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def _rgb(columns: Sequence[tuple[float, float, float]], curve: bytes) -> bytes:
    places = [b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in each)) for each in columns]
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), places, strict=True))
    return profile(b"RGB ", b"XYZ ", {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})
