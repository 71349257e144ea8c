"""Labels of AI-generated content in files, read by the formats' specifications and not by ffmpeg or draftcast."""

import html
import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

XMP_HEAD = b"\x21\xff\x0bXMP DataXMP"


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a QuickTime or MP4 file: type and content."""
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        yield kind, data[8:size]
        data = data[size:]


def inside(data: bytes, *kinds: bytes) -> bytes:
    """The content of a box within boxes; empty where there is none."""
    for kind in kinds:
        data = dict(boxes(data)).get(kind, b"")
    return data


def quicktime_fields(path: Path) -> dict[str, str]:
    """The fields of the `meta` box with `keys` and `ilst` (QuickTime File Format, Metadata)."""
    movie = inside(path.read_bytes(), b"moov")
    meta = inside(movie, b"meta") or inside(movie, b"udta", b"meta")[4:]
    keys = [content.decode() for _, content in boxes(inside(meta, b"keys")[8:])]
    values = dict(boxes(inside(meta, b"ilst")))
    return {key: inside(values[struct.pack(">I", n)], b"data")[8:].decode() for n, key in enumerate(keys, 1)}


def matroska_field(path: Path, name: str) -> str:
    """The text of a SimpleTag (TagName 45A3, TagString 4487) of RFC 9559."""
    data = path.read_bytes()
    at = data.index(b"\x45\xa3" + bytes((0x80 | len(name),)) + name.encode() + b"\x44\x87") + 5 + len(name)
    width = 9 - data[at].bit_length()
    size = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return data[at + width : at + width + size].decode()


def gif_packet(path: Path) -> str:
    """The XMP packet of a GIF, whose blocks are walked to its end."""
    data = path.read_bytes()
    at, found = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0), ""
    while data[at] != 0x3B:
        if data[at : at + 14] == XMP_HEAD:
            found = data[at + 14 : data.index(b"\x01\xff\xfe", at)].decode()
        if data[at] == 0x2C:
            at += 10 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0) + 1
        else:
            at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    return found


def labels_of(path: Path) -> dict[str, Any]:
    """The label and those of the materials, decoded, by their fields."""
    match path.suffix:
        case ".webm":
            fields = {name: matroska_field(path, name) for name in ("AIGC", "AIGC_MATERIALS")}
        case ".gif":
            fields = in_xmp(gif_packet(path))
        case ".webp" | ".jpg":
            with Image.open(path) as image:
                image.load()
                fields = in_xmp(image.info["xmp"].decode())
        case _:
            fields = quicktime_fields(path)
    return {name: json.loads(text) for name, text in fields.items() if name.startswith("AIGC")}


def in_xmp(packet: str) -> dict[str, str]:
    """The attributes of the namespaces that hold labels."""
    assert 'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"' in packet
    return {name: html.unescape(text) for name, text in re.findall(r' (?:TC260|draftcast):(\w+)="([^"]*)"', packet)}
