"""Redaction of URLs, paths and texts: for messages, logs and guests."""

import hashlib
import re

from services.http.urls import draft_id_of

MAX_URL_CHARACTERS = 500
"""Characters of a URL or path in a message; the rest is cut."""
MAX_NAME_CHARACTERS = 120
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:|https?://", re.IGNORECASE)
"""Beginnings of paths that are not relative to the draft's folder."""
_USER = re.compile(r"^([\w+.-]+://)[^/?#]*@")
_ADDRESS = re.compile(r"""(?:[a-z][\w+.-]*:/)?/(?:[^\s"'<>]|["'](?![\s"',;:.)\]}>]|$))+""", re.IGNORECASE)
"""A URL within a text, or the path of one. A quote belongs to it unless followed by a character outside of URLs."""
_UPLOAD_ID = re.compile(r"(?<=/output/draft/)[0-9a-f]{32}(?![0-9a-f])")
"""The id of an upload in the addresses of its files; it grants access to the draft."""
_SECRET_PLACE = re.compile(r"""(?:[a-z][\w+.-]*:/|(?<![a-z0-9.])|[a-z]:)[/\\][^\s"'<>，。：；“”（）]*""", re.IGNORECASE)
"""A URL of any scheme within a text, or an absolute path."""
HIDDEN = "…"
MIN_ID_LENGTH = 8
"""Shorter ids are not secret, and may be part of any word."""


def redact_url(url: str) -> str:
    """The URL without user, password, query and fragment, which may hold secrets."""
    return re.split(r"[?#]", _USER.sub(r"\1", url), maxsplit=1)[0][:MAX_URL_CHARACTERS]


def display_name(name: str, path: str = "", fallback: str = "") -> str:
    """The name of a material in messages: its name, else the last part of its path, else `fallback`.

    Generators write URLs into each of them; their user, password and query are removed.
    """
    plain = name.strip()
    if not plain:
        return _last_part(path) or (display_name(fallback) if fallback else "")
    if "://" in plain or ABSOLUTE.match(plain):
        return _last_part(plain)
    before, mark, query = plain.partition("?")  # a name may hold a question mark, but no query
    return (before if mark and "=" in query else plain)[:MAX_NAME_CHARACTERS]


def _last_part(path: str) -> str:
    return redact_url(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip()[:MAX_NAME_CHARACTERS]


def redact_text(text: str) -> str:
    """The text with its URLs and ids of uploads redacted, for logs."""
    return _UPLOAD_ID.sub(
        lambda found: redact_draft_id(found[0]), _ADDRESS.sub(lambda found: redact_url(found[0]), text)
    )


def redact_draft_id(draft_id: str) -> str:
    """A hash of an upload's id, for logs: it identifies the draft without granting access to it."""
    return f"sha256-{hashlib.sha256(draft_id.encode()).hexdigest()[:12]}"


def redact_url_for_guest(draft_url: str) -> str:
    """A draft URL without the parts that grant access to the draft."""
    return _UPLOAD_ID.sub(HIDDEN, redact_url(draft_url))


def redact_text_for_guest(text: str, draft_url: str) -> str:
    """The text without URLs, absolute paths and the draft's id."""
    redacted = _SECRET_PLACE.sub(HIDDEN, text)
    for secret in {draft_id_of(draft_url), *_UPLOAD_ID.findall(draft_url)}:
        redacted = redacted.replace(secret, HIDDEN) if len(secret) >= MIN_ID_LENGTH else redacted
    return redacted
