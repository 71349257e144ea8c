"""The Model Context Protocol over HTTP, with the keys and scopes of the API. There are no sessions."""

import io
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from draftcast.api.origins import from_foreign_page
from draftcast.api.uploads import store
from resolvers.context import Context
from resolvers.error_table import ForeignPage, WrongMethod, error_entry, public_message
from schema.execution.executor import OperationExecutor
from schema.execution.results import Operation, OperationRefused
from services.errors import Bilingual, DraftcastError, RequestError

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from draftcast.api.mcp.tools import Json
    from draftcast.api.mcp.tools import Request as ToolRequest

PATH = "/mcp"
LARGEST_BODY_BYTES = 4 << 20
"""A draft's content, as `upload` takes it."""
INVALID_REQUEST = -32600
UNAUTHENTICATED_STATUS = 401


class McpEndpoint:
    """POST with a JSON-RPC message. The library is loaded by the first request: it costs 30 MB of memory."""

    def __init__(self, executor: OperationExecutor, origins: tuple[str, ...]) -> None:
        self._executor = executor
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            await self._check(request)
        except RequestError as error:
            await _refusal(error)(scope, receive, send)
            return
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(self._server, stateless=True, max_request_body_size=LARGEST_BODY_BYTES)
        async with manager.run():  # its tasks end with the request
            await manager.handle_request(scope, receive, send)

    async def _check(self, request: Request) -> None:
        if request.method != "POST":
            raise WrongMethod(Bilingual("This path takes POST.", "此路径只接受 POST。"))
        if from_foreign_page(request.headers, self._origins):
            raise ForeignPage(
                Bilingual("Pages from elsewhere may not ask this server.", "其他网站的页面不能访问此服务。")
            )
        await Context.of(request)

    @cached_property
    def _server(self) -> "Server[Any]":
        from draftcast.api.mcp.tools import build_server

        server = build_server(self._api_of)
        server.streamable_http_app(stateless_http=True)  # makes the session manager, which knows the server
        return server.session_manager.app

    async def _api_of(self, context: "ToolRequest") -> "_OwnApi":
        request = context.request_context.request
        assert request is not None  # noqa: S101 - the transport is HTTP
        return _OwnApi(self._executor, await Context.of(request))


class _OwnApi:
    """The API of this process, for the caller of a request."""

    def __init__(self, executor: OperationExecutor, context: Context) -> None:
        self._executor = executor
        self._context = context

    async def ask(self, document: str, variables: "Json") -> "Json":
        """See `Api`."""
        result = json.loads((await self._executor.answer(self._context, Operation(document, variables))).body)
        return _data(result)

    async def watch(self, task_id: str) -> AsyncGenerator["Json"]:
        """See `Api`."""
        from draftcast.api.mcp.tools import WATCH

        with _as_tool_errors(), self._context.connection_slot():
            try:
                stream = await self._executor.stream(self._context, Operation(WATCH, {"id": task_id}))
            except OperationRefused as refused:
                _data({"errors": refused.errors})
                return
            async with aclosing(stream):
                while (item := await self._context.while_admitted(anext(stream, None))) is not None:
                    yield _data(json.loads(item.text))["videoTaskProgress"]

    async def keep(self, name: str, archive: bytes) -> str:
        """See `Api`."""

        async def chunks() -> AsyncGenerator[bytes]:
            yield archive

        with _as_tool_errors():
            return (await store(self._context, name, chunks()))["draft_url"]

    async def picture(self, url: str) -> bytes:
        """See `Api`."""
        key = unquote(urlsplit(url).path).removeprefix("/files/")
        with _as_tool_errors():
            content = io.BytesIO()
            await self._context.services.files.get(key, content)
            return content.getvalue()


def _data(result: "Json") -> "Json":
    """The data of a result. Raises `ToolError` for its first error."""
    from mcp.server.mcpserver.exceptions import ToolError

    if result.get("errors"):
        first = result["errors"][0]
        raise ToolError(f"{first.get('extensions', {}).get('code', 'INVALID_INPUT')}: {first['message']}")
    data: Json = result["data"]
    return data


@contextmanager
def _as_tool_errors() -> Generator[None]:
    """Translates errors of the services to `ToolError`s, which agents read."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        yield
    except (DraftcastError, OSError) as error:
        raise ToolError(f"{error_entry(error).code}: {public_message(error).en}") from error


def _refusal(error: RequestError) -> JSONResponse:
    """A JSON-RPC error without an id: the message was not read."""
    entry = error_entry(error)
    body = {"code": INVALID_REQUEST, "message": public_message(error).en, "data": {"code": entry.code}}
    challenge = {"www-authenticate": "Bearer"} if entry.status == UNAUTHENTICATED_STATUS else {}
    headers = {**entry.headers, **challenge, **({"allow": "POST"} if isinstance(error, WrongMethod) else {})}
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": body}, entry.status, headers)
