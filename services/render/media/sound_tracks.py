"""Sound tracks of media files: the played track, and the reasons of failures. Runs in the renderer's process."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream

from services.errors import Bilingual

TRIED_PACKETS = 200
"""Maximum number of packets tried until one decodes; about three seconds of most codecs."""
_US = 1_000_000
_TS_DISCONT = 0x0200
"""AVFMT_TS_DISCONT of libavformat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """A sound track in a file."""

    path: Path
    demuxer: str
    stream: int
    layout: tuple[str, ...]
    """ffmpeg's names of its channels, in order; meaningless names if the file has no layout."""
    skip_bytes: int = 0
    """Bytes at the start of the file to skip."""
    changes: bool = False
    """Whether its channels or sample rate change."""
    partly_mono: bool = False
    """Whether it changes and parts of it are mono."""
    late_us: int = 0
    """See `late_us`."""
    codec: str = ""
    """See `codec_name`."""


def find_track(container: InputContainer, path: Path, demuxer: str) -> tuple[SoundTrack | None, Bilingual | None]:
    """The first track that decodes, and the reason why an earlier one, or all, cannot be played. (None, None): there is
    no track.

    Any codec of ffmpeg is allowed: the demuxer restricts which files are opened. Reads from the beginning of the file.
    """
    lost: Bilingual | None = None
    for stream in container.streams.audio:
        why = _why_silent(container, stream)
        if why is None:
            return _track(container, stream, path, demuxer), lost
        lost = lost or why
    return None, lost


def late_us(container: InputContainer, stream: Stream) -> int:
    """The time in µs by which ffmpeg's timestamps of a stream are too early, if it is read from the file's beginning.

    For formats with discontinuous timestamps (transport and program streams, Ogg) ffmpeg makes the first time of the
    used streams zero, not that of the file: `correct_input_start_times` in its fftools. After a seek it does not.
    """
    jumps = container.format.flags & _TS_DISCONT
    if not jumps or stream.start_time is None:
        return 0
    start_us = round(stream.start_time * (stream.time_base or Fraction(1)) * _US)
    return max(0, start_us - (container.start_time or 0))


def codec_name(stream: Stream) -> str:
    """The canonical name of the stream's decoder; "unknown" if ffmpeg has none (absent in PyAV's types)."""
    context: Any = stream.codec_context
    return "unknown" if context is None else str(context.codec.canonical_name)


def _track(container: InputContainer, stream: AudioStream, path: Path, demuxer: str) -> SoundTrack:
    names = tuple(channel.name for channel in stream.codec_context.layout.channels)
    late = late_us(container, stream)
    codec = codec_name(stream)
    return SoundTrack(path=path, demuxer=demuxer, stream=stream.index, layout=names, late_us=late, codec=codec)


def _why_silent(container: InputContainer, stream: AudioStream) -> Bilingual | None:
    if codec_name(stream) == "unknown":
        return Bilingual("its codec is unknown to ffmpeg", "ffmpeg 不支持其编码")
    codec = codec_name(stream)
    tried, found = _decoded(container, stream)
    if found:
        return None
    if tried:
        return Bilingual(f"it does not decode ({codec})", f"无法解码（{codec}）")
    return Bilingual("it holds no samples", "其中没有任何采样")


def _decoded(container: InputContainer, stream: AudioStream) -> tuple[int, bool]:
    """The number of packets tried, and whether one had samples. Damaged packets, as after a cut, are skipped."""
    container.seek(container.start_time or 0)
    tried = 0
    for packet in container.demux(stream):
        tried += packet.size > 0
        if any(frame.samples > 0 for frame in packet_frames(packet) or ()):
            return tried, True
        if tried >= TRIED_PACKETS:
            break
    return tried, False


def packet_frames(packet: Any) -> Sequence[Any] | None:
    """The frames of a packet; None if it is damaged."""
    try:
        return list(packet.decode())
    except FFmpegError:
        return None
