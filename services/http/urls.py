"""Parsing of URLs that keeps path and query byte for byte: signatures of storage services cover both."""

import re
from urllib.parse import parse_qs, urlsplit

from yarl import URL

_WRITTEN = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
"""Scheme, authority, and path with query; a fragment is never sent."""
_BREAKS = str.maketrans("", "", "\t\r\n")
"""Characters that are removed, as in browsers (WHATWG URL, 4.4)."""
_FORBIDDEN = re.compile(rb'[^!-~]|["<>\\^`{}]|%(?![0-9A-Fa-f]{2})')
"""Characters not allowed in path and query (RFC 3986, 3.3 and 3.4), without `|`, `[` and `]`, which browsers send."""
_INVISIBLE = dict.fromkeys([0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
_JOINERS = "\u200c\u200d"
"""Invisible characters that are parts of names: of emoji, and of Persian and Indian words."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def parse_url(text: str) -> URL:
    """The http(s) URL of a text, with path and query unchanged byte for byte.

    Only characters that HTTP forbids are escaped: blanks, control characters, non-ASCII, and a `%` without two hex
    digits. The segments `.` and `..` are resolved, as every client does.
    Raises ValueError for anything but an absolute http(s) URL.
    """
    found = _WRITTEN.match(text.translate(_BREAKS))
    origin = URL(f"{found[1].lower()}://{found[2]}") if found else URL()
    if not found or not origin.raw_host or origin.port == 0:
        raise ValueError("not an absolute http(s) URL")
    target = _FORBIDDEN.sub(_escaped, found[3].encode("utf-8", "surrogateescape")).decode("ascii")
    path, mark, query = target.partition("?")
    # The query is passed as part of the path, which yarl keeps unchanged: of a query it drops a lone `?`.
    path = _without_dots(path or "/") + mark + query
    return URL.build(scheme=origin.scheme, authority=origin.raw_authority, path=path, encoded=True)


def resolve_url(base: URL, target: str) -> URL:
    """The URL of a reference in a response of `base` (RFC 3986, 5.2). Raises ValueError."""
    if _SCHEME.match(target):
        return parse_url(target)
    if target.startswith("//"):
        return parse_url(f"{base.scheme}:{target}")
    path, mark, query = base.raw_path.partition("?")
    reference = target.partition("#")[0]
    if not reference:
        reference = path + mark + query
    elif reference.startswith("?"):
        reference = path + reference
    elif not reference.startswith("/"):
        reference = path.rpartition("/")[0] + "/" + reference
    return parse_url(f"{base.scheme}://{base.raw_authority}{reference}")


def _without_dots(path: str) -> str:
    """The path with the segments `.` and `..` resolved (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == ".." and len(kept) > 1:
            kept.pop()
        elif part not in (".", ".."):
            kept.append(part)
    return "/".join([*kept, ""] if parts[-1] in (".", "..") else kept)


def _escaped(found: re.Match[bytes]) -> bytes:
    return f"%{found[0][0]:02X}".encode()


def draft_id_of(draft_url: str) -> str:
    """The `draft_id` of a get_draft URL; empty when it has none or is not a URL."""
    try:
        return parse_qs(urlsplit(draft_url).query).get("draft_id", [""])[0]
    except ValueError:
        return ""


def clean_url(url: str) -> str:
    """The URL without surrounding blanks and the invisible characters that copying leaves in it."""
    return url.translate(_INVISIBLE).strip().strip(_JOINERS).strip()


def is_url(path: str) -> bool:
    """Whether a path is an http(s) URL."""
    return path.lower().startswith(("http://", "https://"))
