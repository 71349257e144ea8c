"""Origins of web pages that may send requests: this server's own, and those of the settings. Requests of other programs
than browsers have no Origin.
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from strawberry.http.websocket_origin import normalize_origin

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_OWN_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site for a page of this server and for the address bar."""


def own_origins(url: str) -> tuple[str, ...]:
    """The origins of this server's own pages: that of its URL; for a loopback address, all loopback names."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition(":") if parts.port else (parts.netloc, "", "")
    hosts = LOOPBACK if host in LOOPBACK else (host,)
    urls = (f"{parts.scheme}://{each}" + (f":{port}" if port else "") for each in hosts)
    return tuple(origin for each in urls if (origin := normalize_origin(each)))


def from_foreign_page(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """Whether a browser sent the request for a page of another origin.

    Needed for GET, which browsers send without a CORS preflight.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in _OWN_SITES
    return normalize_origin(origin) not in origins
