"""What every answer carries against misuse by web pages, and which pages may ask at all."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of an answer that names none itself: whatever it is, a browser runs nothing of it."""
HEADERS = {
    "content-security-policy": NOTHING,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_READING = ("GET", "HEAD", "OPTIONS")


class Shield:
    """Around the whole application: adds `HEADERS` where they are not set, and refuses with 403 what a page of
    another origin sends. Who sends no Origin is no page, or reads only.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.lower() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        origin = Headers(scope=scope).get("origin")
        if origin is None or scope["method"] in _READING or origin.lower() in self._origins:
            await self._app(scope, receive, shielded)
        else:
            refusal = PlainTextResponse("Pages of this origin may not use this server; see DRAFTCAST_ORIGINS.\n", 403)
            await refusal(scope, receive, shielded)


def origin_of(url: str) -> str:
    """The origin that browsers name for pages of this URL."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    port = parts.port
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def own_origins(url: str) -> tuple[str, ...]:
    """The origins of this server's own pages: that of its URL, and on this machine every way to write that."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return (origin_of(url),)
    port = "" if parts.port is None else f":{parts.port}"
    hosts = (f"[{host}]" if ":" in host else host for host in LOOPBACK)
    return tuple(origin_of(f"{parts.scheme}://{host}{port}") for host in hosts)
