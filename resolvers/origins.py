"""Which web pages may ask: those of this server. Programs that are no browser name no page, and may."""

from collections.abc import Mapping

from strawberry.http.websocket_origin import is_same_origin, normalize_origin

_OWN_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site: a page of this server, or the address bar."""


def from_foreign_page(headers: Mapping[str, str], own_url: str) -> bool:
    """Whether a browser sent this on behalf of a page from elsewhere.

    That matters for GET: a foreign page may send it without asking, only the answer is kept from it.
    """
    if headers.get("sec-fetch-site", "none") in _OWN_SITES and "origin" not in headers:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    return not is_same_origin(origin, headers.get("host")) and normalize_origin(origin) != normalize_origin(own_url)
