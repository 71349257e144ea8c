"""PNG files with chunks of one's own."""

import struct
import zlib
from pathlib import Path


def with_chunk(path: Path, kind: bytes, body: bytes) -> Path:
    """Put a chunk behind the header of a PNG."""
    whole, after_header = path.read_bytes(), 8 + 25
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(whole[:after_header] + chunk + whole[after_header:])
    return path


def cicp(path: Path, primaries: int, transfer: int) -> Path:
    """Tag a PNG with code points of H.273."""
    return with_chunk(path, b"cICP", bytes((primaries, transfer, 0, 1)))


def gama(path: Path, gamma: float) -> Path:
    """Tag a PNG with a gamma."""
    return with_chunk(path, b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(path: Path, *places: float) -> Path:
    """Tag a PNG with x and y of white, red, green and blue."""
    return with_chunk(path, b"cHRM", struct.pack(">8I", *(round(place * 100_000) for place in places)))
