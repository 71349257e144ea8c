"""Boxes of fragmented MP4 (ISO/IEC 14496-12): the initialization of a stream, and its fragments. Pure but for the file
of `initialization`.

The times are computed here, not taken from the files of chunks, so that the fragments of all chunks and attempts form
one sequence: frames are decoded one by one from 0 on, and shown `REORDERING` frames later. An edit list skips this
delay; negative offsets would need none, but ffmpeg's demuxer shows such pictures late.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av

VIDEO_TRACK, SOUND_TRACK = 1, 2
SOUND_RATE = 48_000
REORDERING = 2
"""Maximum number of frames by which x264 reorders."""
_SYNC, _NOT_SYNC = 0x0200_0000, 0x0101_0000
"""Flags of a sample: a keyframe depends on no other one."""
_BASE_IS_MOOF = 0x02_0000
_DATA_OFFSET, _DURATIONS, _SIZES, _FLAGS, _OFFSETS = 0x1, 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class Sample:
    """A coded frame of picture or sound: its bytes, its duration and, for reordered pictures, its composition offset,
    in ticks of its track.
    """

    content: bytes
    duration: int
    offset: int = 0
    keyframe: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of a track in decoding order, and the decoding time of the first, in ticks."""

    track: int
    at: int
    samples: Sequence[Sample]


def initialization(picture: Path, timescale: int, delay: int, *, has_sound: bool) -> bytes:
    """The initialization of all fragments: `ftyp` and `moov` with the parameters of a chunk's picture, whose track has
    `timescale` ticks a second and begins after `delay` ticks, and of AAC. Raises `OSError` and FFmpegError.
    """
    made = io.BytesIO()
    options = {"movflags": "empty_moov+default_base_moof", "use_editlist": "0"}
    options["video_track_timescale"] = str(timescale)
    with av.open(str(picture), format="mov") as source, av.open(made, "w", format="mp4", options=options) as target:
        track = target.add_stream_from_template(source.streams.video[0])  # pyright: ignore[reportUnknownMemberType]  # untyped
        track.codec_context.bit_rate = 0  # that of this chunk; each has another
        if has_sound:
            target.add_stream("aac", rate=SOUND_RATE, layout="stereo")  # pyright: ignore[reportUnknownMemberType]  # untyped
        target.start_encoding()
    found = dict(boxes(made.getvalue()))
    return found[b"ftyp"] + _delayed(found[b"moov"], delay)


def _delayed(moov: bytes, delay: int) -> bytes:
    """The same `moov` with an edit list in its first track, which skips `delay` ticks."""
    edit = _box(b"edts", _full_box(b"elst", 0, 0, struct.pack(">IIiI", 1, 0, delay, 1 << 16)))
    inner = list(boxes(moov[8:]))
    first = next(index for index, (kind, _) in enumerate(inner) if kind == b"trak")
    (_, header), *rest = boxes(inner[first][1][8:])
    inner[first] = b"trak", _box(b"trak", header, edit, *(box for _, box in rest))
    return _box(b"moov", *(box for _, box in inner))


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The outer boxes of a file: their kinds, and they themselves."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size < 8:
            return
        yield content[at + 4 : at + 8], content[at : at + size]
        at += size


def fragment(number: int, runs: Sequence[Run]) -> bytes:
    """A fragment: `moof` and `mdat`; it is the one of this number, from 0."""
    size = len(_moof(number, runs, 0))
    mdat = _box(b"mdat", *(sample.content for run in runs for sample in run.samples))
    return _moof(number, runs, size + 8) + mdat


def _moof(number: int, runs: Sequence[Run], data_at: int) -> bytes:
    """The description of runs, whose bytes begin `data_at` after the beginning of this box."""
    tracks: list[bytes] = []
    for run in runs:
        tracks.append(_traf(run, data_at))
        data_at += sum(len(sample.content) for sample in run.samples)
    return _box(b"moof", _full_box(b"mfhd", 0, 0, struct.pack(">I", number + 1)), *tracks)


def _traf(run: Run, data_at: int) -> bytes:
    flags = _DATA_OFFSET | _DURATIONS | _SIZES | _FLAGS | _OFFSETS
    rows = (
        struct.pack(">IIIi", each.duration, len(each.content), _SYNC if each.keyframe else _NOT_SYNC, each.offset)
        for each in run.samples
    )
    return _box(
        b"traf",
        _full_box(b"tfhd", 0, _BASE_IS_MOOF, struct.pack(">I", run.track)),
        _full_box(b"tfdt", 1, 0, struct.pack(">Q", run.at)),
        _full_box(b"trun", 1, flags, struct.pack(">Ii", len(run.samples), data_at), *rows),
    )


def _full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def _box(kind: bytes, *content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)
