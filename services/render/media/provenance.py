"""The provenance that files of materials tell: labels of AI-generated content (the metadata field `AIGC` of
GB 45438-2025), and C2PA manifests.
"""

import html
import json
import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from services.ai_label import FIELD, as_text
from services.errors import Bilingual

LONGEST_LABEL = 8000
"""Characters of a kept label."""
SEARCHED_BYTES = 1 << 24
"""Bytes at either end of a file that are searched for a manifest: it is a box, chunk or segment there."""
GIF_XMP = b"\x21\xff\x0bXMP DataXMP"
"""The head of a GIF's extension with an XMP packet (XMP specification, part 3)."""
_LONGEST_XMP = 1 << 20
_MANIFEST = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
"""The description box of a manifest store in any file, with its type (C2PA 2.1, 11.1.4)."""
_XMP_FIELD = re.compile(r"""[\w.-]+:AIGC\s*(?:=\s*"([^"]*)"|=\s*'([^']*)'|>([^<]*)<)""")
"""The XMP property of the namespace of TC260, as an attribute or an element."""
_EXIF_DESCRIPTION, _EXIF_IFD, _EXIF_COMMENT, _EXIF_CHARSET_BYTES = 0x010E, 0x8769, 0x9286, 8
MANIFEST_LOST = Bilingual(
    "Its C2PA manifest, which tells where it comes from, is not in the video.",
    "其 C2PA 来源凭证未写入视频。",
)
LABEL_LOST = Bilingual(
    f"Its label of AI-generated content is not a JSON object of at most {LONGEST_LABEL} characters, and is not kept.",
    f"其人工智能生成合成内容标识不是 JSON 对象，或超过 {LONGEST_LABEL} 个字符，未能保留。",
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """The label of a file as JSON text, empty without one, and what of its provenance is not kept."""

    label: str = ""
    losses: tuple[Bilingual, ...] = ()


def provenance(path: Path, field: str, *, picture: bool) -> Provenance:
    """The provenance of a file; `field` is the metadata field of a video or sound, see `label_field`."""
    text = field or (_of_picture(path) if picture else _of_gif(path))
    label = kept_label(text)
    lost = [LABEL_LOST] if text and not label else []
    return Provenance(label, (*lost, *([MANIFEST_LOST] if _has_manifest(path) else [])))


def label_field(*tags: Mapping[str, str]) -> str:
    """The text of the field in the metadata of a file or its streams; empty without one."""
    fields = ((name, value) for each in tags for name, value in each.items())
    return next((value for name, value in fields if name.upper() == FIELD), "")


def kept_label(text: str) -> str:
    """The label of a field's text in its shortest form; empty unless it is a JSON object."""
    try:
        found: Any = json.loads(text)
        if isinstance(found, dict) and FIELD in found:
            found = cast("dict[str, Any]", found)[FIELD]
            found = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        return ""
    label = as_text(cast("dict[str, Any]", found)) if isinstance(found, dict) and "Label" in found else ""
    label = label.encode(errors="replace").decode()  # lone surrogates can be escapes of JSON, and in no argument
    return label if len(label) <= LONGEST_LABEL else ""


def _of_picture(path: Path) -> str:
    """The text of a picture's field: in XMP, a text chunk of a PNG, or EXIF."""
    from services.render.media.photos import open_photo  # with Pillow, which many renders do not need

    with open_photo(path) as image:
        info = cast("dict[Any, Any]", image.info)
        for packet in (info.get("xmp"), info.get("XML:com.adobe.xmp")):
            text = _in_xmp(packet) if packet else ""
            if text:
                return text
        if isinstance(info.get(FIELD), str):
            return str(info[FIELD])
        try:
            return next((text for text in _exif_texts(image.getexif()) if kept_label(text)), "")
        except Exception:  # noqa: BLE001 - Pillow raises many kinds for damaged EXIF, which holds no label then
            return ""


def _exif_texts(exif: Any) -> Iterator[str]:
    for value in (exif.get(_EXIF_DESCRIPTION), exif.get_ifd(_EXIF_IFD).get(_EXIF_COMMENT)):
        if isinstance(value, bytes):
            yield value[_EXIF_CHARSET_BYTES:].decode("utf-8", "replace").strip("\0 ")
        elif value:
            yield str(value)


def _of_gif(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_LONGEST_XMP)
    if not head.startswith(b"GIF8") or GIF_XMP not in head:
        return ""
    return _in_xmp(head[head.index(GIF_XMP) :].partition(b"<?xpacket end")[0])


def _in_xmp(packet: Any) -> str:
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet)
    found = _XMP_FIELD.search(text[:_LONGEST_XMP])
    return html.unescape(next(filter(None, found.groups()), "")).strip() if found else ""


def _has_manifest(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        ends = ((0, SEARCHED_BYTES), (max(0, len(data) - SEARCHED_BYTES), len(data)))
        return any(data.find(_MANIFEST, start, end) >= 0 for start, end in ends)
