"""Writing of labels of AI-generated content into finished files: the metadata field `AIGC` of GB 45438-2025, where the
practice guides of TC260 put it for each format.
"""

import html
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.ai_label import FIELD, AiLabel, as_text
from services.errors import Bilingual, DraftWarning, WarningCode
from services.output import OutputFormat
from services.render.media.provenance import GIF_XMP

MATERIALS_FIELD = "AIGC_MATERIALS"
"""The labels of materials that are not the file's own, as a JSON list."""
LONGEST_LIST = 100_000
"""Bytes of the labels of materials: an argument of a program has 128 KiB."""
NAMESPACE, OWN_NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/", "urn:draftcast:1.0"
"""XMP namespaces of both fields; the first one is TC260's."""
_TAGGED = frozenset(
    (OutputFormat.MP4, OutputFormat.MP4_HEVC, OutputFormat.MP4_AV1, OutputFormat.M4A, OutputFormat.PRORES_4444)
)
"""Formats of the QuickTime family: ffmpeg writes fields of other names than its own with a flag only."""
_GIF_HEADER, _GIF_TABLE, _GIF_TRAILER = 13, 0x80, bytes((1, *range(255, -1, -1), 0))
_WEBP_CHUNKS, _WEBP_EXTENDED, _WEBP_XMP = 12, b"VP8X", 0x04


def within_limit(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels that a file has room for, in order."""
    kept: list[str] = []
    room = LONGEST_LIST
    for label in labels:
        room -= len(label.encode()) + 1
        if room < 0:
            break
        kept.append(label)
    return tuple(kept)


def lost_labels(count: int) -> DraftWarning:
    """The warning for labels of materials that the file has no room for."""
    return DraftWarning(
        code=WarningCode.PROVENANCE_LOST,
        message=Bilingual(
            f"The file has no room for the labels of AI-generated content of {count} materials.",
            f"文件放不下另外 {count} 个素材的人工智能生成合成内容标识。",
        ),
    )


def label_fields(wanted: AiLabel | None, materials: Sequence[str]) -> dict[str, str]:
    """The metadata fields of a file: its label, by default the most certain one of its materials, and the other ones of
    these.
    """
    own = as_text(wanted.metadata()) if wanted else min(materials, key=_certainty, default="")
    others = [json.loads(label) for label in materials if label != own]
    fields = {FIELD: own} if own else {}
    return fields | ({MATERIALS_FIELD: json.dumps(others, ensure_ascii=False)} if others else {})


def _certainty(label: str) -> str:
    """The value of `Label`: 1 is certain, 2 possible, 3 suspected."""
    return str(json.loads(label)["Label"])


def label_arguments(format_: OutputFormat, fields: Mapping[str, str]) -> list[str]:
    """Arguments of the ffmpeg that writes the file; none for formats of `write_xmp` and pictures."""
    tagged = format_ in _TAGGED
    if not fields or not (tagged or format_ is OutputFormat.WEBM_ALPHA):
        return []
    flags = ["-movflags", "+use_metadata_tags"] if tagged else []
    return [*flags, *(word for name, text in fields.items() for word in ("-metadata", f"{name}={text}"))]


def xmp_packet(fields: Mapping[str, str]) -> bytes:
    """An XMP packet with the fields."""
    prefixes = {FIELD: "TC260", MATERIALS_FIELD: "draftcast"}
    values = "".join(f' {prefixes[name]}:{name}="{html.escape(text)}"' for name, text in fields.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f' xmlns:TC260="{NAMESPACE}" xmlns:draftcast="{OWN_NAMESPACE}"{values}/></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="r"?>'
    ).encode()


def write_xmp(path: Path, format_: OutputFormat, fields: Mapping[str, str], size: tuple[int, int]) -> None:
    """Write the fields into a GIF or WebP of this size in pixels, which ffmpeg does not do; other files stay."""
    if not fields or format_ not in (OutputFormat.GIF, OutputFormat.WEBP):
        return
    made, packet = path.read_bytes(), xmp_packet(fields)
    path.write_bytes(_gif(made, packet) if format_ is OutputFormat.GIF else _webp(made, packet, size))


def _gif(made: bytes, packet: bytes) -> bytes:
    """The extension comes after the header and its colour table."""
    has_table, power = made[10] & _GIF_TABLE, (made[10] & 0x07) + 1
    place = _GIF_HEADER + (3 << power if has_table else 0)
    return made[:place] + GIF_XMP + packet + _GIF_TRAILER + made[place:]


def _webp(made: bytes, packet: bytes, size: tuple[int, int]) -> bytes:
    """The chunk comes last; a flag of the first chunk, which a single frame has none of, tells of it."""
    chunks = bytearray(made[_WEBP_CHUNKS:])
    if not chunks.startswith(_WEBP_EXTENDED):
        width, height = ((side - 1).to_bytes(3, "little") for side in size)
        chunks[:0] = _WEBP_EXTENDED + struct.pack("<I4x", 10) + width + height
    chunks[8] |= _WEBP_XMP
    chunks += b"XMP " + struct.pack("<I", len(packet)) + packet + b"\0" * (len(packet) % 2)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + bytes(chunks)
