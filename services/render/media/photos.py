"""Still pictures: opened with Pillow, rotated upright, and scaled down to their drawn size."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageOps, UnidentifiedImageError

from services.errors import Bilingual
from services.render.media.color_profiles import SrgbPicture, tagged, to_srgb
from services.render.media.containers import HEIF, head_of, still_reader
from services.render.media.errors import too_large, unreadable
from services.render.media.hdr import Colors
from services.render.media.still import Still, save_still

MAX_PHOTO_PIXELS = 120_000_000
"""A phone's 108 megapixels fit; decoded, this is half a gigabyte at most."""
MAX_PHOTO_SIDE = 65_535
"""In pixels: the maximum of a JPEG. Long screenshots have tens of thousands."""
LARGEST_DRAWN_SIDE = 16_384
"""Maximum side of the PNG: filters accept no more."""
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


def photo_size(path: Path) -> tuple[int, int]:
    """Width and height of an upright photo in pixels; only its header is read. Raises `BadMedia`."""
    with open_photo(path) as image:
        return upright_size(image)


def prepare_photo(path: Path, output: Path, *, shrink: float) -> Still:
    """Write the photo as an upright PNG, scaled by `shrink` (0..1). Raises `BadMedia`."""
    with open_photo(path) as image:
        width, height = upright_size(image)
        try:
            drawn = drawable(image, drawn_size(width, height, shrink), tagged(path))
            losses = (*_pages(image), *drawn.losses)
            return replace(save_still(drawn.image, output, width=width, height=height), losses=losses)
        except Exception as error:
            if isinstance(error, MemoryError) or getattr(error, "errno", None):
                raise
            raise unreadable(f"the picture is damaged ({error})", f"图片已损坏（{error}）") from None


def drawn_size(width: int, height: int, shrink: float) -> tuple[int, int]:
    """The size of a picture scaled by `shrink`, within the limits of filters."""
    across, down = (min(LARGEST_DRAWN_SIDE, max(1, round(side * shrink))) for side in (width, height))
    return across, down


def open_photo(path: Path) -> Image.Image:
    """The image, with its pixels not yet read. Raises `BadMedia`."""
    reader = still_reader(head_of(path))
    if reader is None:
        raise unreadable("it is not a picture of a supported format", "不是受支持的图片格式")
    Image.MAX_IMAGE_PIXELS = None  # replaced by the check below, which has its own message
    try:
        image = _opened(path, reader)
    except (OSError, ValueError, SyntaxError) as error:
        reason = "its header is damaged" if isinstance(error, UnidentifiedImageError) else str(error)
        raise unreadable(f"the picture cannot be opened ({reason})", "图片无法打开") from None
    if image.width * image.height > MAX_PHOTO_PIXELS:
        image.close()
        raise too_large(
            f"the picture has {image.width}x{image.height} pixels; at most {MAX_PHOTO_PIXELS:,} are allowed",
            f"图片为 {image.width}x{image.height} 像素，最多允许 {MAX_PHOTO_PIXELS:,} 像素",
        )
    if max(image.size) > MAX_PHOTO_SIDE:
        image.close()
        raise too_large(
            f"the picture has {image.width}x{image.height} pixels; at most {MAX_PHOTO_SIDE:,} a side are allowed",
            f"图片为 {image.width}x{image.height} 像素，单边最多允许 {MAX_PHOTO_SIDE:,} 像素",
        )
    return image


def _opened(path: Path, reader: str) -> Image.Image:
    if reader != HEIF:
        return Image.open(path, formats=[reader])
    import pillow_heif  # takes 40 ms, and few renders need it

    untyped: Any = pillow_heif.HeifImageFile
    image: Image.Image = untyped(path)
    return image


def _pages(image: Image.Image) -> Iterator[Bilingual]:
    """The loss of pages after the first. Extra pictures in a JPEG belong to the first."""
    pages = int(getattr(image, "n_frames", 1)) if image.format not in ("JPEG", "MPO") else 1
    if pages > 1:
        yield Bilingual(
            f"It has {pages} pages or frames, and only the first is drawn. Save the intended one as a file of its own.",
            f"该文件有 {pages} 页（帧），仅绘制第一页。请将所需的一页另存为单独的文件。",
        )


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of the upright image. Raises `BadMedia`."""
    if image.format == "TIFF":  # Pillow turns these itself
        return image.width, image.height
    try:
        turned = image.getexif().get(_ORIENTATION) in _TURNED
    except (OSError, ValueError, SyntaxError) as error:  # a PNG's EXIF may be at its end
        raise unreadable(f"the picture is damaged ({error})", f"图片已损坏（{error}）") from None
    return (image.height, image.width) if turned else (image.width, image.height)


def drawable(image: Image.Image, size: tuple[int, int], colors: Colors | None = None) -> SrgbPicture:
    """The upright image in RGB or RGBA of sRGB, at `size` if that is smaller. `colors` are those of its tags."""
    longest = max(size)
    image.draft("RGB", (longest, longest))
    upright = ImageOps.exif_transpose(image)
    narrow = _narrowed(upright)
    flat = to_srgb(narrow.image, colors)
    drawn = flat.image
    if size != drawn.size:
        drawn = drawn.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return SrgbPicture(drawn, (*narrow.losses, *flat.losses))


def _narrowed(image: Image.Image) -> SrgbPicture:
    """The picture with 8 bits a channel."""
    if image.mode == "F":
        return _of_numbers(image)
    if image.mode.startswith("I"):
        return _grey(image, 65535.0)
    return SrgbPicture(image)


def _of_numbers(image: Image.Image) -> SrgbPicture:
    """A floating-point picture in 8 bits: white is 1, or 255 or 65535 if values are far beyond."""
    _, most = cast("tuple[float, float]", image.getextrema())
    white = next((white for white in (1.0, 255.0) if most <= 2 * white), 65535.0)
    if white == 1.0:
        return _grey(image, white)
    loss = Bilingual(
        f"Its pixels are numbers up to {most:g}; {white:g} is drawn as white. Save it with 8 or 16 bits a channel.",
        f"其像素为浮点数，最大 {most:g}，按 {white:g} 为白色绘制。请以每通道 8 位或 16 位保存。",
    )
    return replace(_grey(image, white), losses=(loss,))


def _grey(image: Image.Image, white: float) -> SrgbPicture:
    """A grey picture in 8 bits."""
    scale = 255 / white
    narrow = image.convert("F").point(lambda value: value * scale + 0.5).convert("L")
    narrow.info = image.info
    return SrgbPicture(narrow)
