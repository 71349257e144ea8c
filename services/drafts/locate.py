"""From a path as a draft spells it to a file of the draft. Pure: nothing is opened here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from unicodedata import normalize
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit

DRAFT_NAMES = ("draft_content.json", "draft_info.json")
"""The two names under which the apps and generators keep the same content."""
SHOWN_CHARACTERS = 500
"""Of a URL or a path in a message."""
_PLACEHOLDER = re.compile(r"^##_draftpath_placeholder_[^#]*_##[/\\]+")
_ELSEWHERE = re.compile(r"[/\\]|[A-Za-z]:|https?://", re.IGNORECASE)
"""How paths begin that do not lie below the draft's folder."""
_INVISIBLE = dict.fromkeys([0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
_JOINERS = "\u200c\u200d"
"""Invisible, too, but parts of names: of emoji, and of Persian and Indian words."""
_USER = re.compile(r"^([\w+.-]+://)[^/?#]*@")
_ADDRESS = re.compile(r"""(?:[a-z][\w+.-]*:/)?/(?:[^\s"'<>]|["'](?![\s"',;:.)\]}>]|$))+""", re.IGNORECASE)
"""A URL within a text, or the path of one. A quote belongs to it unless what follows is no part of a URL."""


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
    def by_name(self) -> dict[str, list[DraftFile]]:
        """The files by the last part of their path."""
        found: dict[str, list[DraftFile]] = {}
        for file in self.files:
            found.setdefault(_name(file.path), []).append(file)
        return found


def clean_url(url: str) -> str:
    """A URL as drafts and people hold it, without the invisible characters that copying leaves in it."""
    return url.translate(_INVISIBLE).strip().strip(_JOINERS).strip()


def shown_url(url: str) -> str:
    """A URL as messages show it: without user, password, query and fragment, which may hold secrets."""
    return re.split(r"[?#]", _USER.sub(r"\1", url), maxsplit=1)[0][:SHOWN_CHARACTERS]


def shown_text(text: str) -> str:
    """A text as logs show it: its URLs without what may be secret in them."""
    return _ADDRESS.sub(lambda found: shown_url(found[0]), text)


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

    What is no URL is passed over. Servers list names as they are, so a `#` belongs to the name.
    """
    draft_id = draft_id_of(draft_url)
    found = (_file(draft_url, file.replace("#", "%23"), draft_id) for file in files)
    return DraftListing(draft_id, tuple(file for file in found if file is not None))


def draft_file(listing: DraftListing) -> DraftFile | None:
    """The file that holds the draft itself: at the root if possible, else nearest to it."""
    candidates = [file for name in DRAFT_NAMES for file in listing.by_name.get(name, ())]
    return min(candidates, key=lambda file: file.path.count("/"), default=None)


def locate(path: str, listing: DraftListing) -> str | None:
    """The URL of a material's file; None when the draft does not have it.

    Paths occur relative, absolute on the generating server, with a placeholder for the
    draft's folder, as URLs, and as paths of somebody's computer. Of the files of that name
    the one is taken whose path ends like the material's for the longest, then the least deep.
    """
    if is_url(path):
        return path
    wanted = _normal(relative_path(path, listing.draft_id))
    named = listing.by_name.get(_name(wanted), [])
    best = max(named, key=lambda file: (_common_end(file.path, wanted), -file.path.count("/")), default=None)
    return best.url if best else None


def beside(path: str, draft_url: str) -> str | None:
    """The URL of a file that lies below the draft's own address; None for a path that leads elsewhere."""
    if not path or _ELSEWHERE.match(path):
        return None
    return urljoin(draft_url, quote(unquote(relative_path(path, draft_id_of(draft_url)))))


def relative_path(path: str, draft_id: str) -> str:
    """The path below the draft's folder, as far as it can be told."""
    plain = _PLACEHOLDER.sub("", path.strip()).replace("\\", "/")
    if draft_id and f"/{draft_id}/" in plain:
        plain = plain.rsplit(f"/{draft_id}/", 1)[1]
    return plain.removeprefix("./").lstrip("/")


def _file(draft_url: str, file: str, draft_id: str) -> DraftFile | None:
    try:
        url = urljoin(draft_url, file)
        path = _normal(relative_path(urlsplit(url).path, draft_id))
    except ValueError:
        return None
    return DraftFile(path, url) if _name(path) else None


def _normal(path: str) -> str:
    """One spelling of a path: servers may escape characters, and macOS takes accents apart."""
    return normalize("NFC", unquote(path))


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _common_end(one: str, other: str) -> int:
    """How many parts two paths have in common, counted from their ends."""
    count = 0
    for mine, theirs in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if mine != theirs:
            break
        count += 1
    return count
