"""Checks of draft URLs and webhook addresses, and the URLs of drafts that this server serves."""

import asyncio
import re
import socket
from contextlib import suppress

from yarl import URL

from services.drafts.sample import FILES, GET_DRAFT
from services.errors import Bilingual, InvalidInput
from services.http.guard import Guard, is_below
from services.http.urls import clean_url, draft_id_of, parse_url

MAX_URL_LENGTH = 2048
DNS_TIMEOUT_SECONDS = 3.0
UPLOAD_LISTING, UPLOAD_FILES = "/drafts/get_draft", "/drafts/output/draft/"
"""The paths of uploads on this server: the listing and the files."""
_ID = re.compile(r"[0-9a-f]{32}")


async def check_webhook(url: str, guard: Guard) -> None:
    """Raises `InvalidInput` for a webhook whose host has no address that may be reached.

    A host that cannot be resolved now passes: every connection is checked again when it is made.
    """
    at = URL(url)
    if guard.allows_by_name(at) or not at.raw_host:
        return
    resolving = asyncio.get_running_loop().getaddrinfo(at.raw_host, at.port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(resolving, DNS_TIMEOUT_SECONDS)
    except UnicodeError:
        raise InvalidInput(
            Bilingual("webhookUrl has an invalid host name.", "webhookUrl 中的主机名无效。"), path=("webhookUrl",)
        ) from None
    except (OSError, TimeoutError):
        return
    if not any(guard.allows(str(address[0])) for *_, address in found):
        raise InvalidInput(
            Bilingual(
                "webhookUrl leads to an address that is not public; the operator can allow its host with "
                "DRAFTCAST_ALLOW_HOSTS.",
                "webhookUrl 指向的地址不是公网地址；管理员可通过 DRAFTCAST_ALLOW_HOSTS 放行该主机。",
            ),
            path=("webhookUrl",),
        )


def clean_draft_url(text: str, field: str = "draftUrl") -> str:
    """The URL without the invisible characters that copying leaves in it.

    Raises `InvalidInput` naming `field` unless it is an absolute http(s) URL of at most 2048 characters.
    """
    url = clean_url(text)
    if not url:
        raise InvalidInput(Bilingual(f"{field} is empty.", f"{field} 不能为空。"), path=(field,))
    if len(url) > MAX_URL_LENGTH:
        raise InvalidInput(
            Bilingual(
                f"{field} has {len(url)} characters; the limit is {MAX_URL_LENGTH}.",
                f"{field} 有 {len(url)} 个字符，上限为 {MAX_URL_LENGTH} 个。",
            ),
            path=(field,),
        )
    if not _absolute(url):
        raise InvalidInput(
            Bilingual(
                f"{field} must be an absolute http:// or https:// URL.",
                f"{field} 必须是以 http:// 或 https:// 开头的完整 URL。",
            ),
            path=(field,),
        )
    return url


def _absolute(url: str) -> bool:
    """Whether the URL is absolute, http(s) and printable."""
    try:
        return bool(parse_url(url)) and url.isprintable()
    except ValueError:
        return False


def own_urls(base_url: str, draft_url: str) -> tuple[str, ...]:
    """The URLs of this server that a task may fetch: the sample, and the upload that `draft_url` names, if any. One
    with a slash at its end includes all below it.
    """
    own = tuple(base_url + path for path in (GET_DRAFT, FILES))
    draft_id = _upload_id(base_url, draft_url)
    return (*own, base_url + UPLOAD_LISTING, f"{base_url}{UPLOAD_FILES}{draft_id}/") if draft_id else own


def is_self_reference(base_url: str, draft_url: str) -> bool:
    """Whether the URL leads to this server, but not to a draft that it serves."""
    with suppress(ValueError):
        return Guard((), own_urls(base_url, draft_url)).refuses(parse_url(draft_url))
    return False


def _upload_id(base_url: str, draft_url: str) -> str:
    """The id of the upload that a URL of this server names; empty for any other URL."""
    found = ""
    with suppress(ValueError):
        at, kept = parse_url(draft_url), parse_url(base_url + UPLOAD_FILES)
        if is_below(at, kept):
            found = at.raw_path.removeprefix(kept.raw_path).partition("/")[0]
        elif is_below(at, parse_url(base_url + UPLOAD_LISTING)):
            found = draft_id_of(draft_url)
    return found if _ID.fullmatch(found) else ""
