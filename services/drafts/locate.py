"""The files of a listed draft, and the lookup of materials among them. Pure: no file is opened."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from services.drafts.names import Names, last_part, spellings, unescaped
from services.http.redaction import ABSOLUTE
from services.http.urls import draft_id_of, is_url

DRAFT_NAMES = ("draft_content.json", "draft_info.json")
"""The two names of a draft's main file; apps and generators use either."""
_PLACEHOLDER = re.compile(r"^##_draftpath_placeholder_[^#]*_##[/\\]+")
_NO_ESCAPE = re.compile("%(?=[01][0-9a-f]|7f)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft: its path in the draft's folder, with `/`, and its URL."""

    path: str
    url: str


@dataclass(frozen=True)
class DraftListing:
    """The files that the response of a draft URL lists."""

    draft_id: str
    files: tuple[DraftFile, ...]

    @cached_property
    def names(self) -> Names:
        """The paths of the files, for lookup."""
        return Names(self.urls)

    @cached_property
    def urls(self) -> dict[str, str]:
        """The URLs of the files by path; the first one where a path occurs twice."""
        found: dict[str, str] = {}
        for file in self.files:
            found.setdefault(file.path, file.url)
        return found


def names_a_disk(path: str) -> bool:
    """Whether a path is an absolute one of some computer's disk."""
    return bool(ABSOLUTE.match(path) and not is_url(path)) or path.lower().startswith("file:")


def listing_of(draft_url: str, files: Iterable[str]) -> DraftListing:
    """The draft's files from their URLs, absolute or relative to the draft URL.

    Invalid URLs are ignored. Servers list names unescaped, so a `#` belongs to the name, as does a `%` that would
    decode to a control character.
    """
    draft_id = draft_id_of(draft_url)
    found = (_file(draft_url, _NO_ESCAPE.sub("%25", file).replace("#", "%23"), draft_id) for file in files)
    return DraftListing(draft_id, tuple(file for file in found if file is not None))


def draft_file(listing: DraftListing) -> DraftFile | None:
    """The draft's main file: the one nearest to the root."""
    candidates = [file for name in DRAFT_NAMES for file in listing.files if last_part(file.path) == name]
    return min(candidates, key=lambda file: file.path.count("/"), default=None)


def locate(path: str, listing: DraftListing) -> str | None:
    """The URL of a material's file; None when the draft does not have it.

    Paths may be relative, absolute on the generating server, with a placeholder for the draft's folder, URLs, or
    paths of any computer.
    """
    if is_url(path):
        return path
    found = listing.names.find(relative_path(path, listing.draft_id))
    return listing.urls[found] if found is not None else None


def beside(path: str, draft_url: str) -> tuple[str, ...]:
    """The possible URLs of a file next to the draft's own URL, the likeliest first; none for an absolute path."""
    if not path or ABSOLUTE.match(path):
        return ()
    return tuple(urljoin(draft_url, spelled) for spelled in spellings(relative_path(path, draft_id_of(draft_url))))


def relative_path(path: str, draft_id: str) -> str:
    """The path relative to the draft's folder, as far as it can be derived."""
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
