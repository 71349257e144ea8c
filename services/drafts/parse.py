"""Parsing of a file's bytes to the JSON object of a draft, with a reason when that fails."""

import codecs
import json
import re
from typing import Any, cast

from services.errors import Bilingual, ErrorCode, Failed, failed

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_FILES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"ID3")
"""First bytes of pictures, sounds, archives and documents; an MP4 has `ftyp` at its fifth byte."""
_LOOKED_AT_BYTES = 4096
_BASE64 = re.compile(rb"[A-Za-z0-9+/=_\-\s]{32,}")
_JSON_BEGINS = re.compile(rb'\{\s*["}]|\[\s*[\[{"]')


def parse(content: bytes) -> dict[str, Any]:
    """The object. Raises `Failed` with DRAFT_INVALID or DRAFT_ENCRYPTED."""
    encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
    try:
        parsed = json.loads(content.decode(encoding, "surrogatepass"))
    except RecursionError:
        raise invalid("it is nested too deeply", "嵌套层数过深") from None
    except ValueError:
        raise _unparsable(content) from None
    if not isinstance(parsed, dict):
        raise invalid("it is JSON, but not an object", "内容是 JSON，但不是对象")
    return cast("dict[str, Any]", parsed)


WEB_PAGE_HINT = Bilingual(
    "It may be a login page. Use the draft's own URL, which opens without a login, such as `save_draft` returns.",
    "可能是登录页。请使用草稿自己的 URL，例如 `save_draft` 返回的地址，它无需登录即可打开。",
)


def invalid(en: str, zh: str, hint: Bilingual | None = None) -> Failed:
    """The error (DRAFT_INVALID) of an unreadable draft."""
    return failed(ErrorCode.DRAFT_INVALID, f"The draft cannot be read: {en}.", f"无法读取草稿：{zh}。", hint=hint)


def _unparsable(content: bytes) -> Failed:
    """The error of content that is not JSON. JianYing 6 and later save encrypted drafts: bytes or base64 text."""
    start = content[:_LOOKED_AT_BYTES].removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        return invalid("it is empty", "内容为空")
    if start.startswith(b"<"):
        return invalid("it is a web page, not JSON", "内容是网页，不是 JSON", WEB_PAGE_HINT)
    if start.startswith(_OTHER_FILES) or start[4:8] == b"ftyp":
        return invalid("it is another kind of file, not JSON", "内容是其他类型的文件，不是 JSON")
    if _JSON_BEGINS.match(start):
        return invalid("its JSON is damaged or incomplete", "JSON 已损坏或不完整")
    if _BASE64.fullmatch(start) or not _is_text(start):
        return failed(
            ErrorCode.DRAFT_ENCRYPTED,
            "The draft is encrypted and cannot be read.",
            "草稿已加密，无法读取。",
        )
    return invalid("it is not JSON", "内容不是 JSON")


def _is_text(start: bytes) -> bool:
    """Whether the bytes are the beginning of UTF-8 text; the last character may be incomplete."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character.isspace() for character in text)
