"""Which kind of file a material is, told from its first bytes: never from its name.

Only what stands in these tables is opened, and ffmpeg is told which demuxer to use. Playlists and
other files that lead to more files (HLS, DASH, concat, SDP, SVG) are in no table.
"""

from pathlib import Path

HEAD_BYTES = 1024

DEMUXERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"free", "mov"),
    (4, b"skip", "mov"),
    (4, b"wide", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"AVI ", "avi"),
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"GIF8", "gif"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"#!AMR", "amr"),
    (8, b"AIFF", "aiff"),
    (8, b"AIFC", "aiff"),
    (0, b"caff", "caf"),
)
"""Offset, bytes found there, and the name of ffmpeg's demuxer."""

STILLS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (8, b"WEBP", "WEBP"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
)
"""Offset, bytes found there, and the name of Pillow's reader."""


def only(*demuxers: str) -> tuple[str, ...]:
    """Arguments before an input of ffmpeg's: a file, read by the first of the demuxers, which may open the others."""
    return "-protocol_whitelist", "file", "-format_whitelist", ",".join(demuxers), "-f", demuxers[0]


_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
"""Pictures in a video's clothes: their frames are tiles, not pictures."""
_MPEGTS_PACKET = 188
_ADTS_LAYER = 0b110


def head_of(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def still_reader(head: bytes) -> str | None:
    """The name of Pillow's reader for a picture; None when the file is none."""
    return _found(head, STILLS)


def demuxer(head: bytes) -> str | None:
    """The name of ffmpeg's demuxer for a video or sound; None when it is no kind that is read."""
    if head[8:12] in _HEIF_BRANDS and head[4:8] == b"ftyp":
        return None
    return _found(head, DEMUXERS) or _mpeg_demuxer(head)


def _found(head: bytes, table: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((name for offset, magic, name in table if head[offset : offset + len(magic)] == magic), None)


def _mpeg_demuxer(head: bytes) -> str | None:
    """Streams without a magic number: transport streams, and bare MP3 or AAC frames."""
    if head[:1] == b"G" and head[_MPEGTS_PACKET : _MPEGTS_PACKET + 1] == b"G":
        return "mpegts"
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return "aac" if head[1] & _ADTS_LAYER == 0 and head[1] & 0xF0 == 0xF0 else "mp3"
