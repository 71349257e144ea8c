"""Still pictures between files and ffmpeg, without Pillow: its import takes 40 ms, and many drafts need none of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import Bilingual

if TYPE_CHECKING:
    from PIL import Image

_QUICK = 1
"""PNG's compression level, low: the files live for one render."""
_DEMUXERS = {".png": "png_pipe", ".bmp": "bmp_pipe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A still picture as an upright file in RGB or RGBA.

    `width` and `height` are the original's; the file may have fewer pixels.
    """

    path: Path
    width: int
    height: int
    pixel_width: int
    pixel_height: int
    has_alpha: bool
    losses: tuple[Bilingual, ...] = ()
    """Losses of its file."""

    @property
    def demuxer(self) -> str:
        """The demuxer of the file in ffmpeg."""
        return _DEMUXERS[self.path.suffix]


def save_still(image: "Image.Image", output: Path, *, width: int, height: int) -> Still:
    """Write an RGB or RGBA image as the file of a still of `width` x `height` pixels, beside `output`, a path of a PNG.

    An opaque one, as a photo, becomes a BMP: of 12 megapixels a PNG takes 1.5 s to write and read, a BMP 0.2 s. Others,
    as captions, are mostly clear, and compress to a hundredth.
    """
    opaque = image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255)
    drawn = image.convert("RGB") if opaque else image
    path = output.with_suffix(".bmp") if drawn.mode == "RGB" else output
    drawn.save(path, compress_level=_QUICK)
    return Still(
        path=path,
        width=width,
        height=height,
        pixel_width=drawn.width,
        pixel_height=drawn.height,
        has_alpha=drawn.mode == "RGBA",
    )
