"""The response cache's middleware: it answers repeated requests of pollers before routing.

A cache maps the bytes of a request body to those of its response. Requests without a cached response are routed
as usual, and get the same response.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from draftcast.api.graphql_ws.delivery import keep_send
from draftcast.api.security_headers import DATA_HEADERS
from resolvers.context import Context
from schema.execution.response_cache import MAX_BODY_BYTES
from services.errors import RequestError

_JSON = b"application/json"
_ACCEPTED = (b"*/*", _JSON, b"application/json, */*")
_HEADERS = ((b"content-type", _JSON), *DATA_HEADERS)

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
CachedResponse: TypeAlias = Callable[[Context, bytes, bytes], bytes | None]
"""The cached response to a request body, given the Accept-Language header; None when there is none."""


class ResponseCacheMiddleware:
    """Answers POST requests from the cache of their path. It comes before all other middleware."""

    def __init__(self, app: ASGIApp, caches: Mapping[str, CachedResponse]) -> None:
        self._app = app
        self._caches = caches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            respond = self._caches.get(scope["path"])
            language = None if respond is None else _language_of_plain_json(scope["headers"])
            if respond is not None and language is not None:
                message = await receive()
                body = await _cached(respond, scope, message, language)
                if body is not None:
                    headers = [(b"content-length", b"%d" % len(body)), *_HEADERS]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await send({"type": "http.response.body", "body": body})
                    return
                receive = _again(message, receive)
        elif scope["type"] == "websocket":
            keep_send(scope, send)
        await self._app(scope, receive, send)


async def _cached(respond: CachedResponse, scope: Scope, message: Message, language: bytes) -> bytes | None:
    body: bytes = message.get("body", b"")
    if message.get("more_body") or len(body) > MAX_BODY_BYTES or "services" not in scope.get("state", ()):
        return None
    try:
        return respond(await Context.of_scope(scope), body, language)
    except RequestError:  # reported by the endpoint, which also answers guests with redacted tasks
        return None


def _language_of_plain_json(headers: Headers) -> bytes | None:
    """The Accept-Language of a request that sends JSON and accepts JSON; None for other requests, and for those of
    web pages, whose origin must be checked.
    """
    language, content_type = b"", b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name == b"accept":
            if value not in _ACCEPTED:
                return None
        elif name == b"accept-language":
            language = value
        elif name == b"origin":
            return None
    return language if content_type == _JSON else None


def _again(first: Message, receive: Receive) -> Receive:
    """A `receive` that returns this message first."""
    pending = [first]

    async def received() -> Message:
        return pending.pop() if pending else await receive()

    return received
