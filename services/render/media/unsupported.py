"""Features of video streams that ffmpeg does not draw by itself: hidden alpha (in WebM beside VP8 and VP9, in a second
layer of HEVC), Dolby Vision without a base, odd rotations.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from services.errors import Bilingual
from services.render.media.color_tags import side_data
from services.render.process.ffmpeg import Ffmpeg

LIBVPX = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders of the alpha that the Matroska demuxer attaches to a frame."""
HEVC_SINCE = (9, 0)
"""From this release on ffmpeg decodes HEVC's alpha layer."""
_HEVC_ALPHA_SEI = b"\x4e\x01\xa5"
"""Header of a prefix SEI unit with alpha_channel_info (payload 165 of H.265)."""
_DOLBY_TAGS = ("dvh1", "dvhe", "dva1", "dvav", "dav1")
"""Tags of Dolby Vision without a compatible base layer."""
_UNSPECIFIED = 2


@dataclass(frozen=True, slots=True)
class Decoding:
    """The decoder ("": ffmpeg's choice), and whether its frames have alpha."""

    decoder: str = ""
    has_alpha: bool = False
    loss: Bilingual | None = None


def hidden_alpha(stream: VideoStream, codec: str, packet: bytes) -> str:
    """The codec, if its stream has alpha that default decoders ignore; else "". `packet` is the first."""
    if stream.metadata.get("alpha_mode") == "1":
        return codec
    heads = bytes(stream.codec_context.extradata or b""), packet
    return codec if codec == "hevc" and any(_HEVC_ALPHA_SEI in head for head in heads) else ""


def decoding(codec: str, ffmpeg: Ffmpeg) -> Decoding:
    """The decoding of a stream with hidden alpha."""
    if codec in LIBVPX and ffmpeg.libvpx:
        return Decoding(LIBVPX[codec], has_alpha=True)
    if codec == "hevc" and ffmpeg.release >= HEVC_SINCE:
        return Decoding(has_alpha=True)
    return Decoding(
        loss=Bilingual(
            f"Its transparency is not drawn: ffmpeg {ffmpeg.version} does not decode the alpha of {codec}. Use ProRes"
            " 4444, VP9 in WebM, or PNG in MOV.",
            f"其透明部分未绘制：ffmpeg {ffmpeg.version} 无法解码 {codec} 的透明通道。"
            "请改用 ProRes 4444、VP9（WebM）或 PNG（MOV）。",
        )
    )


def video_losses(stream: VideoStream, frame: VideoFrame) -> Iterator[Bilingual]:
    """Losses of a stream, by its first frame."""
    dolby = side_data(frame, Type.DOVI_METADATA) != b"" and int(frame.color_trc) == _UNSPECIFIED
    if dolby or stream.codec_context.codec_tag in _DOLBY_TAGS:
        yield Bilingual(
            "It is Dolby Vision without a compatible base layer (profile 5); its colours are drawn wrong. Export it as"
            " HDR10, HLG or SDR.",
            "该文件为不含兼容基础层的杜比视界（配置 5），颜色显示不正确。请导出为 HDR10、HLG 或 SDR。",
        )
    if frame.rotation % 90:
        yield Bilingual(
            f"Its rotation tag is {frame.rotation} degrees; its corners are cut off. Rotate it in the draft.",
            f"该文件标记旋转 {frame.rotation} 度，四角会被裁掉。请改在草稿中旋转。",
        )
