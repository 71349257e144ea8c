"""From a path as a draft spells it to a file of the draft. Pure: nothing is opened here."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs, quote, urljoin, urlsplit

from services.drafts.names import Names, last_part, unescaped

DRAFT_NAMES = ("draft_content.json", "draft_info.json")
"""The two names under which the apps and generators keep the same content."""
SHOWN_CHARACTERS = 500
"""Of a URL or a path in a message."""
SHOWN_NAME_CHARACTERS = 120
_PLACEHOLDER = re.compile(r"^##_draftpath_placeholder_[^#]*_##[/\\]+")
_ELSEWHERE = re.compile(r"[/\\]|[A-Za-z]:|https?://", re.IGNORECASE)
"""How paths begin that do not lie below the draft's folder."""
_INVISIBLE = dict.fromkeys([0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
_JOINERS = "\u200c\u200d"
"""Invisible, too, but parts of names: of emoji, and of Persian and Indian words."""
_NO_ESCAPE = re.compile("%(?=[01][0-9a-f]|7f)", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft: its path in the draft's folder, with `/`, and where to get it."""

    path: str
    url: str


@dataclass(frozen=True)
class DraftListing:
    """What a draft URL answers: the draft's files."""

    draft_id: str
    files: tuple[DraftFile, ...]

    @cached_property
    def names(self) -> Names:
        """The files by their names."""
        return Names(self.urls)

    @cached_property
    def urls(self) -> dict[str, str]:
        """The URLs of the files, by path; the first of a path that is there twice."""
        found: dict[str, str] = {}
        for file in self.files:
            found.setdefault(file.path, file.url)
        return found


def clean_url(url: str) -> str:
    """A URL as drafts and people hold it, without the invisible characters that copying leaves in it."""
    return url.translate(_INVISIBLE).strip().strip(_JOINERS).strip()


def shown_url(url: str) -> str:
    """A URL as messages show it: without user, password, query and fragment, which may hold secrets."""
    return re.split(r"[?#]", _USER.sub(r"\1", url), maxsplit=1)[0][:SHOWN_CHARACTERS]


def shown_name(name: str, path: str = "", fallback: str = "") -> str:
    """What people are told a material is called: its name, else the last part of its path, else `fallback`.

    Generators write addresses into each of them; no query, user or password of one is told.
    """
    plain = name.strip()
    if not plain:
        return _last_part(path) or (shown_name(fallback) if fallback else "")
    if "://" in plain or _ELSEWHERE.match(plain):
        return _last_part(plain)
    before, mark, query = plain.partition("?")  # a name may ask something, but has no query
    return (before if mark and "=" in query else plain)[:SHOWN_NAME_CHARACTERS]


def names_a_disk(path: str) -> bool:
    """Whether a path leads to a place on the disk of some computer."""
    return bool(_ELSEWHERE.match(path) and not is_url(path)) or path.lower().startswith("file:")


def _last_part(path: str) -> str:
    return shown_url(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip()[:SHOWN_NAME_CHARACTERS]


def shown_text(text: str) -> str:
    """A text as logs show it: its URLs without what may be secret in them."""
    return _KEPT_ID.sub(lambda found: shown_id(found[0]), _ADDRESS.sub(lambda found: shown_url(found[0]), text))


def shown_id(draft_id: str) -> str:
    """The id of a draft that a caller has brought, as logs show it: the draft is known again, and cannot be read."""
    return f"sha256-{hashlib.sha256(draft_id.encode()).hexdigest()[:12]}"


def guests_url(draft_url: str) -> str:
    """A draft's URL as guests are shown it: without what lets them read the draft."""
    return _KEPT_ID.sub(HIDDEN, shown_url(draft_url))


def guests_text(text: str, draft_url: str) -> str:
    """A text as guests are told it: without addresses, paths of disks, and the draft's id."""
    told = _SECRET_PLACE.sub(HIDDEN, text)
    for secret in {draft_id_of(draft_url), *_KEPT_ID.findall(draft_url)}:
        told = told.replace(secret, HIDDEN) if len(secret) >= SHORTEST_ID else told
    return told


def is_url(path: str) -> bool:
    """Whether a material's path is an http(s) URL."""
    return path.lower().startswith(("http://", "https://"))


def draft_id_of(draft_url: str) -> str:
    """The id that a get_draft URL asks for; empty when it has none, or is no URL."""
    try:
        return parse_qs(urlsplit(draft_url).query).get("draft_id", [""])[0]
    except ValueError:
        return ""


def listing_of(draft_url: str, files: Iterable[str]) -> DraftListing:
    """The draft's files from their URLs, absolute or relative to the draft URL.

    What is no URL is passed over. Servers list names as they are, so a `#` belongs to the name, and so does a `%`
    that would make a control character of it.
    """
    draft_id = draft_id_of(draft_url)
    found = (_file(draft_url, _NO_ESCAPE.sub("%25", file).replace("#", "%23"), draft_id) for file in files)
    return DraftListing(draft_id, tuple(file for file in found if file is not None))


def draft_file(listing: DraftListing) -> DraftFile | None:
    """The file that holds the draft itself: at the root if possible, else nearest to it."""
    candidates = [file for name in DRAFT_NAMES for file in listing.files if last_part(file.path) == name]
    return min(candidates, key=lambda file: file.path.count("/"), default=None)


def locate(path: str, listing: DraftListing) -> str | None:
    """The URL of a material's file; None when the draft does not have it.

    Paths occur relative, absolute on the generating server, with a placeholder for the draft's folder, as URLs, and
    as paths of somebody's computer.
    """
    if is_url(path):
        return path
    found = listing.names.find(relative_path(path, listing.draft_id))
    return listing.urls[found] if found is not None else None


def beside(path: str, draft_url: str) -> str | None:
    """The URL of a file that lies below the draft's own address; None for a path that leads elsewhere."""
    if not path or _ELSEWHERE.match(path):
        return None
    return urljoin(draft_url, quote(unescaped(relative_path(path, draft_id_of(draft_url)))))


def relative_path(path: str, draft_id: str) -> str:
    """The path below the draft's folder, as far as it can be told."""
    plain = _PLACEHOLDER.sub("", path.strip()).replace("\\", "/")
    if draft_id and f"/{draft_id}/" in plain:
        plain = plain.rsplit(f"/{draft_id}/", 1)[1]
    return plain.removeprefix("./").lstrip("/")


def _file(draft_url: str, file: str, draft_id: str) -> DraftFile | None:
    try:
        url = file if is_url(file) else urljoin(draft_url, file)
        path = relative_path(unescaped(urlsplit(url).path), draft_id)
    except ValueError:
        return None
    return DraftFile(path, url) if last_part(path) else None
