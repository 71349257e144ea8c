"""What a draft URL must look like before a task is made of it."""

from urllib.parse import urlsplit

from services.drafts.locate import clean_url
from services.errors import Bilingual, InvalidInput

LONGEST_URL = 2048
SAMPLE_PATH = "/sample/"
"""Where this server serves the draft it brings along."""


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
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        return False


def own_host(base_url: str, draft_url: str) -> tuple[str, ...]:
    """The server's own host:port, when the URL is that of the sample it serves: the only draft
    it may fetch from itself.
    """
    return (_host(base_url),) if draft_url.startswith(base_url + SAMPLE_PATH) else ()


def points_back(base_url: str, draft_url: str) -> bool:
    """Whether the URL is one of this server's own, and not that of its sample: nothing here is a draft."""
    return _host(draft_url) == _host(base_url) and not draft_url.startswith(base_url + SAMPLE_PATH)


def _host(url: str) -> str:
    """host:port of an http(s) URL."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"
