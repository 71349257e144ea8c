"""Web addresses as they are written: signatures cover each byte, so nothing of a path or query is spelled anew."""

import re
from urllib.parse import parse_qs, urlsplit

from yarl import URL

_WRITTEN = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
"""Scheme, authority, and all of path and query; a fragment is never sent."""
_BREAKS = str.maketrans("", "", "\t\r\n")
"""Browsers, too, leave these out (WHATWG URL, 4.4)."""
_FORBIDDEN = re.compile(rb'[^!-~]|["<>\\^`{}]|%(?![0-9A-Fa-f]{2})')
"""What may not stand in a target (RFC 3986, 3.3 and 3.4), less `|`, `[` and `]`, which browsers send as well."""
_INVISIBLE = dict.fromkeys([0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
_JOINERS = "\u200c\u200d"
"""Invisible, too, but parts of names: of emoji, and of Persian and Indian words."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def parse_url(text: str) -> URL:
    """The http(s) URL of a text, whose path and query stay byte for byte as they are written.

    Only what HTTP forbids there is escaped: blanks, control characters, what is not ASCII, and a `%` of no escape.
    Steps through `.` and `..` are taken here, as every client does.
    Raises ValueError for anything else than an absolute http(s) URL.
    """
    found = _WRITTEN.match(text.translate(_BREAKS))
    origin = URL(f"{found[1].lower()}://{found[2]}") if found else URL()
    if not found or not origin.raw_host or origin.port == 0:
        raise ValueError("no absolute http(s) URL")
    target = _FORBIDDEN.sub(_escaped, found[3].encode("utf-8", "surrogateescape")).decode("ascii")
    path, mark, query = target.partition("?")
    # The query goes in with the path, in which yarl changes nothing: of a query it drops a lone `?`.
    path = _without_dots(path or "/") + mark + query
    return URL.build(scheme=origin.scheme, authority=origin.raw_authority, path=path, encoded=True)


def resolve_url(base: URL, target: str) -> URL:
    """Where a reference leads that stands in an answer of `base`, an `address` (RFC 3986, 5.2). Raises ValueError."""
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
    """The path without its steps to this folder and to the one above (RFC 3986, 5.2.4)."""
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
    """The id that a get_draft URL asks for; empty when it has none, or is no URL."""
    try:
        return parse_qs(urlsplit(draft_url).query).get("draft_id", [""])[0]
    except ValueError:
        return ""


def clean_url(url: str) -> str:
    """A URL as drafts and people hold it, without the invisible characters that copying leaves in it."""
    return url.translate(_INVISIBLE).strip().strip(_JOINERS).strip()


def is_url(path: str) -> bool:
    """Whether a material's path is an http(s) URL."""
    return path.lower().startswith(("http://", "https://"))
