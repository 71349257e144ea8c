"""Which web pages may ask: those of this server, and of origins that the operator names. Programs that are no browser
name no page, and may.
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from strawberry.http.websocket_origin import normalize_origin

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_OWN_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site: a page of this server, or the address bar."""


def own_origins(url: str) -> tuple[str, ...]:
    """The origins of this server's own pages: that of its URL, and on this machine every way to write that."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition(":") if parts.port else (parts.netloc, "", "")
    hosts = LOOPBACK if host in LOOPBACK else (host,)
    urls = (f"{parts.scheme}://{each}" + (f":{port}" if port else "") for each in hosts)
    return tuple(origin for each in urls if (origin := normalize_origin(each)))


def from_foreign_page(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """Whether a browser sent this on behalf of a page of none of the origins.

    That matters for GET: a foreign page may send it without asking, only the answer is kept from it.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in _OWN_SITES
    return normalize_origin(origin) not in origins
