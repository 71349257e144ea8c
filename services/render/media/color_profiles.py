"""Conversion of a picture's colours to sRGB, by its ICC profile or other colour tags."""

import math
import struct
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageCms, ImageFilter

from services.errors import Bilingual
from services.render.media.color_tags import tagged_colors
from services.render.media.hdr import (
    BT709,
    SDR_POWER,
    SIDE,
    STANDARD,
    Colors,
    Primaries,
    Rgb,
    from_rgb_to_d50,
    tone_table,
)

ADOBE_RGB = Primaries((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
ADOBE_POWER = 563 / 256
"""Adobe RGB (1998)."""
_UNCALIBRATED, _INTEROP_INDEX, _ADOBE_INDEX = 0xFFFF, 1, "R03"
"""DCF: a camera's tag of Adobe RGB without a profile."""
_PNG_SRGB_GAMMA, _NEAR = 0.45455, 0.01
_SPACE = slice(16, 20)
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK", b"Lab ": "LAB"}
"""Pillow's mode of a picture by the colour space of its profile."""
_COLOR_MODES = {"CMYK": ("CMYK",), "L": ("1", "L", "LA", "I", "I;16", "F"), "LAB": ("LAB",)}
"""The modes of pictures that can be converted to those; RGB accepts all but CMYK."""
_HEAD_BYTES = 65_536

UNREADABLE = Bilingual(
    "Its colour profile cannot be used; its colours are drawn as sRGB. Save the picture with a valid"
    " profile, or in sRGB.",
    "其色彩配置文件无法使用，颜色按 sRGB 绘制。请用有效的配置文件或以 sRGB 重新保存该图片。",
)


@dataclass(frozen=True, slots=True)
class SrgbPicture:
    """A picture in sRGB (RGB or RGBA), and losses of the conversion."""

    image: Image.Image
    losses: tuple[Bilingual, ...] = ()


def to_srgb(image: Image.Image, toned: Colors | None = None) -> SrgbPicture:
    """The 8-bit picture in sRGB, with its alpha. `toned` are the colours of the file's cICP or nclx tags."""
    if toned is not None:
        return _converted(_standard(image, toned), _matrix_profile(toned.primaries, SDR_POWER if toned.hdr else None))
    icc = image.info.get("icc_profile")
    try:
        profile = icc or _declared_profile(image)
    except (ArithmeticError, TypeError, ValueError):
        return SrgbPicture(_plain(image), (UNREADABLE,))
    return _converted(image, profile) if profile else SrgbPicture(_plain(image))


def tagged(path: Path) -> Colors | None:
    """The colours of a PNG's cICP or of the nclx of an AVIF or HEIC; None if absent or sRGB. In ISO files an ICC
    profile takes precedence.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    png = head.startswith(b"\x89PNG")
    at = head.find(b"cICP" if png else b"colrnclx")
    if at < 0 or (0 <= head.find(b"IDAT") < at if png else b"colrprof" in head):
        return None
    primaries, transfer = head[at + 4 : at + 6] if png else struct.unpack_from(">HH", head, at + 8)
    colors = tagged_colors(primaries, transfer)
    return None if colors == STANDARD else colors


def _plain(image: Image.Image) -> Image.Image:
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _standard(image: Image.Image, colors: Colors) -> Image.Image:
    """HDR tone mapped to standard range, with the same primaries."""
    plain = _plain(image)
    if not colors.hdr:
        return plain
    flat = [part for color in tone_table(colors) for part in color]
    toned = plain.convert("RGB").filter(ImageFilter.Color3DLUT(SIDE, flat))
    if plain.mode == "RGBA":
        toned.putalpha(plain.getchannel("A"))
    return toned


def _converted(image: Image.Image, profile: bytes) -> SrgbPicture:
    """The picture converted by a profile; unchanged, with a loss, if the profile is unusable."""
    try:
        mode = _MODES[profile[_SPACE]]
        usual = mode == "RGB" and image.mode not in ("CMYK", "LAB")
        if not usual and image.mode not in _COLOR_MODES.get(mode, ()):
            return SrgbPicture(_plain(image), (UNREADABLE,))
        source, target = (ImageCms.ImageCmsProfile(BytesIO(each)) for each in (profile, _matrix_profile(BT709, None)))
        transform = ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
        colored = ImageCms.applyTransform(image.convert(mode), transform)
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError, TypeError):
        return SrgbPicture(_plain(image), (UNREADABLE,))
    assert colored is not None  # noqa: S101 - it is None only in place
    if image.has_transparency_data:
        colored.putalpha(image.convert("RGBA").getchannel("A"))
    return SrgbPicture(colored)


def _declared_profile(image: Image.Image) -> bytes | None:
    """A profile by a PNG's gAMA and cHRM, or a camera's EXIF; None if absent or sRGB."""
    if _adobe_by_exif(image):
        return _matrix_profile(ADOBE_RGB, ADOBE_POWER)
    gamma, places = float(image.info.get("gamma") or 0), image.info.get("chromaticity")
    if "srgb" in image.info or image.mode in ("CMYK", "LAB") or (not gamma and not places):
        return None
    usual = not gamma or abs(gamma - _PNG_SRGB_GAMMA) < _NEAR
    primaries = _png_primaries(places) if places else BT709
    if usual and _alike(primaries, BT709):
        return None
    return _matrix_profile(primaries, None if usual else 1 / gamma)


def _adobe_by_exif(image: Image.Image) -> bool:
    """Whether EXIF declares Adobe RGB; broken EXIF does not."""
    with suppress(OSError, ValueError, KeyError, SyntaxError, TypeError, struct.error):
        exif = image.getexif()
        if exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace) == _UNCALIBRATED:
            return exif.get_ifd(ExifTags.IFD.Interop).get(_INTEROP_INDEX) == _ADOBE_INDEX
    return False


def _png_primaries(places: tuple[float, ...]) -> Primaries:
    white, red, green, blue = (places[at : at + 2] for at in (0, 2, 4, 6))
    return Primaries((red[0], red[1]), (green[0], green[1]), (blue[0], blue[1]), (white[0], white[1]))


def _alike(one: Primaries, other: Primaries) -> bool:
    mine, yours = ((each.red, each.green, each.blue, each.white) for each in (one, other))
    return all(math.dist(this, that) < _NEAR for this, that in zip(mine, yours, strict=True))


def _matrix_profile(primaries: Primaries, power: float | None) -> bytes:
    """An ICC profile (version 4) of primaries and a power (None: the sRGB curve). Raises ArithmeticError if the
    primaries span no space.
    """
    srgb = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    curve = (3, srgb) if power is None else (0, (power,))
    para = b"para" + bytes(4) + struct.pack(">HH", curve[0], 0) + _fixed(*curve[1])
    columns: list[Rgb] = list(zip(*from_rgb_to_d50(primaries), strict=True))
    places = (b"XYZ " + bytes(4) + _fixed(*column) for column in columns)
    tags: dict[bytes, bytes] = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), places, strict=True))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), para)
    return _profile(tags)


def _profile(tags: dict[bytes, bytes]) -> bytes:
    """The bytes of an ICC profile (ICC.1:2010): header, tag table, tags."""
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4s4s4s4s4s", at + len(body), bytes(4), b"\x04\x30\0\0", b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + table + body


def _fixed(*numbers: float) -> bytes:
    """s15Fixed16 numbers."""
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))
