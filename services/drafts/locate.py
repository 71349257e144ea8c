"""From a path as a draft spells it to a file of the draft. Pure: nothing is opened here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from services.drafts.names import Names, last_part, spellings, unescaped
from services.http.redaction import ABSOLUTE
from services.http.urls import draft_id_of, is_url

DRAFT_NAMES = ("draft_content.json", "draft_info.json")
"""The two names under which the apps and generators keep the same content."""
_PLACEHOLDER = re.compile(r"^##_draftpath_placeholder_[^#]*_##[/\\]+")
_NO_ESCAPE = re.compile("%(?=[01][0-9a-f]|7f)", re.IGNORECASE)


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


def names_a_disk(path: str) -> bool:
    """Whether a path leads to a place on the disk of some computer."""
    return bool(ABSOLUTE.match(path) and not is_url(path)) or path.lower().startswith("file:")


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


def beside(path: str, draft_url: str) -> tuple[str, ...]:
    """The URLs that a file below the draft's own address may have, the likeliest first; none for a path that leads
    elsewhere.
    """
    if not path or ABSOLUTE.match(path):
        return ()
    return tuple(urljoin(draft_url, spelled) for spelled in spellings(relative_path(path, draft_id_of(draft_url))))


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
