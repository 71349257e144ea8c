"""HEIC files as phones write them: a grid of HEVC pictures, turned, with a colour profile."""

import struct
from pathlib import Path

import av
from PIL import Image

from tests.support.media import ffmpeg

TILE = 64
"""Pixels of a tile's side."""


def heic(path: Path, image: Image.Image, *, quarter_turns: int = 0, icc: bytes = b"") -> Path:
    """Write a picture, whose sides are multiples of `TILE`, as a grid of tiles (ISO/IEC 23008-12, 6.6.2.3).

    It is to be shown turned counterclockwise by quarters.
    """
    columns, rows = image.width // TILE, image.height // TILE
    tiles = [_tile(path, image, at % columns, at // columns) for at in range(columns * rows)]
    grid = struct.pack(">4B2H", 0, 0, rows - 1, columns - 1, image.width, image.height)
    shared = [tiles[0][0], _full(b"ispe", struct.pack(">2I", TILE, TILE))]
    whole = [_full(b"ispe", struct.pack(">2I", *image.size)), _box(b"irot", bytes([quarter_turns]))]
    whole += [_box(b"colr", b"prof" + icc)] if icc else []
    owned = [range(len(shared), len(shared) + len(whole)), *[range(len(shared))] * len(tiles)]
    ipma = b"".join(
        struct.pack(">HB", item, len(ranged)) + bytes(0x80 | at + 1 for at in ranged)
        for item, ranged in enumerate(owned, 1)
    )
    kinds = [b"grid", *[b"hvc1"] * len(tiles)]
    infos = [
        _full(b"infe", struct.pack(">HH4sB", item + 1, 0, kind, 0), 2, hidden=item > 0)
        for item, kind in enumerate(kinds)
    ]
    dimg = struct.pack(">HH", 1, len(tiles)) + b"".join(struct.pack(">H", item + 2) for item in range(len(tiles)))
    properties = _box(b"ipco", b"".join(shared + whole)) + _full(b"ipma", struct.pack(">I", len(owned)) + ipma)
    parts = [grid, *(data for _, data in tiles)]
    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(start: int) -> bytes:
        places, at = struct.pack(">HH", 0x4400, len(parts)), start
        for item, part in enumerate(parts):
            places += struct.pack(">HHHII", item + 1, 0, 1, at, len(part))
            at += len(part)
        handler = _full(b"hdlr", struct.pack(">I4s12xB", 0, b"pict", 0))
        body = handler + _full(b"pitm", b"\0\1") + _full(b"iloc", places)
        body += _full(b"iinf", struct.pack(">H", len(infos)) + b"".join(infos))
        return _full(b"meta", body + _full(b"iref", _box(b"dimg", dimg)) + _box(b"iprp", properties))

    start = len(head) + len(meta(0)) + 8
    path.write_bytes(head + meta(start) + _box(b"mdat", b"".join(parts)))
    return path


def _tile(path: Path, image: Image.Image, column: int, row: int) -> tuple[bytes, bytes]:
    """The decoder's configuration (a box) and the picture of one tile."""
    png, mp4 = path.with_suffix(".tile.png"), path.with_suffix(".tile.mp4")
    left, top = column * TILE, row * TILE
    image.crop((left, top, left + TILE, top + TILE)).save(png)
    matrix = ("-vf", "scale=out_range=full:out_color_matrix=bt601,format=yuvj420p", "-color_range", "pc")
    ffmpeg("-i", png, *matrix, "-c:v", "libx265", "-x265-params", "log-level=none:crf=4:info=0", "-tag:v", "hvc1", mp4)
    content = mp4.read_bytes()
    at = content.index(b"hvcC") - 4
    with av.open(mp4) as container:
        data = next(bytes(packet) for packet in container.demux(video=0))
    png.unlink()
    mp4.unlink()
    return content[at : at + int.from_bytes(content[at : at + 4], "big")], data


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0, *, hidden: bool = False) -> bytes:
    """A box with a version, and flags: an item may be hidden, as tiles are."""
    return _box(kind, struct.pack(">B2xB", version, hidden) + body)
