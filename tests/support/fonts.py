"""Small fonts made from the one that Pillow carries (Aileron, Latin letters only)."""

import io
import struct
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types
from PIL import Image, ImageFont

_GLYPHS_FROM = 20
"""Glyphs from here on have ink."""


def latin_font(path: Path) -> Path:
    """A font of Latin letters, without Chinese; its family is Aileron."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_aileron())
    return path


def font_of_metrics(path: Path, ascender: int, descender: int) -> Path:
    """The Latin font with this OS/2 sTypoAscender and sTypoDescender, in thousandths of an em. Its family is
    Aileron.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = _tables(_aileron())
    (units,) = struct.unpack_from(">H", tables[b"head"], 18)
    metrics = bytearray(tables[b"OS/2"])
    struct.pack_into(">hh", metrics, 68, ascender * units // 1000, descender * units // 1000)
    path.write_bytes(_file({**tables, b"OS/2": bytes(metrics)}, 0))
    return path


def font_with(path: Path, characters: str) -> Path:
    """A font that has these characters (they look like some Latin letters) and no others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = {**_tables(_aileron()), b"cmap": _cmap(characters)}
    for shaping in (b"GSUB", b"GPOS"):
        tables.pop(shaping, None)
    path.write_bytes(_file(tables, 0))
    return path


def renamed(path: Path, family: str) -> None:
    """Give a font file another family."""
    font: Any = TTFont(path)
    with font:
        for name in (1, 4, 16):
            font["name"].setName(family, name, 3, 1, 0x409)
            font["name"].setName(family, name, 1, 0, 0)
        font.save(path)


def emoji_font(path: Path, characters: str, color: tuple[int, int, int]) -> Path:
    """A font of pictures, as emoji fonts are: for each of these characters a square of that colour, 100 px
    wide at 109 px an em, and for nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known = (b"head", b"hhea", b"hmtx", b"maxp", b"name", b"OS/2", b"post")
    tables = {name: table for name, table in _tables(_aileron()).items() if name in known}
    places, pictures = _pictures(len(set(characters)), color)
    path.write_bytes(_file({**tables, b"cmap": _cmap(characters), b"CBLC": places, b"CBDT": pictures}, 0))
    return path


def _pictures(count: int, color: tuple[int, int, int]) -> tuple[bytes, bytes]:
    """The tables CBLC and CBDT: one strike of 109 px, its pictures for the glyphs that `_cmap` gives out."""
    png = io.BytesIO()
    Image.new("RGBA", (100, 100), (*color, 255)).save(png, "PNG")
    picture = struct.pack(">BBbbBI", 100, 100, 0, 90, 100, len(png.getvalue())) + png.getvalue()
    offsets = struct.pack(f">{count + 1}I", *(len(picture) * at for at in range(count + 1)))
    last = _GLYPHS_FROM + count - 1
    subtables = struct.pack(">HHI", _GLYPHS_FROM, last, 8) + struct.pack(">HHI", 1, 17, 4) + offsets
    line = struct.pack(">bbBbbbbbbbbb", 90, -10, 100, *[0] * 9)
    size = struct.pack(">IIII", 56, len(subtables), 1, 0) + line + line
    size += struct.pack(">HHBBBb", _GLYPHS_FROM, last, 109, 109, 32, 1)
    return struct.pack(">II", 0x00030000, 1) + size + subtables, struct.pack(">I", 0x00030000) + picture * count


def collection(path: Path, *fonts: Path) -> Path:
    """The fonts as one TrueType collection."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = struct.pack(">4sHHI", b"ttcf", 1, 0, len(fonts))
    starts: list[int] = []
    body = b""
    for font in fonts:
        starts.append(len(head) + 4 * len(fonts) + len(body))
        body += _file(_tables(font.read_bytes()), starts[-1])
    path.write_bytes(head + struct.pack(f">{len(fonts)}I", *starts) + body)
    return path


def _aileron() -> bytes:
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font.font_bytes


def _tables(font: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">H", font, 4)
    entries = [struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(count)]
    return {tag: font[start : start + length] for tag, _, start, length in entries}


def _file(tables: dict[bytes, bytes], start: int) -> bytes:
    """The tables as a font that lies at `start` of its file."""
    head = struct.pack(">IHHHH", 0x10000, len(tables), 0, 0, 0)
    body = b""
    first = start + len(head) + 16 * len(tables)
    for tag, table in sorted(tables.items()):
        head += struct.pack(">4sIII", tag, 0, first + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + body


def _cmap(characters: str) -> bytes:
    groups = [(ord(one), ord(one), _GLYPHS_FROM + at) for at, one in enumerate(sorted(set(characters)))]
    packed = b"".join(struct.pack(">III", *group) for group in groups)
    table = struct.pack(">HHIII", 12, 0, 16 + len(packed), 0, len(groups)) + packed
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
