"""What a draft URL must look like before a task is made of it."""

import asyncio
import re
import socket
from contextlib import suppress

from yarl import URL

from services.errors import Bilingual, InvalidInput
from services.http.guard import Guard, is_below
from services.http.urls import clean_url, draft_id_of, parse_url

MAX_URL_LENGTH = 2048
DNS_TIMEOUT_SECONDS = 3.0
SAMPLE = ("/sample/get_draft", "/sample/output/draft/")
"""Where this server serves the draft it brings along."""
UPLOAD_LISTING, UPLOAD_FILES = "/drafts/get_draft", "/drafts/output/draft/"
"""Where it lists, and serves, each draft that a caller has brought."""
_ID = re.compile(r"[0-9a-f]{32}")


async def check_webhook(url: str, guard: Guard) -> None:
    """Raises `InvalidInput` for a webhook inside: one whose host has no address that may be reached.

    A host that cannot be looked up now may be there later, and every connection is checked again when it is made.
    """
    at = URL(url)
    if guard.allows_by_name(at) or not at.raw_host:
        return
    looking = asyncio.get_running_loop().getaddrinfo(at.raw_host, at.port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(looking, DNS_TIMEOUT_SECONDS)
    except UnicodeError:
        raise InvalidInput(
            Bilingual("webhookUrl names a host that cannot exist.", "webhookUrl 中的主机名无效。"), path=("webhookUrl",)
        ) from None
    except (OSError, TimeoutError):
        return
    if not any(guard.allows(str(address[0])) for *_, address in found):
        raise InvalidInput(
            Bilingual("webhookUrl leads to an address that is not public.", "webhookUrl 指向的不是公网地址。"),
            path=("webhookUrl",),
        )


def clean_draft_url(text: str, field: str = "draftUrl") -> str:
    """The URL without the invisible characters that copying leaves in it.

    Raises `InvalidInput` naming `field` unless it is an absolute http(s) URL of at most
    2048 characters.
    """
    url = clean_url(text)
    if not url:
        raise InvalidInput(Bilingual(f"{field} is empty.", f"{field} 不能为空。"), path=(field,))
    if len(url) > MAX_URL_LENGTH:
        raise InvalidInput(
            Bilingual(
                f"{field} has {len(url)} characters; at most {MAX_URL_LENGTH} are taken.",
                f"{field} 有 {len(url)} 个字符，最多 {MAX_URL_LENGTH} 个。",
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
    """Whether both ways to read a URL read this one: what draws conclusions from it, and what will ask it."""
    try:
        return bool(parse_url(url)) and url.isprintable()
    except ValueError:
        return False


def own_urls(base_url: str, draft_url: str) -> tuple[str, ...]:
    """What may be fetched from this server itself for a draft: the sample, and the draft when it is one of those that
    callers have brought. Those that end with a slash mean what lies below them.
    """
    own = tuple(base_url + path for path in SAMPLE)
    draft_id = _upload_id(base_url, draft_url)
    return (*own, base_url + UPLOAD_LISTING, f"{base_url}{UPLOAD_FILES}{draft_id}/") if draft_id else own


def is_self_reference(base_url: str, draft_url: str) -> bool:
    """Whether the URL is one of this server's own, but not that of a draft it serves."""
    with suppress(ValueError):
        return Guard((), own_urls(base_url, draft_url)).refuses(parse_url(draft_url))
    return False


def _upload_id(base_url: str, draft_url: str) -> str:
    """The id of the kept draft that a URL of ours leads to; empty for any other URL."""
    found = ""
    with suppress(ValueError):
        at, kept = parse_url(draft_url), parse_url(base_url + UPLOAD_FILES)
        if is_below(at, kept):
            found = at.raw_path.removeprefix(kept.raw_path).partition("/")[0]
        elif is_below(at, parse_url(base_url + UPLOAD_LISTING)):
            found = draft_id_of(draft_url)
    return found if _ID.fullmatch(found) else ""
