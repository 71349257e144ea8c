"""URLs, paths and texts without secrets: for messages, for logs, and for guests who watch one task."""

import hashlib
import re

from services.http.urls import draft_id_of

SHOWN_CHARACTERS = 500
"""Of a URL or a path in a message."""
SHOWN_NAME_CHARACTERS = 120
ELSEWHERE = re.compile(r"[/\\]|[A-Za-z]:|https?://", re.IGNORECASE)
"""How paths begin that do not lie below the draft's folder."""
_USER = re.compile(r"^([\w+.-]+://)[^/?#]*@")
_ADDRESS = re.compile(r"""(?:[a-z][\w+.-]*:/)?/(?:[^\s"'<>]|["'](?![\s"',;:.)\]}>]|$))+""", re.IGNORECASE)
"""A URL within a text, or the path of one. A quote belongs to it unless what follows is no part of a URL."""
_KEPT_ID = re.compile(r"(?<=/output/draft/)[0-9a-f]{32}(?![0-9a-f])")
"""In the addresses of files of drafts that callers bring: who knows it may read the draft."""
_SECRET_PLACE = re.compile(r"""(?:[a-z][\w+.-]*:/|(?<![a-z0-9.])|[a-z]:)[/\\][^\s"'<>，。：；“”（）]*""", re.IGNORECASE)
"""An address within a text, of whatever scheme, or a path from the root of a disk."""
HIDDEN = "…"
SHORTEST_ID = 8
"""What is shorter is no secret, and may be part of any word."""


def redact_url(url: str) -> str:
    """A URL as messages show it: without user, password, query and fragment, which may hold secrets."""
    return re.split(r"[?#]", _USER.sub(r"\1", url), maxsplit=1)[0][:SHOWN_CHARACTERS]


def display_name(name: str, path: str = "", fallback: str = "") -> str:
    """What people are told a material is called: its name, else the last part of its path, else `fallback`.

    Generators write addresses into each of them; no query, user or password of one is told.
    """
    plain = name.strip()
    if not plain:
        return _last_part(path) or (display_name(fallback) if fallback else "")
    if "://" in plain or ELSEWHERE.match(plain):
        return _last_part(plain)
    before, mark, query = plain.partition("?")  # a name may ask something, but has no query
    return (before if mark and "=" in query else plain)[:SHOWN_NAME_CHARACTERS]


def _last_part(path: str) -> str:
    return redact_url(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip()[:SHOWN_NAME_CHARACTERS]


def redact_text(text: str) -> str:
    """A text as logs show it: its URLs without what may be secret in them."""
    return _KEPT_ID.sub(lambda found: redact_draft_id(found[0]), _ADDRESS.sub(lambda found: redact_url(found[0]), text))


def redact_draft_id(draft_id: str) -> str:
    """The id of a draft that a caller has brought, as logs show it: the draft is known again, and cannot be read."""
    return f"sha256-{hashlib.sha256(draft_id.encode()).hexdigest()[:12]}"


def redact_url_for_guest(draft_url: str) -> str:
    """A draft's URL as guests are shown it: without what lets them read the draft."""
    return _KEPT_ID.sub(HIDDEN, redact_url(draft_url))


def redact_text_for_guest(text: str, draft_url: str) -> str:
    """A text as guests are told it: without addresses, paths of disks, and the draft's id."""
    told = _SECRET_PLACE.sub(HIDDEN, text)
    for secret in {draft_id_of(draft_url), *_KEPT_ID.findall(draft_url)}:
        told = told.replace(secret, HIDDEN) if len(secret) >= SHORTEST_ID else told
    return told
