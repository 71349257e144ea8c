"""Alpha that ffmpeg's own decoders leave out: in WebM beside VP8 and VP9, and in a second layer of HEVC."""

from dataclasses import dataclass

from av.video.stream import VideoStream

from services.errors import Bilingual
from services.render.process.ffmpeg import Ffmpeg

LIBVPX = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that know the alpha which the Matroska demuxer hands on beside a frame."""
HEVC_SINCE = (9, 0)
"""From this release on ffmpeg decodes HEVC's alpha layer for certain."""
_HEVC_ALPHA_SEI = b"\x4e\x01\xa5"
"""The header of a prefix SEI unit that holds alpha_channel_info (payload 165 of H.265)."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """Which decoder to ask for ("": ffmpeg's choice), and whether frames come with alpha then."""

    decoder: str = ""
    has_alpha: bool = False
    loss: Bilingual | None = None


def hidden_alpha(stream: VideoStream, codec: str, packet: bytes) -> str:
    """The codec, when its stream has alpha that decoders leave out by themselves; else "". `packet` is the first."""
    if stream.metadata.get("alpha_mode") == "1":
        return codec
    heads = bytes(stream.codec_context.extradata or b""), packet
    return codec if codec == "hevc" and any(_HEVC_ALPHA_SEI in head for head in heads) else ""


def decoding(codec: str, ffmpeg: Ffmpeg) -> Decoding:
    """How to decode a stream whose alpha is hidden."""
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
