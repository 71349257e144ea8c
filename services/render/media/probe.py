"""Examination of media files. Runs in the renderer's process, never in the server."""

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.sidedata.sidedata import Type
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from services.errors import Bilingual
from services.render.media.color_tags import frame_colors, side_data
from services.render.media.containers import SEARCHED_BYTES, SYNCED, demuxer, head_of, lead_bytes, still_reader
from services.render.media.errors import too_large, unreadable
from services.render.media.hdr import STANDARD, Colors
from services.render.media.provenance import label_field
from services.render.media.reading import opened
from services.render.media.sound_tracks import SoundTrack, codec_name, find_track, late_us
from services.render.media.unsupported import hidden_alpha, video_losses

MAX_STREAMS = 32
MAX_VIDEO_PIXELS = 8192 * 4352
"""Of one frame of a video."""
MAX_SECONDS = 24 * 3600
MAX_GIF_FRAMES = 10_000
VIDEO_CODECS = frozenset(
    (
        *("h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "msmpeg4v3", "h263", "flv1"),
        *("mjpeg", "prores", "dnxhd", "theora", "vc1", "wmv3", "wmv2", "gif", "png", "qtrle", "rawvideo", "ffv1"),
    )
)
"""Canonical names of allowed decoders; others are not used, even if ffmpeg has them."""
_PALETTE_IN_HEAD = ("qtrle", "rawvideo")
"""Codecs whose demuxers attach the palette of 8-bit pictures to the first packet alone: after a seek, all is clear."""
_IDENTITY = struct.pack("=9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
"""A display matrix that changes nothing."""
_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A video stream. Times count from the file's beginning."""

    path: Path
    demuxer: str
    stream: int
    width: int
    height: int
    """As displayed: rotated, with square pixels."""
    pixel_width: int
    pixel_height: int
    """Of a decoded frame, rotated."""
    last_frame_us: int
    end_us: int
    matrix: str | None
    """Name of the YUV matrix in ffmpeg's scale filter; None for RGB."""
    full_range: bool = False
    has_alpha: bool = False
    loop_frames: int = 0
    """Number of frames of a loop; 0: no loop."""
    plain: bool = False
    """Whether its frames are progressive 8-bit 4:2:0 with square pixels in standard colours, and need no conversion."""
    colors: Colors = STANDARD
    tone_table: Path | None = None
    """Of HDR: the tone mapping table, a .cube file."""
    interlaced: bool = False
    codec: str = ""
    """See `sound_tracks.codec_name`."""
    hidden_alpha: str = ""
    """The codec, if it has hidden alpha (see `hidden_alpha`)."""
    decoder: str = ""
    """ffmpeg's decoder; empty: the default."""
    losses: tuple[Bilingual, ...] = ()
    """Losses of the file."""
    late_us: int = 0
    """See `sound_tracks.late_us`."""
    upright: bool = True
    """Whether its frames are coded upright, without a tag that rotates or mirrors them."""


@dataclass(frozen=True, slots=True)
class Media:
    """The streams of a video or sound file."""

    footage: Footage | None
    sound: SoundTrack | None
    lost: Bilingual | None = None
    """The reason why its sound, or its first track, cannot be played."""
    label: str = ""
    """See `provenance.label_field`."""


def is_still(path: Path) -> bool:
    """Whether a file is a picture for Pillow."""
    return still_reader(head_of(path)) is not None


def is_gif(path: Path) -> bool:
    """Whether a file is a GIF, animated or not."""
    return head_of(path).startswith(b"GIF8")


def probe(path: Path, *, max_pixels: int = MAX_VIDEO_PIXELS) -> Media:
    """Examine a video or sound file; the first frame is decoded to be sure. Raises `BadMedia`."""
    name = demuxer(head_of(path)) or _synced(path)
    if name is None:
        raise unreadable(
            "it is not a video, picture or sound of a supported format", "不是受支持的视频、图片或音频格式"
        )
    with path.open("rb") as file:
        skip_bytes = lead_bytes(file)
    options = demuxer_options(name, max_pixels) | {"skip_initial_bytes": str(skip_bytes)}
    try:
        with opened(path, name, options) as container:
            media = _media(container, path, name, max_pixels)
    except (FFmpegError, OSError, ValueError, EOFError) as error:
        raise unreadable(f"it cannot be decoded ({_reason(error)})", f"无法解码（{_reason(error)}）") from None
    sound = media.sound and replace(media.sound, skip_bytes=skip_bytes)
    label = media.label or (_leading_label(path, name) if skip_bytes else "")
    return replace(media, sound=sound, label=label)


def _leading_label(path: Path, name: str) -> str:
    """The label in the tags before the first frame, which are skipped otherwise."""
    try:
        with opened(path, name, demuxer_options(name)) as container:
            return label_field(container.metadata)
    except (FFmpegError, OSError, ValueError, EOFError):
        return ""


def _synced(path: Path) -> str | None:
    """The demuxer of a stream without a signature at its start, found by libavformat."""
    with path.open("rb") as file:
        file.seek(lead_bytes(file))
        content = BytesIO(file.read(SEARCHED_BYTES))
    try:
        with opened(content, options={"format_whitelist": ",".join(SYNCED)}) as container:
            return container.format.name
    except (FFmpegError, OSError, ValueError):
        return None


def demuxer_options(demuxer: str, max_pixels: int = MAX_VIDEO_PIXELS) -> dict[str, str]:
    """Options of ffmpeg's libraries for untrusted files: one demuxer, and no other file."""
    return {"protocol_whitelist": "file", "format_whitelist": demuxer, "max_pixels": str(max_pixels)}


def _reason(error: Exception) -> str:
    """The error text of ffmpeg without the path."""
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _media(container: InputContainer, path: Path, name: str, max_pixels: int) -> Media:
    if len(container.streams) > MAX_STREAMS:
        raise too_large(
            f"it has {len(container.streams)} streams; at most {MAX_STREAMS} are allowed",
            f"含有 {len(container.streams)} 个流，最多允许 {MAX_STREAMS} 个",
        )
    footage = _footage(container, path, name, max_pixels)
    sound, lost = find_track(container, path, name)
    if sound is None and footage is None and lost is None:
        raise unreadable("it holds neither picture nor sound", "其中既没有画面也没有声音")
    label = label_field(container.metadata, *(stream.metadata for stream in container.streams))
    return Media(footage, sound, lost, label)


def _footage(container: InputContainer, path: Path, name: str, max_pixels: int) -> Footage | None:
    moving = (stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic)
    stream = next(moving, None)
    if stream is None:
        return None
    _check_codec(stream, max_pixels)
    frame, packet = _first_frame(container, stream)
    square = stream.sample_aspect_ratio or Fraction(1)
    sizes = (max(1, round(frame.width * square)), frame.height), (frame.width, frame.height)
    codes = frame_colors(frame)
    turned = frame.rotation % 180 == 90
    (width, height), (pixel_width, pixel_height) = ((size[::-1] if turned else size) for size in sizes)
    last_frame_us, end_us, frames = _end(container, stream)
    return Footage(
        path=path,
        demuxer=name,
        stream=stream.index,
        width=width,
        height=height,
        pixel_width=pixel_width,
        pixel_height=pixel_height,
        last_frame_us=last_frame_us,
        end_us=end_us,
        matrix=codes.matrix,
        full_range=codes.full_range,
        has_alpha=frame.format.name == "pal8" or any(component.is_alpha for component in frame.format.components),
        loop_frames=frames if name == "gif" and frames > 1 else 0,
        plain=_plain(frame) and square == 1 and codes.colors == STANDARD,
        upright=side_data(frame, Type.DISPLAYMATRIX) in (b"", _IDENTITY),
        late_us=late_us(container, stream),
        colors=codes.colors,
        interlaced=frame.interlaced_frame,
        codec=codec_name(stream),
        hidden_alpha=hidden_alpha(stream, codec_name(stream), packet),
        losses=(*codes.losses, *video_losses(stream, frame)),
    )


def _first_frame(container: InputContainer, stream: VideoStream) -> tuple[VideoFrame, bytes]:
    """The first frame, and the first packet. Raises `BadMedia`."""
    head = b""
    for packet in container.demux(stream):
        head = head or bytes(packet)
        for frame in packet.decode():
            return frame, head
    raise unreadable("none of its frames can be decoded", "无法解码出任何画面")


def _plain(frame: VideoFrame) -> bool:
    return frame.format.name == "yuv420p" and not frame.interlaced_frame


def _check_codec(stream: VideoStream, max_pixels: int) -> None:
    name = codec_name(stream)
    if name not in VIDEO_CODECS:
        raise unreadable(f"its video codec {name} is not supported", f"不支持其视频编码 {name}")
    if stream.width * stream.height > max_pixels:
        raise too_large(
            f"its frames have {stream.width}x{stream.height} pixels; at most {max_pixels} are allowed",
            f"画面为 {stream.width}x{stream.height} 像素，最多允许 {max_pixels} 像素",
        )


def _end(container: InputContainer, stream: VideoStream) -> tuple[int, int, int]:
    """The start and end of the last frame, and the number of packets read; headers are often wrong.

    Raises `BadMedia`.
    """
    base = stream.time_base or Fraction(1, _US)
    start_us = container.start_time or 0
    last = end = -1
    count = 0
    if container.format.name != "gif" and container.duration:
        container.seek(container.duration + start_us, backward=True)
        last, end, count = _last_packet(container, stream)
    if last < 0:
        container.seek(start_us)
        last, end, count = _last_packet(container, stream)
    last_us, end_us = round(last * base * _US) - start_us, round(end * base * _US) - start_us
    if end_us > MAX_SECONDS * _US:
        raise too_large(f"it is longer than {MAX_SECONDS // 3600} hours", f"时长超过 {MAX_SECONDS // 3600} 小时")
    return max(0, last_us), max(1, end_us), count


def _last_packet(container: InputContainer, stream: VideoStream) -> tuple[int, int, int]:
    """The latest start and end of the following packets, in ticks (-1: none), and their number."""
    last = end = -1
    count = 0
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        last, end, count = max(last, packet.pts), max(end, packet.pts + (packet.duration or 0)), count + 1
        if container.format.name == "gif" and count > MAX_GIF_FRAMES:
            raise too_large(f"it has more than {MAX_GIF_FRAMES} frames", f"帧数超过 {MAX_GIF_FRAMES}")
    return last, end, count


def seek_point(footage: Footage, time_us: int) -> int:
    """The seek position (µs from the beginning) from which decoding reaches the frame at `time_us`.

    Demuxers seek by decoding times, or to no keyframe at all, and may land too late.
    """
    options = demuxer_options(footage.demuxer)
    try:
        with opened(footage.path, footage.demuxer, options) as container:
            at_us = _seek_point(container, footage, time_us)
    except (FFmpegError, OSError):
        return 0
    return at_us if at_us > footage.late_us else 0


def _seek_point(container: InputContainer, footage: Footage, time_us: int) -> int:
    stream = next(stream for stream in container.streams.video if stream.index == footage.stream)
    if stream.codec_context.pix_fmt == "pal8" and stream.codec_context.name in _PALETTE_IN_HEAD:
        return 0
    base, start_us = stream.time_base or Fraction(1, _US), container.start_time or 0
    at_us, step_us = time_us, _US
    while at_us > 0:
        container.seek(at_us + start_us, backward=True)
        keyframes = (packet.pts for packet in container.demux(stream) if packet.is_keyframe)
        first = next((pts for pts in keyframes if pts is not None), None)
        if first is not None and first * base * _US - start_us <= time_us + 1:
            return at_us
        at_us, step_us = at_us - step_us, 2 * step_us
    return 0
