"""File types by their first bytes, never by name.

Only types in these tables are opened, with an explicit demuxer. Playlists and other files that refer to files (HLS,
DASH, concat, SDP, SVG) are in no table.
"""

from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 1024
MAX_LEADS = 8
SEARCHED_BYTES = 1 << 20
"""Searched for frames of sound if a file has no known signature."""

DEMUXERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"free", "mov"),
    (4, b"skip", "mov"),
    (4, b"wide", "mov"),
    (4, b"pnot", "mov"),
    (4, b"styp", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"AVI ", "avi"),
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"GIF8", "gif"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"#!AMR", "amr"),
    (8, b"AIFF", "aiff"),
    (8, b"AIFC", "aiff"),
    (0, b"caff", "caf"),
    (0, b"wvpk", "wv"),
    (0, b"TTA1", "tta"),
    (0, b"MAC ", "ape"),
    (0, b"DSD ", "dsf"),
    (0, b"riff\x2e\x91\xcf\x11", "w64"),
    (0, b".snd", "au"),
    (0, b"Creative Voice", "voc"),
    (4, b"\xf8\x72\x6f\xba", "truehd"),
    (4, b"\xf8\x72\x6f\xbb", "mlp"),
)
"""(offset, signature, name of ffmpeg's demuxer)."""
SYNCED = ("mp3", "aac", "loas", "ac3", "eac3", "dts", "truehd", "mpegts")
"""Demuxers of streams that are found by sync words; they skip bytes before the first frame."""

STILLS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (8, b"WEBP", "WEBP"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00", "TIFF"),
    (0, b"MM\x00+", "TIFF"),
)
"""(offset, signature, name of Pillow's reader)."""


def input_options(*demuxers: str) -> tuple[str, ...]:
    """Input options of ffmpeg: a file, opened with the first demuxer, which may open the others."""
    return "-protocol_whitelist", "file", "-format_whitelist", ",".join(demuxers), "-f", demuxers[0]


HEIF = "HEIF"
"""The reader of phones' photos, not part of Pillow."""
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
"""Pictures in a video container: their frames are tiles."""
_ID3_HEADER, _ID3_FOOTER, _APE_HEADER = 10, 0x10, 32
_MPEGTS_PACKETS = (188, 192, 204)
"""Bytes of a packet: plain, with a leading timestamp (M2TS: 4 bytes), with a trailing checksum."""
_M2TS_TIME = 4
_ADTS_LAYER = 0b110


def head_of(path: Path) -> bytes:
    """The first bytes of a file, after leading tags."""
    with path.open("rb") as file:
        file.seek(lead_bytes(file))
        return file.read(HEAD_BYTES)


def lead_bytes(file: BinaryIO) -> int:
    """The number of bytes to skip: leading tags of sound files, often with a picture, and zeros."""
    at = 0
    for _ in range(MAX_LEADS):
        file.seek(at)
        head = file.read(_APE_HEADER)
        length = _tag_length(head) or (_zeros(file, at) if head == bytes(_APE_HEADER) else 0)
        if not length:
            break
        at += length
    return at


def _zeros(file: BinaryIO, at: int) -> int:
    file.seek(at)
    content = file.read(SEARCHED_BYTES)
    return len(content) - len(content.lstrip(b"\0"))


def _tag_length(head: bytes) -> int:
    """The length of the ID3v2 (id3.org, 3.1) or APEv2 tag that begins here; 0: none."""
    if len(head) >= _ID3_HEADER and head.startswith(b"ID3") and max(head[6:10]) < 0x80:
        size = sum(byte << 7 * (3 - index) for index, byte in enumerate(head[6:10]))
        return _ID3_HEADER + size + (_ID3_HEADER if head[5] & _ID3_FOOTER else 0)
    if len(head) == _APE_HEADER and head.startswith(b"APETAGEX"):
        return _APE_HEADER + int.from_bytes(head[12:16], "little")
    return 0


def still_reader(head: bytes) -> str | None:
    """The reader of a picture, Pillow's or `HEIF`; None if the file is no picture."""
    return "AVIF" if _avif_brand(head) else HEIF if _heif_brand(head) else _found(head, STILLS)


def demuxer(head: bytes) -> str | None:
    """The demuxer of a video or sound; None if unsupported."""
    return None if _heif_brand(head) else _found(head, DEMUXERS) or _mpeg_demuxer(head)


def _heif_brand(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def _avif_brand(head: bytes) -> bool:
    """Whether an ISO file lists a brand of AVIF."""
    brands = head[8 : min(len(head), int.from_bytes(head[:4], "big"))]
    return head[4:8] == b"ftyp" and any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


def _found(head: bytes, table: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((name for offset, magic, name in table if head[offset : offset + len(magic)] == magic), None)


def _in_packets(head: bytes, size: int) -> bool:
    """Whether every packet begins with the sync byte of transport streams."""
    first = _M2TS_TIME if size == 192 else 0
    marks = head[first::size]
    return len(marks) > 1 and set(marks) == {ord("G")}


def _mpeg_demuxer(head: bytes) -> str | None:
    """The demuxer of a transport stream, or of bare MP3 or AAC frames."""
    if any(_in_packets(head, size) for size in _MPEGTS_PACKETS):
        return "mpegts"
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return "aac" if head[1] & _ADTS_LAYER == 0 and head[1] & 0xF0 == 0xF0 else "mp3"
