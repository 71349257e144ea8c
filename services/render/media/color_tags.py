"""Colour tags of files: the code points of ITU-T H.273, as in ffmpeg."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from services.errors import Bilingual
from services.render.media.hdr import BT709, BT2020, DISPLAY_P3, STANDARD, Colors, Curve, Primaries

HD_WIDTH, HD_HEIGHT = 1280, 720
"""From this size on, players treat untagged video as BT.709, below as BT.601."""
_MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
_UNREAD_MATRICES = frozenset((8, *range(10, 18)))
"""YCgCo, constant luminance, ICtCp and others that no filter of all supported releases converts."""
_PRIMARIES: dict[int, Primaries] = {9: BT2020, 11: DISPLAY_P3, 12: DISPLAY_P3}
"""Primaries that differ visibly from BT.709's. Those of BT.601 are treated as BT.709's, as in players."""
_UNREAD_PRIMARIES = frozenset((4, 8, 10))
_CURVES = {16: Curve.PQ, 18: Curve.HLG}
_UNREAD_CURVES = frozenset((8, 9, 10, 17))
"""Linear, logarithmic, and that of cinemas."""
_UNSPECIFIED = 2
_FULL_RANGE = 2
_NOT_YUV = ("pal8", "monow", "monob")
_MAX_LUMINANCE = 72, 84
"""Offsets in AVMasteringDisplayMetadata: the maximum luminance (two 32-bit numbers), and the flag of its presence."""
_PEAK_NITS = 203.0, 10_000.0
"""Range to which a declared peak is limited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColors:
    """The colours of a decoded frame."""

    matrix: str | None
    """Name of the YUV matrix, as ffmpeg's scale filter spells it; None for RGB."""
    full_range: bool
    colors: Colors
    losses: tuple[Bilingual, ...] = ()


def frame_colors(frame: VideoFrame) -> FrameColors:
    """The colours of a frame by its tags, with the usual defaults."""
    space, transfer = int(frame.colorspace), int(frame.color_trc)
    colors = tagged_colors(int(frame.color_primaries), transfer, _peak_nits(frame))
    hd = frame.width >= HD_WIDTH or frame.height >= HD_HEIGHT
    usual = "bt2020" if colors.hdr else "bt709" if hd else "bt601"
    rgb = frame.format.is_rgb or frame.format.name in _NOT_YUV
    return FrameColors(
        matrix=None if rgb else _MATRICES.get(space, usual),
        full_range=int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj"),
        colors=colors,
        losses=tuple(_losses(0 if rgb else space, int(frame.color_primaries), transfer)),
    )


def tagged_colors(primaries: int, transfer: int, peak_nits: float = STANDARD.peak_nits) -> Colors:
    """Colours by code points. HDR without primaries is BT.2020."""
    curve = _CURVES.get(transfer, Curve.SDR)
    usual = BT2020 if curve is not Curve.SDR and primaries == _UNSPECIFIED else BT709
    return Colors(_PRIMARIES.get(primaries, usual), curve, peak_nits if curve is Curve.PQ else STANDARD.peak_nits)


def _losses(space: int, primaries: int, transfer: int) -> Iterator[Bilingual]:
    if space in _UNREAD_MATRICES or primaries in _UNREAD_PRIMARIES or transfer in _UNREAD_CURVES:
        tags = f"{primaries}/{transfer}/{space}"
        yield Bilingual(
            f"Its colours (primaries, transfer and matrix {tags} of H.273) are not supported; they are drawn as if"
            " they were BT.709. Convert the file to BT.709 first.",
            f"其色彩标准（H.273 的原色、传递函数和矩阵：{tags}）无法转换，按 BT.709 绘制。请先将文件转换为 BT.709。",
        )


def side_data(frame: VideoFrame, kind: Type) -> bytes:
    """A frame's side data of a type; empty if absent."""
    carried: Any = frame.side_data  # PyAV types it as a mapping of names
    found = carried.get(kind)
    return b"" if found is None else bytes(found)


def _peak_nits(frame: VideoFrame) -> float:
    """The declared peak luminance of the mastering display, else the default."""
    data = side_data(frame, Type.MASTERING_DISPLAY_METADATA)
    at, known_at = _MAX_LUMINANCE
    if len(data) < known_at + 4 or not int.from_bytes(data[known_at : known_at + 4], "little"):
        return STANDARD.peak_nits
    over, under = (int.from_bytes(data[start : start + 4], "little", signed=True) for start in (at, at + 4))
    least, most = _PEAK_NITS
    return min(most, max(least, over / under)) if under else STANDARD.peak_nits
