"""Colours are drawn as tagged: HDR, wide gamuts, matrices and ranges of video, profiles of pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tests.oracle.tones import Values, in_bt709
from tests.support import icc, media, pngs
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Video

PATCH, ACROSS = 32, 7
SIDE = PATCH * ACROSS
PHOTOS = (".png", ".jpg", ".tif", ".webp", ".avif")
SLOT_US, SLOT_FRAMES = 100_000, 3
LARGEST_ERROR = 6
"""Of 255, in any patch."""
LUMA = {"bt2020nc": (0.2627, 0.0593), "bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114)}
"""Weights of red and blue."""


@dataclass(frozen=True)
class Kind:
    """A file's colour tags, and its encoder."""

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
MASTERED = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(40000000,50)"
"""On a display of 4000 cd/m2."""
KINDS = (
    Kind("bt2020", "arib-std-b67", "bt2020nc", ending="mov", codec=(*HEVC, "-x265-params", "lossless=1:log-level=0")),
    Kind("bt2020", "smpte2084", "bt2020nc"),
    Kind("bt2020", "smpte2084", "bt2020nc", peak=4000.0, ending="mp4", codec=(
        *HEVC, "-x265-params", f"lossless=1:log-level=0:master-display={MASTERED}")),
    Kind("smpte432", "arib-std-b67", "bt709", bits=12),
    Kind("bt2020", "bt2020-10", "bt2020nc"),
    Kind("bt2020", "bt709", "bt2020nc", bits=8, full=True),
    Kind("smpte432", "bt709", "bt709"),
    Kind("bt709", "bt709", "bt709", bits=8, full=True),
    Kind("bt709", "bt709", "smpte170m", bits=10, full=True),
    Kind("smpte170m", "smpte170m", "smpte170m", bits=8),
)  # fmt: skip


def colors() -> Values:
    """Codes of red, green and blue, one for each patch: greys, and colours of a fixed seed."""
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
    """The code of black, and the ranges of luma and chroma codes."""
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
        return cast("Values", 255 * rgb)
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
        add = draft.photo if path.suffix in PHOTOS else draft.video
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


P3_TO_SRGB = np.array([[1.2249, -0.2249, 0.0], [-0.0421, 1.0421, 0.0], [-0.0196, -0.0786, 1.0983]])
ADOBE_TO_SRGB = np.array([[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]])
"""For light, white at D65."""
P3_PLACES = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)


def srgb(light: Values) -> Values:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def light_of(codes: Values) -> Values:
    """Of sRGB's curve."""
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def from_p3(codes: Values) -> Values:
    return srgb(light_of(codes) @ P3_TO_SRGB.T)


def from_adobe(codes: Values) -> Values:
    return srgb(codes ** (563 / 256) @ ADOBE_TO_SRGB.T)


def from_bt2020(transfer: str) -> Callable[[Values], Values]:
    return lambda codes: in_bt709(codes, "bt2020", transfer)


def as_it_is(codes: Values) -> Values:
    return codes


def picture() -> Image.Image:
    """The patches, in 8 bits."""
    grid = np.round(colors() * 255).astype(np.uint8).reshape(ACROSS, ACROSS, 3)
    return Image.fromarray(grid.repeat(PATCH, axis=0).repeat(PATCH, axis=1))


def see_through() -> Image.Image:
    image = picture().convert("RGBA")
    image.putalpha(254)
    return image


def by_camera() -> Image.Exif:
    """A camera's EXIF tag of Adobe RGB."""
    exif = Image.Exif()
    inner: dict[int, Any] = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.ColorSpace], inner[ExifTags.IFD.Interop] = 0xFFFF, {1: "R03"}
    return exif


def photos(folder: Path) -> dict[Path, Callable[[Values], Values]]:
    """Pictures with every kind of colour tag, and their sRGB colours."""
    made: dict[Path, Callable[[Values], Values]] = {}

    def add(name: str, meaning: Callable[[Values], Values], image: Image.Image | None = None, **options: Any) -> Path:
        path = folder / name
        (image or picture()).save(path, **options)
        made[path] = meaning
        return path

    p3, best = icc.display_p3(), dict[str, Any](quality=100, subsampling=0)
    add("p3.jpg", from_p3, icc_profile=p3, **best)
    add("p3.png", from_p3, icc_profile=p3)
    add("p3-alpha.png", from_p3, see_through(), icc_profile=p3)
    add("p3.tif", from_p3, icc_profile=p3)
    add("p3.webp", from_p3, icc_profile=p3, lossless=True)
    add("adobe.jpg", from_adobe, icc_profile=icc.adobe_rgb(), **best)
    add("adobe-by-exif.jpg", from_adobe, exif=by_camera(), **best)
    pngs.cicp(add("p3-cicp.png", from_p3), 12, 13)
    pngs.cicp(add("pq-cicp.png", from_bt2020("smpte2084")), 9, 16)
    pngs.cicp(add("hlg-cicp.png", from_bt2020("arib-std-b67")), 9, 18)
    pngs.cicp(add("srgb-cicp.png", as_it_is), 1, 13)
    pngs.gama(add("linear.png", srgb), 1.0)
    pngs.gama(add("usual-gamma.png", as_it_is), 0.45455)
    pngs.chrm(add("p3-chrm.png", from_p3), *P3_PLACES)
    return made


