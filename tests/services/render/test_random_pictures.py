"""A picture is drawn alike in whatever kind of file it comes: random colours in random kinds, a few at a time.

DRAFTCAST_FUZZ multiplies how many are tried; `make fuzz` sets it to 25.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render

LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
AT_ONCE = 12
ACROSS, PATCH = 3, 32
SIDE = ACROSS * PATCH
SLOT_US, SLOT_FRAMES = 100_000, 3
GROUND = (40, 80, 160)
LARGEST_ERROR = 7
"""Of 255, for the middle of a patch: rounding of 8-bit YUV, twice, and what a lossy coding adds."""
Colors = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A file type: its suffix, and ffmpeg's or Pillow's options. `alpha`: whether it can be transparent."""

    ending: str
    codec: tuple[str, ...] = ()
    pixels: str = ""
    matrix: str = ""
    full: bool = False

    @property
    def alpha(self) -> bool:
        if not self.codec:
            return self.ending in ("png", "webp", "tif")
        return self.pixels.startswith("yuva") or self.pixels in ("rgba", "argb", "bgra", "gbrap")


STILLS = [Kind(ending) for ending in ("png", "jpg", "webp", "tif", "bmp", "gif", "avif")]
H264 = ("-c:v", "libx264", "-qp", "2")
H265 = ("-c:v", "libx265", "-x265-params", "lossless=1:log-level=0")
VP9 = ("-c:v", "libvpx-vp9", "-lossless", "1", "-cpu-used", "8")
CODED: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    (H264, ("mp4", "mov", "mkv", "ts", "avi"), ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le")),
    (H265, ("mp4", "mov", "mkv", "ts"), ("yuv420p", "yuv420p10le", "yuv422p10le", "yuv444p12le")),
    (VP9, ("webm", "mkv", "mp4"), ("yuv420p", "yuv444p", "yuv420p10le")),
    (VP9, ("webm",), ("yuva420p",)),
    (("-c:v", "ffv1"), ("mkv", "avi"), ("yuv420p", "yuv444p", "yuv422p10le", "yuv444p12le", "yuva444p")),
    (("-c:v", "prores_ks", "-profile:v", "4"), ("mov", "mkv"), ("yuv444p10le", "yuva444p10le")),
    (("-c:v", "mpeg4", "-q:v", "1"), ("mp4", "avi"), ("yuv420p",)),
    (("-c:v", "mpeg2video", "-q:v", "1"), ("ts", "mpg"), ("yuv420p", "yuv422p")),
]
RGB: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    (("-c:v", "ffv1"), ("mkv",), ("bgra", "gbrp10le", "gbrp12le")),
    (("-c:v", "libx264rgb", "-qp", "0"), ("mkv", "mp4"), ("rgb24", "bgr24")),
    (("-c:v", "png"), ("mov", "mkv"), ("rgb24", "rgba")),
    (("-c:v", "qtrle"), ("mov",), ("rgb24", "argb")),
    (("-c:v", "rawvideo"), ("avi", "mov"), ("bgr24", "bgra", "rgb24")),
]


def untagged(ending: str, codec: tuple[str, ...]) -> bool:
    """Whether a file type has no tags of matrix and range: small pictures then count as BT.601 in limited range."""
    return ending == "avi" or codec[1] == "mpeg4"


NO_FULL_RANGE = ("prores_ks", "mpeg4", "mpeg2video")
MOVING = [
    Kind(ending, codec, pixels, matrix, full)
    for codec, endings, formats in CODED
    for ending in endings
    for pixels in formats
    for matrix in ("bt709", "smpte170m")
    for full in (False, True)
    if not (full and codec[1] in NO_FULL_RANGE) and not (untagged(ending, codec) and (full or matrix == "bt709"))
] + [
    Kind(ending, codec, pixels)
    for codec, endings, formats in RGB
    for ending in endings
    for pixels in formats
    if not (codec[1] == "rawvideo" and (ending, pixels) in (("mov", "bgr24"), ("mov", "bgra"), ("avi", "rgb24")))
]  # fmt: skip


def picture(colors: Colors, alpha: Sequence[int]) -> Image.Image:
    """Patches of the colours, as RGBA."""
    whole = np.concatenate([colors, np.array(alpha)[:, None]], axis=1).astype(np.uint8).reshape(ACROSS, ACROSS, 4)
    return Image.fromarray(whole.repeat(PATCH, axis=0).repeat(PATCH, axis=1))


