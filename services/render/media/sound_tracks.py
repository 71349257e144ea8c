"""The sound in a material's file: which track is heard, and what of it cannot be. Runs in the render's process."""

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
"""Of a track, until one of them decodes; three seconds or so of most codecs."""
_US = 1_000_000
_TS_DISCONT = 0x0200
"""AVFMT_TS_DISCONT, of libavformat's flags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """Sound in a file."""

    path: Path
    demuxer: str
    stream: int
    layout: tuple[str, ...]
    """Ffmpeg's names of its channels, in order; where a file does not tell, names that mean nothing."""
    skip_bytes: int = 0
    """Of the file, before what its demuxer knows."""
    changes: bool = False
    """Whether its channels or sample rate change on the way,"""
    partly_mono: bool = False
    """and some of it is mono then."""
    late_us: int = 0
    """As `late_us` gives it."""
    codec: str = ""
    """As `codec_name` gives it."""


def find_track(container: InputContainer, path: Path, demuxer: str) -> tuple[SoundTrack | None, Bilingual | None]:
    """The first track that decodes, and why one before it, or all, cannot be heard. (None, None): there is no track.

    Any codec that ffmpeg knows will do: what a file may lead to is bounded by its demuxer, not by its decoders.
    Reads from the beginning of the file.
    """
    lost: Bilingual | None = None
    for stream in container.streams.audio:
        why = _why_silent(container, stream)
        if why is None:
            return _track(container, stream, path, demuxer), lost
        lost = lost or why
    return None, lost


def late_us(container: InputContainer, stream: Stream) -> int:
    """By how much ffmpeg gives the times of a stream too early when it is read from the file's beginning, in µs.

    Of files whose times may jump (transport and program streams, Ogg) it makes the first time of the streams in use
    zero, not the first of the file: `correct_input_start_times` in its fftools. With a seek behind it, it does not.
    """
    jumps = container.format.flags & _TS_DISCONT
    if not jumps or stream.start_time is None:
        return 0
    start_us = round(stream.start_time * (stream.time_base or Fraction(1)) * _US)
    return max(0, start_us - (container.start_time or 0))


def codec_name(stream: Stream) -> str:
    """The canonical name of the stream's decoder; "unknown" where ffmpeg has none, which PyAV's types do not tell."""
    context: Any = stream.codec_context
    return "unknown" if context is None else str(context.codec.canonical_name)


def _track(container: InputContainer, stream: AudioStream, path: Path, demuxer: str) -> SoundTrack:
    names = tuple(channel.name for channel in stream.codec_context.layout.channels)
    late = late_us(container, stream)
    codec = codec_name(stream)
    return SoundTrack(path=path, demuxer=demuxer, stream=stream.index, layout=names, late_us=late, codec=codec)


def _why_silent(container: InputContainer, stream: AudioStream) -> Bilingual | None:
    if codec_name(stream) == "unknown":
        return Bilingual("ffmpeg does not know its codec", "ffmpeg 不支持其编码")
    codec = codec_name(stream)
    tried, found = _decoded(container, stream)
    if found:
        return None
    if tried:
        return Bilingual(f"it does not decode ({codec})", f"无法解码（{codec}）")
    return Bilingual("it holds no samples", "其中没有任何采样")


def _decoded(container: InputContainer, stream: AudioStream) -> tuple[int, bool]:
    """How many packets were tried, and whether one gave samples. A broken one, as a cut may leave, ends nothing."""
    container.seek(container.start_time or 0)
    tried = 0
    for packet in container.demux(stream):
        tried += packet.size > 0
        if any(frame.samples > 0 for frame in _frames(packet)):
            return tried, True
        if tried >= TRIED_PACKETS:
            break
    return tried, False


def _frames(packet: Any) -> Sequence[Any]:
    try:
        return list(packet.decode())
    except FFmpegError:
        return ()
