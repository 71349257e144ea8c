"""Names of files for downloads, and the header that has them (RFC 6266)."""

import re
from unicodedata import normalize
from urllib.parse import parse_qs, quote, urlsplit

MAX_NAME_CHARACTERS = 100
"""Characters of a name; file systems take 255 bytes, and a character of CJK has three."""
_REFUSED = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+')
"""Characters that a file system refuses, and invisible ones, which could hide a name's ending."""


def file_name(name: str) -> str:
    """The name as that of a file, without an ending; empty where nothing is left of it."""
    printable = name.encode("utf-8", "replace").decode()
    return _REFUSED.sub(" ", printable).strip(" .")[:MAX_NAME_CHARACTERS].strip(" .")


def name_in_url(draft_url: str) -> str:
    """The `name` of a draft URL, which uploads have. The other parts may grant access to the draft."""
    try:
        return parse_qs(urlsplit(draft_url).query).get("name", [""])[0]
    except ValueError:
        return ""


def content_disposition(name: str) -> str:
    """The Content-Disposition of a file that is shown, and saved under this name. Its `filename` is for clients that do
    not know `filename*`.
    """
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().replace("%", "_")
    stem, dot, ending = plain.rpartition(".")
    return f"inline; filename=\"{stem.strip() or 'video'}{dot}{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