def written(folder: Path, number: int, kind: Kind, image: Image.Image) -> Path:
    """The picture in a file of a kind."""
    path = folder / f"{number}.{kind.ending}"
    shown = image if kind.alpha else image.convert("RGB")
    if not kind.codec:
        options = {"lossless": True} if kind.ending == "webp" else {"quality": 100}
        shown.quantize(64).save(path) if kind.ending == "gif" else shown.save(path, format=None, **options)
        return path
    tags = ("-colorspace", kind.matrix, "-color_primaries", "bt709", "-color_trc", "bt709") if kind.matrix else ()
    span = ("-color_range", "pc" if kind.full else "tv") if kind.matrix else ()
    into = f"out_color_matrix={kind.matrix}:out_range={'pc' if kind.full else 'tv'}:" if kind.matrix else ""
    filters = f"scale={into}flags=accurate_rnd+full_chroma_int+full_chroma_inp,format={kind.pixels}"
    tag = ("-tag:v", "hvc1") if kind.codec[1] == "libx265" and kind.ending in ("mp4", "mov") else ()
    raw = ("-f", "rawvideo", "-pix_fmt", shown.mode.lower() if kind.alpha else "rgb24", "-s", f"{SIDE}x{SIDE}")
    form = ("-f", "mpeg") if kind.ending == "mpg" else ()
    media.ffmpeg_fed(
        shown.tobytes() * 6, *raw, "-r", "25", "-i", "-", "-vf", filters, *kind.codec, *tag, *tags, *span, *form, path
    )
    return path


def drawn(folder: Path, files: Sequence[Path]) -> list[Colors]:
    """The mean colour in the middle of each patch, for each file."""
    media.plain(folder / "ground.png", GROUND, SIDE, SIDE)
    draft = DraftBuilder(SIDE, SIDE).photo("ground.png", 0, SLOT_US * len(files), track="ground")
    for number, path in enumerate(files):
        draft.video(path.name, number * SLOT_US, SLOT_US, track="shown")
    rendered = render(folder, draft)
    assert rendered.warnings == []
    video, edge = rendered.video, PATCH // 4
    found: list[Colors] = []
    for number in range(len(files)):
        cells = video.rgb(number * SLOT_FRAMES + 1).astype(np.float64).reshape(ACROSS, PATCH, ACROSS, PATCH, 3)
        found.append(cells[:, edge:-edge, :, edge:-edge].mean(axis=(1, 3)).reshape(-1, 3))
    return found


def check(folder: Path, colors: Colors, alpha: Sequence[int], kinds: Sequence[Kind]) -> None:
    image = picture(colors, alpha)
    files = [written(folder, number, kind, image) for number, kind in enumerate(kinds)]
    part = np.array(alpha)[:, None] / 255
    laid = {True: colors * part + np.array(GROUND) * (1 - part), False: colors}
    wrong = {
        str(kind): (got.round().tolist(), laid[kind.alpha].round().tolist())
        for kind, got in zip(kinds, drawn(folder, files), strict=True)
        if np.abs(got - laid[kind.alpha]).max() > LARGEST_ERROR
    }
    assert wrong == {}


patches = st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=ACROSS**2, max_size=ACROSS**2)
alphas = st.lists(st.sampled_from((0, 64, 128, 200, 255)), min_size=ACROSS**2, max_size=ACROSS**2)


@settings(
    max_examples=2 * LONGER,
    derandomize=LONGER == 1,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    phases=(Phase.explicit, Phase.generate) if LONGER == 1 else tuple(Phase),
    database=None,
)
@given(
    colors=patches, alpha=alphas,
    kinds=st.lists(st.sampled_from(STILLS) | st.sampled_from(MOVING), min_size=AT_ONCE, max_size=AT_ONCE, unique=True),
)  # fmt: skip
def test_a_picture_is_drawn_alike_in_whatever_kind_of_file_it_comes(
    tmp_path_factory: pytest.TempPathFactory, colors: list[tuple[int, ...]], alpha: list[int], kinds: list[Kind]
) -> None:
    check(tmp_path_factory.mktemp("alike"), np.array(colors, dtype=np.float64), alpha, kinds)
