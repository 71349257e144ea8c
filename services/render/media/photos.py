"""Pictures that stand still: opened with Pillow, turned upright, and kept no larger than they are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageOps, UnidentifiedImageError

from services.errors import Bilingual
from services.render.media.color_profiles import SrgbPicture, tagged, to_srgb
from services.render.media.containers import HEIF, head_of, still_reader
from services.render.media.hdr import Colors
from services.render.media.probe import too_large, unreadable

MAX_PHOTO_PIXELS = 120_000_000
"""A phone's 108 megapixels fit; decoded, this is half a gigabyte at most."""
MAX_PHOTO_SIDE = 65_535
"""Pixels: what a JPEG can have. Long screenshots have tens of thousands."""
LARGEST_DRAWN_SIDE = 16_384
"""Of the PNG: each side by itself is made no longer, which filters could not take."""
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
    losses: tuple[Bilingual, ...] = ()
    """What its file holds and is not drawn."""


def photo_size(path: Path) -> tuple[int, int]:
    """Width and height of a photo as shown, in pixels; only its header is read. Raises `BadMedia`."""
    with open_photo(path) as image:
        return upright_size(image)


def prepare_photo(path: Path, output: Path, *, shrink: float) -> Still:
    """Write the photo as an upright PNG, its sides multiplied by `shrink` (0..1). Raises `BadMedia`."""
    with open_photo(path) as image:
        width, height = upright_size(image)
        try:
            drawn = drawable(image, drawn_size(width, height, shrink), tagged(path))
            losses = (*_pages(image), *drawn.losses)
            return replace(save_still(drawn.image, output, width=width, height=height), losses=losses)
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


def drawn_size(width: int, height: int, shrink: float) -> tuple[int, int]:
    """The pixels a picture is drawn from: its sides multiplied by `shrink`, within what filters take."""
    across, down = (min(LARGEST_DRAWN_SIDE, max(1, round(side * shrink))) for side in (width, height))
    return across, down


def open_photo(path: Path) -> Image.Image:
    """The image, its pixels not yet read. Raises `BadMedia`."""
    reader = still_reader(head_of(path))
    if reader is None:
        raise unreadable("it is not a picture of a kind that is read", "不是可识别的图片")
    Image.MAX_IMAGE_PIXELS = None  # the check below is ours, with an answer of its own
    try:
        image = _opened(path, reader)
    except (OSError, ValueError, SyntaxError) as error:
        reason = "its header is broken" if isinstance(error, UnidentifiedImageError) else str(error)
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
    import pillow_heif  # takes 40 ms, which few renders need

    untyped: Any = pillow_heif.HeifImageFile
    image: Image.Image = untyped(path)
    return image


def _pages(image: Image.Image) -> Iterator[Bilingual]:
    """Of several pages or frames the first is drawn. What a JPEG has behind its picture belongs to that."""
    pages = int(getattr(image, "n_frames", 1)) if image.format not in ("JPEG", "MPO") else 1
    if pages > 1:
        yield Bilingual(
            f"It has {pages} pages or frames, of which the first is drawn. Save the one that is meant by itself.",
            f"该文件有 {pages} 页（帧），仅绘制第一页。请将所需的一页另存为单独的文件。",
        )


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as shown. Raises `BadMedia`."""
    try:
        turned = image.getexif().get(_ORIENTATION) in _TURNED
    except (OSError, ValueError, SyntaxError) as error:  # a PNG is read to its end for this
        raise unreadable(f"the picture is broken ({error})", f"图片已损坏（{error}）") from None
    return (image.height, image.width) if turned else (image.width, image.height)


def drawable(image: Image.Image, size: tuple[int, int], colors: Colors | None = None) -> SrgbPicture:
    """The image upright, at `size` when that is smaller, in RGB or RGBA of sRGB. `colors` are those of its tags."""
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
    """A picture of floating-point numbers: white is 1, or, where they go far beyond, 255 or 65535."""
    _, most = cast("tuple[float, float]", image.getextrema())
    white = next((white for white in (1.0, 255.0) if most <= 2 * white), 65535.0)
    if white == 1.0:
        return _grey(image, white)
    loss = Bilingual(
        f"Its pixels are numbers of up to {most:g}; {white:g} is taken for white. Save it with 8 or 16 bits a channel.",
        f"其像素为浮点数，最大 {most:g}，按 {white:g} 为白色绘制。请以每通道 8 位或 16 位保存。",
    )
    return replace(_grey(image, white), losses=(loss,))


def _grey(image: Image.Image, white: float) -> SrgbPicture:
    """A grey picture of any numbers in 8 bits."""
    scale = 255 / white
    narrow = image.convert("F").point(lambda value: value * scale + 0.5).convert("L")
    narrow.info = image.info
    return SrgbPicture(narrow)
