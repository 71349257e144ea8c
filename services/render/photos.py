"""Pictures that stand still: opened with Pillow, turned upright, and kept no larger than they are drawn."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from services.render.containers import head_of, still_reader
from services.render.media import too_large, unreadable

MAX_PHOTO_PIXELS = 120_000_000
"""A phone's 108 megapixels fit; decoded, this is half a gigabyte at most."""
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_QUICK = 1
"""PNG's compression level: the files live for one render."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A picture ready to be drawn: a PNG of ours, upright, in RGB or RGBA.

    `width` and `height` are those of the original, which the PNG may have fewer pixels than.
    """

    path: Path
    width: int
    height: int
    pixel_width: int
    pixel_height: int
    has_alpha: bool


def photo_size(path: Path) -> tuple[int, int]:
    """Width and height of a photo as shown, in pixels; only its header is read. Raises `BadMedia`."""
    with _opened(path) as image:
        return _upright_size(image)


def prepare_photo(path: Path, output: Path, *, shrink: float) -> Still:
    """Write the photo as an upright PNG, its sides multiplied by `shrink` (0..1). Raises `BadMedia`."""
    with _opened(path) as image:
        width, height = _upright_size(image)
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        try:
            return save_still(_drawable(image, size), output, width=width, height=height)
        except Exception as error:
            if isinstance(error, MemoryError) or getattr(error, "errno", None):
                raise
            raise unreadable(f"the picture is broken ({error})", f"图片已损坏（{error}）") from None


def save_still(image: Image.Image, output: Path, *, width: int, height: int) -> Still:
    """Write an RGB or RGBA image as the PNG of a still that counts as `width` x `height` pixels."""
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


def _opened(path: Path) -> Image.Image:
    """The image, its pixels not yet read."""
    reader = still_reader(head_of(path))
    if reader is None:
        raise unreadable("it is not a picture of a kind that is read", "不是可识别的图片")
    Image.MAX_IMAGE_PIXELS = None  # the check below is ours, with an answer of its own
    try:
        image = Image.open(path, formats=[reader])
    except (OSError, ValueError, SyntaxError) as error:
        reason = "its header is broken" if isinstance(error, UnidentifiedImageError) else str(error)
        raise unreadable(f"the picture cannot be opened ({reason})", "图片无法打开") from None
    if image.width * image.height > MAX_PHOTO_PIXELS:
        image.close()
        raise too_large(
            f"the picture has {image.width}x{image.height} pixels; at most {MAX_PHOTO_PIXELS:,} are allowed",
            f"图片为 {image.width}x{image.height} 像素，最多允许 {MAX_PHOTO_PIXELS:,} 像素",
        )
    return image


def _upright_size(image: Image.Image) -> tuple[int, int]:
    try:
        turned = image.getexif().get(_ORIENTATION) in _TURNED
    except (OSError, ValueError, SyntaxError) as error:  # a PNG is read to its end for this
        raise unreadable(f"the picture is broken ({error})", f"图片已损坏（{error}）") from None
    return (image.height, image.width) if turned else (image.width, image.height)


def _drawable(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image upright, at `size` when that is smaller, in RGB or RGBA."""
    longest = max(size)
    image.draft("RGB", (longest, longest))
    upright = ImageOps.exif_transpose(image)
    colored = _colored(upright)
    return colored if size == colored.size else colored.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _colored(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = image.convert("F").point(lambda value: value / 257).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
