"""What every answer carries against misuse by web pages, and which pages may ask at all."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.http.websocket_origin import normalize_origin

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of an answer that names none itself: whatever it is, a browser runs nothing of it."""
DATA_HEADERS = ((b"x-content-type-options", b"nosniff"),)
"""For JSON, of which browsers make no document."""
FILE_HEADERS = (*DATA_HEADERS, (b"content-security-policy", NOTHING.encode()))
PAGE_HEADERS = (
    *FILE_HEADERS,
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
"""What only a page can make use of."""
_READING = ("GET", "HEAD", "OPTIONS")
_NOT_HERE = "Pages of this origin may not use this server; see DRAFTCAST_ORIGINS.\n"
_NO_PATH = "No path holds the character U+0000.\n"


class SecurityHeaders:
    """Around the whole application: adds the headers of `headers_for` where they are not set, and refuses with 403
    what a page of another origin sends, and its websockets. Who sends no Origin is no page, or reads only. A path that
    no file and no row can be called by is nowhere.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._chosen(scope)(scope, receive, _with_headers(send, scope["method"]))
        elif scope["type"] == "websocket" and self._foreign(scope):
            await send({"type": "websocket.close"})  # which a server answers with 403
        else:
            await self._app(scope, receive, send)

    def _chosen(self, scope: Scope) -> ASGIApp:
        if self._foreign(scope):
            return PlainTextResponse(_NOT_HERE, 403)
        return PlainTextResponse(_NO_PATH, 404) if "\0" in scope["path"] else self._app

    def _foreign(self, scope: Scope) -> bool:
        if scope.get("method") in _READING:
            return False
        origin = Headers(scope=scope).get("origin")
        return origin is not None and normalize_origin(origin) not in self._origins


def _with_headers(send: Send, method: str) -> Send:
    async def shielded(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers", ())
            names = dict(given)
            wanted = headers_for(names.get(b"content-type", b""), method)
            message = {**message, "headers": [*given, *(header for header in wanted if header[0] not in names)]}
        await send(message)

    return shielded


def headers_for(content_type: bytes, method: str) -> tuple[tuple[bytes, bytes], ...]:
    """What an answer of this type carries. Nobody keeps an answer to POST, so it need not say so."""
    if content_type.endswith(b"json"):
        return DATA_HEADERS if method == "POST" else (*DATA_HEADERS, (b"cache-control", b"no-store"))
    return PAGE_HEADERS if content_type.startswith(b"text/html") else FILE_HEADERS
