"""From a path as a draft spells it to a file of the draft. Pure: nothing is opened here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

DRAFT_NAMES = ("draft_content.json", "draft_info.json")
"""The two names under which the apps and generators keep the same content."""
_PLACEHOLDER = re.compile(r"^##_draftpath_placeholder_[^#]*_##[/\\]+")


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft: its path in the draft's folder, with `/`, and where to get it."""

    path: str
    url: str


@dataclass(frozen=True, slots=True)
class DraftListing:
    """What a draft URL answers: the draft's files."""

    draft_id: str
    files: tuple[DraftFile, ...]


def draft_id_of(draft_url: str) -> str:
    """The id that a get_draft URL asks for; empty when it has none."""
    return parse_qs(urlsplit(draft_url).query).get("draft_id", [""])[0]


def listing_of(draft_url: str, files: Iterable[str]) -> DraftListing:
    """The draft's files from their URLs, absolute or relative to the draft URL."""
    draft_id = draft_id_of(draft_url)
    urls = [urljoin(draft_url, file) for file in files]
    return DraftListing(draft_id, tuple(DraftFile(_path_of(url, draft_id), url) for url in urls))


def draft_file(listing: DraftListing) -> DraftFile | None:
    """The file that holds the draft itself: at the root if possible, else nearest to it."""
    candidates = [file for file in listing.files if file.path.rsplit("/", 1)[-1] in DRAFT_NAMES]
    return min(candidates, key=lambda file: (file.path.count("/"), _name_rank(file.path)), default=None)


def locate(path: str, listing: DraftListing) -> str | None:
    """The URL of a material's file; None when the draft does not have it.

    Paths occur relative, absolute on the generating server, with a placeholder for the
    draft's folder, as URLs, and as paths of somebody's computer, of which only the name counts.
    """
    if path.startswith(("http://", "https://")):
        return path
    wanted = relative_path(path, listing.draft_id)
    by_path = {file.path: file.url for file in listing.files}
    if wanted in by_path:
        return by_path[wanted]
    name = wanted.rsplit("/", 1)[-1]
    named = [file.url for file in listing.files if name and file.path.rsplit("/", 1)[-1] == name]
    return named[0] if named else None


def relative_path(path: str, draft_id: str) -> str:
    """The path below the draft's folder, as far as it can be told."""
    plain = _PLACEHOLDER.sub("", path.strip()).replace("\\", "/")
    if draft_id and f"/{draft_id}/" in plain:
        plain = plain.rsplit(f"/{draft_id}/", 1)[1]
    return plain.removeprefix("./").lstrip("/")


def _path_of(url: str, draft_id: str) -> str:
    return relative_path(unquote(urlsplit(url).path), draft_id)


def _name_rank(path: str) -> int:
    return DRAFT_NAMES.index(path.rsplit("/", 1)[-1])
