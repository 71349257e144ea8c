"""Still pictures between files and ffmpeg, without Pillow: its import takes 40 ms, and many drafts need none of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import Bilingual

if TYPE_CHECKING:
    from PIL import Image

_QUICK = 1
"""PNG's compression level, low: the files live for one render."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A still picture as an upright PNG in RGB or RGBA.

    `width` and `height` are the original's; the PNG may have fewer pixels.
    """

    path: Path
    width: int
    height: int
    pixel_width: int
    pixel_height: int
    has_alpha: bool
    losses: tuple[Bilingual, ...] = ()
    """Losses of its file."""


def save_still(image: "Image.Image", output: Path, *, width: int, height: int) -> Still:
    """Write an RGB or RGBA image as the PNG of a still of `width` x `height` pixels."""
    opaque = image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255)
    drawn = image.convert("RGB") if opaque else image
    drawn.save(output, "PNG", compress_level=_QUICK)
    return Still(
        path=output,
        width=width,
        height=height,
        pixel_width=drawn.width,
        pixel_height=drawn.height,
        has_alpha=drawn.mode == "RGBA",
    )
