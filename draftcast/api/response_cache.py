"""The response cache's middleware: it answers repeated requests of pollers before routing.

A cache maps the bytes of a request body to those of its response. Requests without a cached response are routed
as usual, and get the same response.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from draftcast.api.graphql_ws.delivery import keep_send
from draftcast.api.security_headers import DATA_HEADERS
from resolvers.context import Context
from services.errors import RequestError

LONGEST_KNOWN = 2048
"""Bytes of a body that may be known; more is no poller's question."""
_JSON = b"application/json"
_ACCEPTED = (b"*/*", _JSON, b"application/json, */*")
_HEADERS = ((b"content-type", _JSON), *DATA_HEADERS)

Headers = Iterable[tuple[bytes, bytes]]


class CachedAnswers(Protocol):
    """Answers from memory."""

    def cached(self, context: Context, body: bytes, language: bytes) -> bytes | None:
        """The answer's bytes; `language` is the Accept-Language header. None: ask the usual way."""
        ...


class ResponseCacheMiddleware:
    """Middleware that asks the `CachedAnswers` of a path before anything else."""

    def __init__(self, app: ASGIApp, quick: Mapping[str, CachedAnswers]) -> None:
        self._app = app
        self._quick = quick

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            quick = self._quick.get(scope["path"])
            language = None if quick is None else _plain_json(scope["headers"])
            if quick is not None and language is not None:
                message = await receive()
                answer = await _answer(quick, scope, message, language)
                if answer is not None:
                    headers = [(b"content-length", b"%d" % len(answer)), *_HEADERS]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await send({"type": "http.response.body", "body": answer})
                    return
                receive = _again(message, receive)
        elif scope["type"] == "websocket":
            keep_send(scope, send)
        await self._app(scope, receive, send)


async def _answer(quick: CachedAnswers, scope: Scope, message: Message, language: bytes) -> bytes | None:
    body: bytes = message.get("body", b"")
    if message.get("more_body") or len(body) > LONGEST_KNOWN or "services" not in scope.get("state", ()):
        return None
    try:
        return quick.cached(await Context.of_scope(scope), body, language)
    except RequestError:  # the usual way tells it, and answers guests, who may not read all that an owner may
        return None


def _plain_json(headers: Headers) -> bytes | None:
    """The Accept-Language of a request that sends JSON and takes JSON; None for other requests, and those of pages,
    which may have to be refused.
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
    """Receives a message that was received before, and then the others."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
