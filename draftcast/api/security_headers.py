"""Security headers of all responses, and the refusal of requests from foreign web pages."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.http.websocket_origin import normalize_origin

DENY_ALL = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of responses without one of their own: a browser runs nothing of them."""
DATA_HEADERS = ((b"x-content-type-options", b"nosniff"),)
"""For JSON, which browsers do not show as a document."""
FILE_HEADERS = (*DATA_HEADERS, (b"content-security-policy", DENY_ALL.encode()))
PAGE_HEADERS = (
    *FILE_HEADERS,
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
"""For HTML."""
_READ_METHODS = ("GET", "HEAD", "OPTIONS")
_NOT_HERE = "Pages of this origin may not use this server; see DRAFTCAST_ORIGINS.\n"
_NO_PATH = "No path holds the character U+0000.\n"


class SecurityHeaders:
    """Middleware around the application: adds the headers of `headers_for` that are not set.

    Requests and websockets of pages of other origins get 403; a request without Origin is no web page's, or only reads.
    Paths with U+0000, which no file or row can be named by, get 404.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._app_for(scope)(scope, receive, _with_headers(send, scope["method"]))
        elif scope["type"] == "websocket" and self._is_foreign(scope):
            await send({"type": "websocket.close"})  # the server sends 403
        else:
            await self._app(scope, receive, send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        if self._is_foreign(scope):
            return PlainTextResponse(_NOT_HERE, 403)
        return PlainTextResponse(_NO_PATH, 404) if "\0" in scope["path"] else self._app

    def _is_foreign(self, scope: Scope) -> bool:
        if scope.get("method") in _READ_METHODS:
            return False
        origin = Headers(scope=scope).get("origin")
        return origin is not None and normalize_origin(origin) not in self._origins


def _with_headers(send: Send, method: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers", ())
            names = dict(given)
            required = headers_for(names.get(b"content-type", b""), method)
            message = {**message, "headers": [*given, *(header for header in required if header[0] not in names)]}
        await send(message)

    return send_with_headers


def headers_for(content_type: bytes, method: str) -> tuple[tuple[bytes, bytes], ...]:
    """The security headers of a response of this content type; responses to POST are not cached anyway."""
    if content_type.endswith(b"json"):
        return DATA_HEADERS if method == "POST" else (*DATA_HEADERS, (b"cache-control", b"no-store"))
    return PAGE_HEADERS if content_type.startswith(b"text/html") else FILE_HEADERS
