"""What a draft URL must look like before a task is made of it."""

import asyncio
import socket
from urllib.parse import urlsplit

from yarl import URL

from services.drafts.guard import Guard
from services.drafts.locate import clean_url
from services.errors import Bilingual, InvalidInput

LONGEST_URL = 2048
LOOK_UP_SECONDS = 3.0
OWN_DRAFTS = ("/sample/", "/drafts/")
"""Where this server serves the draft it brings along, and those that callers have brought."""


async def check_webhook(url: str, guard: Guard) -> None:
    """Raises `InvalidInput` for a webhook inside: one whose host has no address that may be reached.

    A host that cannot be looked up now may be there later, and every connection is checked again when it is made.
    """
    at = URL(url)
    if guard.names(at) or not at.raw_host:
        return
    looking = asyncio.get_running_loop().getaddrinfo(at.raw_host, at.port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(looking, LOOK_UP_SECONDS)
    except UnicodeError:
        raise InvalidInput(
            Bilingual("webhookUrl names a host that cannot exist.", "webhookUrl 中的主机名无效。"), path=("webhookUrl",)
        ) from None
    except (OSError, TimeoutError):
        return
    if not any(guard.admits(str(address[0])) for *_, address in found):
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
    if len(url) > LONGEST_URL:
        raise InvalidInput(
            Bilingual(
                f"{field} has {len(url)} characters; at most {LONGEST_URL} are taken.",
                f"{field} 有 {len(url)} 个字符，最多 {LONGEST_URL} 个。",
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
        parts, asked = urlsplit(url), URL(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and bool(asked.raw_host)
        return right and asked.port == (parts.port or asked.port) and url.isprintable()
    except ValueError:
        return False


def own_host(base_url: str, draft_url: str) -> tuple[str, ...]:
    """The server's own host:port, when the URL is that of a draft it serves: nothing else may it fetch from itself."""
    return (_host(base_url),) if _own(base_url, draft_url) else ()


def points_back(base_url: str, draft_url: str) -> bool:
    """Whether the URL is one of this server's own, but not that of a draft it serves."""
    return _host(draft_url) == _host(base_url) and not _own(base_url, draft_url)


def _own(base_url: str, draft_url: str) -> bool:
    return draft_url.startswith(tuple(base_url + path for path in OWN_DRAFTS))


def _host(url: str) -> str:
    """host:port of an http(s) URL."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"