def test_photos_come_out_in_srgb_whichever_way_their_files_tell_of_their_colours(tmp_path: Path) -> None:
    made = photos(tmp_path)
    video, warnings = shown(tmp_path, list(made))
    codes = np.round(colors() * 255) / 255
    errors = {
        path.name: float(np.abs(patches(video, number * SLOT_FRAMES + 1) - 255 * meaning(codes)).max())
        for number, (path, meaning) in enumerate(made.items())
    }
    assert {name: error for name, error in errors.items() if error > largest_error(name)} == {}
    assert warnings == []


def largest_error(name: str) -> int:
    """HDR pictures pass through 8 bits, whose steps dark and saturated colours enlarge."""
    return 16 if name in ("pq-cicp.png", "hlg-cicp.png") else LARGEST_ERROR


def flat(folder: Path, name: str, mode: str, color: Any, **options: Any) -> Path:
    path = folder / name
    Image.new(mode, (SIDE, SIDE), color).save(path, **options)
    return path


def test_grey_and_printed_photos_and_avif_are_converted_by_their_profiles(tmp_path: Path) -> None:
    """L*a*b* of 53.24, 80.09, 67.2 is the red of sRGB; 145 is 128 at a gamma of 1.8."""
    press = icc.cmyk({(0, 0, 0, 0): (100.0, 0.0, 0.0), (0, 1, 1, 0): (53.24, 80.09, 67.2)})
    files = {
        flat(tmp_path, "grey.png", "L", 128, icc_profile=icc.grey(1.8)): [145.0] * 3,
        flat(tmp_path, "grey-alpha.png", "LA", (128, 254), icc_profile=icc.grey(1.8)): [145.0] * 3,
        flat(tmp_path, "grey-p3.jpg", "L", 128, icc_profile=icc.display_p3()): [128.0] * 3,
        flat(tmp_path, "p3.avif", "RGB", (60, 180, 90), icc_profile=icc.display_p3()): [0.0, 184.0, 75.0],
        flat(tmp_path, "red.tif", "CMYK", (0, 255, 255, 0), icc_profile=press): [255.0, 0.0, 0.0],
        flat(tmp_path, "red.jpg", "CMYK", (0, 255, 255, 0), icc_profile=press, quality=100): [255.0, 0.0, 0.0],
        flat(tmp_path, "paper.jpg", "CMYK", (0, 0, 0, 0), icc_profile=press, quality=100): [255.0, 255.0, 255.0],
    }  # fmt: skip
    video, warnings = shown(tmp_path, list(files))
    got = {path.name: patches(video, number * SLOT_FRAMES + 1, 1)[0] for number, path in enumerate(files)}
    errors = {path.name: np.abs(got[path.name] - color).max() for path, color in files.items()}
    assert {name: got[name] for name, error in errors.items() if error > LARGEST_ERROR} == {}
    assert warnings == []


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"no profile at all", id="nonsense"),
        pytest.param(icc.display_p3()[:200], id="cut off"),
        pytest.param(icc.cmyk({}), id="of a press"),
    ],
)
def test_a_profile_that_cannot_be_used_is_a_warning_and_the_photo_is_drawn_without(
    tmp_path: Path, profile: bytes
) -> None:
    path = flat(tmp_path, "photo.jpg", "RGB", (200, 100, 50), icc_profile=profile, quality=100)
    video, warnings = shown(tmp_path, [path])
    assert np.abs(patches(video, 1, 1)[0] - (200, 100, 50)).max() <= LARGEST_ERROR
    [warning] = warnings
    assert (warning["code"], warning["material_name"]) == ("MATERIAL_APPROXIMATED", "photo.jpg")
    assert "profile" in str(warning["message"])
