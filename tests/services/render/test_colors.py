"""Colours come out as their files say: HDR, wide gamuts, matrices and ranges of video, profiles of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.oracle.tones import Values, in_bt709
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Video

PATCH, ACROSS = 32, 7
SIDE = PATCH * ACROSS
SLOT_US, SLOT_FRAMES = 100_000, 3
LARGEST_ERROR = 6
"""Of 255, in any patch."""
LUMA = {"bt2020nc": (0.2627, 0.0593), "bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114)}
"""Weights of red and blue."""


@dataclass(frozen=True)
class Kind:
    """How a file's codes are tagged, and what it is coded with."""

    primaries: str
    transfer: str
    matrix: str
    bits: int = 10
    full: bool = False
    peak: float = 1000.0
    ending: str = "mkv"
    codec: tuple[str, ...] = ("-c:v", "ffv1")

    def __str__(self) -> str:
        return f"{self.primaries} {self.transfer} {self.matrix} {self.bits} bit {'full' if self.full else 'limited'}"


HEVC = ("-c:v", "libx265", "-tag:v", "hvc1")
KINDS = (
    Kind("bt2020", "arib-std-b67", "bt2020nc", ending="mov", codec=(*HEVC, "-x265-params", "lossless=1:log-level=0")),
    Kind("bt2020", "smpte2084", "bt2020nc"),
    Kind("bt2020", "smpte2084", "bt2020nc", peak=4000.0, ending="mp4", codec=(
        *HEVC, "-x265-params", "lossless=1:log-level=0:master-display=G(8500,39850)B(6550,2300)R(35400,14600)"
        "WP(15635,16450)L(40000000,50)")),
    Kind("smpte432", "arib-std-b67", "bt709", bits=12),
    Kind("bt2020", "bt2020-10", "bt2020nc"),
    Kind("bt2020", "bt709", "bt2020nc", bits=8, full=True),
    Kind("smpte432", "bt709", "bt709"),
    Kind("bt709", "bt709", "bt709", bits=8, full=True),
    Kind("bt709", "bt709", "smpte170m", bits=10, full=True),
    Kind("smpte170m", "smpte170m", "smpte170m", bits=8),
)  # fmt: skip


def colors() -> Values:
    """Codes of red, green and blue, one for each patch: greys, and what a fixed seed gives."""
    chance = np.random.default_rng(5)
    greys = np.repeat(np.linspace(0, 1, ACROSS)[:, None], 3, axis=1)
    return np.concatenate([greys, chance.random((ACROSS * ACROSS - ACROSS, 3))])


def coded(kind: Kind) -> NDArray[np.float64]:
    """The patches' Y', Cb, Cr in whole codes of the kind."""
    red, blue = LUMA[kind.matrix]
    rgb = colors()
    luma = rgb @ np.array([red, 1 - red - blue, blue])
    chroma = [(rgb[:, 2] - luma) / (2 - 2 * blue), (rgb[:, 0] - luma) / (2 - 2 * red)]
    low, span, wide = scales(kind)
    return np.round(np.stack([low + span * luma, *(2 ** (kind.bits - 1) + wide * each for each in chroma)], axis=1))


def scales(kind: Kind) -> tuple[float, float, float]:
    """The code of black, and how many codes luma and chroma span."""
    most, unit = 2**kind.bits - 1, 2 ** (kind.bits - 8)
    return (0, most, most) if kind.full else (16 * unit, 219 * unit, 224 * unit)


def wanted(kind: Kind) -> Values:
    """The patches in BT.709, 0..255."""
    red, blue = LUMA[kind.matrix]
    low, span, wide = scales(kind)
    codes = coded(kind)
    luma, cb, cr = (codes[:, 0] - low) / span, *((codes[:, at] - 2 ** (kind.bits - 1)) / wide for at in (1, 2))
    r, b = luma + (2 - 2 * red) * cr, luma + (2 - 2 * blue) * cb
    g = (luma - red * r - blue * b) / (1 - red - blue)
    rgb = np.clip(np.stack([r, g, b], axis=1), 0, 1)
    if kind.transfer == "smpte170m":
        return 255 * rgb
    return 255 * in_bt709(rgb, kind.primaries, kind.transfer, kind.peak)


def written(path: Path, kind: Kind) -> Path:
    """A file of the kind that shows the patches."""
    grid = coded(kind).reshape(ACROSS, ACROSS, 3).repeat(PATCH, axis=0).repeat(PATCH, axis=1)
    planes = grid.transpose(2, 0, 1).astype("<u2" if kind.bits > 8 else "u1")
    pixel_format = "yuv444p" + (f"{kind.bits}le" if kind.bits > 8 else "")
    tags = ("-colorspace", kind.matrix, "-color_primaries", kind.primaries, "-color_trc", kind.transfer,
            "-color_range", "pc" if kind.full else "tv")  # fmt: skip
    raw = ("-f", "rawvideo", "-pix_fmt", pixel_format, *tags, "-s", f"{SIDE}x{SIDE}", "-r", "10", "-i", "-")
    narrow = ("-vf", "scale=flags=area", "-pix_fmt", f"yuv420p{kind.bits}le") if kind.codec[1] == "libx265" else ()
    media.ffmpeg_fed(planes.tobytes() * 4, *raw, *narrow, *kind.codec, *tags, path)
    return path


def patches(video: Video, frame: int, across: int = ACROSS) -> NDArray[np.float64]:
    """The mean colour in the middle of each patch, 0..255."""
    rgb = video.rgb(frame).astype(np.float64)
    high, wide = rgb.shape[0] // across, rgb.shape[1] // across
    cells = rgb[: high * across, : wide * across].reshape(across, high, across, wide, 3)
    middle = cells[:, high // 4 : -high // 4, :, wide // 4 : -wide // 4]
    return cast("NDArray[np.float64]", middle.mean(axis=(1, 3)).reshape(-1, 3))


def shown(folder: Path, files: Sequence[Path], *, side: int = SIDE) -> tuple[Video, list[dict[str, object]]]:
    """The files one after the other, and the warnings."""
    draft = DraftBuilder(side, side)
    for number, path in enumerate(files):
        add = draft.photo if path.suffix in (".png", ".jpg", ".tif", ".webp") else draft.video
        add(path.name, number * SLOT_US, SLOT_US)
    rendered = render(folder, draft)
    return rendered.video, rendered.warnings


def test_hdr_and_wide_colours_of_video_come_out_in_bt709_as_their_tags_say(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{number}.{kind.ending}", kind) for number, kind in enumerate(KINDS)]
    video, warnings = shown(tmp_path, files)
    errors = {
        str(kind): float(np.abs(patches(video, number * SLOT_FRAMES + 1) - wanted(kind)).max())
        for number, kind in enumerate(KINDS)
    }
    assert {kind: error for kind, error in errors.items() if error > LARGEST_ERROR} == {}
    assert warnings == []
