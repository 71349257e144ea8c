"""GraphQL over HTTP: one operation a request, in the media type that the client accepts.

The rules are those of the GraphQL over HTTP specification; `draftcast.api.graphql_http.streams` sends streams.
"""

import json
from contextlib import ExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from draftcast.api.graphql_http.accept import ONE_RESULT, Media, accepted
from draftcast.api.graphql_http.formats import EventStream, Format, Multipart
from draftcast.api.graphql_http.resume import resumed
from draftcast.api.graphql_http.streams import StreamResponse
from draftcast.api.origins import from_foreign_page
from draftcast.api.request_body import LARGEST_DOCUMENT_BYTES, json_body
from resolvers.context import Context
from resolvers.error_table import (
    FetchOfADraft,
    ForeignPage,
    NotAcceptable,
    QueryStringTooLong,
    WrongMethod,
    error_entry,
    graphql_error,
)
from schema.execution.executor import OperationExecutor
from schema.execution.operations import is_mutation, operation_fault
from schema.execution.results import Operation, OperationResult
from services.errors import Bilingual, InvalidInput, RequestError
from services.http.client import USER_AGENT
from services.strict_json import parse_json

LONGEST_QUERY_STRING_BYTES = 16 * 1024
LONGEST_ACCEPT = 1000
"""Characters of an Accept header that are parsed and cached; browsers send about a hundred."""
METHODS = ("GET", "POST")
FORMATS: dict[Media, Format] = {Media.EVENTS: EventStream(), Media.MULTIPART: Multipart()}
_OPERATION = ("query", "variables", "operationName", "extensions")
_IN_JSON = ("variables", "extensions")


class MutationByGet(WrongMethod):
    """A mutation was sent by GET."""


class HttpEndpoint:
    """POST with a JSON object, or GET with a query string for operations that are no mutation."""

    def __init__(self, executor: OperationExecutor, origins: tuple[str, ...]) -> None:
        self._executor = executor
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        media = accepted(request.headers.get("accept", "")[:LONGEST_ACCEPT])
        with ExitStack() as held:
            try:
                response = await self._response(request, media, held)
            except RequestError as error:
                response = _refusal(error, media)
            await response(scope, receive, send)

    async def _response(self, request: Request, media: Media | None, held: ExitStack) -> ASGIApp:
        """The response; the connection slot of a stream is put into `held`."""
        if media is None:
            raise NotAcceptable(_no_media())
        if request.headers.get("user-agent") == USER_AGENT:  # one question would lead to the next, each in a place
            raise FetchOfADraft(
                Bilingual(
                    "This is no address of a draft or material: it answers questions of people and programs.",
                    "该地址不是草稿或素材的地址，仅供用户和程序查询。",
                )
            )
        context = await Context.of(request)
        by_post = request.method == "POST"
        body = await json_body(request, LARGEST_DOCUMENT_BYTES) if by_post else b""
        operation = _operation(_parsed(body)) if by_post else self._operation_of_get(request)
        if media in ONE_RESULT:
            return _response(await self._executor.answer(context, operation, mutations=by_post, body=body), media)
        position = request.headers.get("last-event-id", "")
        if position:
            operation = resumed(operation, position)
        held.enter_context(context.connection_slot())
        return StreamResponse(
            self._executor, context, operation, FORMATS[media], resumed=bool(position) and media is Media.EVENTS
        )

    def _operation_of_get(self, request: Request) -> Operation:
        if request.method != "GET":
            raise _wrong_method(request.method)
        if from_foreign_page(request.headers, self._origins):
            raise ForeignPage(
                Bilingual("Pages from elsewhere may not ask this server.", "其他网站的页面不能访问此服务。")
            )
        operation = _operation(_query_parameters(request))
        if is_mutation(operation):
            raise MutationByGet(Bilingual("A mutation must be sent by POST.", "mutation 须以 POST 发送。"))
        return operation


def _operation(fields: Any) -> Operation:
    """The operation of a request. Raises `InvalidInput` for fields that do not have the form of the specification."""
    fault = operation_fault(fields)
    if fault:
        raise InvalidInput(Bilingual(fault, fault))
    return Operation(fields["query"], fields.get("variables"), fields.get("operationName"))


def _query_parameters(request: Request) -> dict[str, Any]:
    """The fields of an operation in a query string. Raises `InvalidInput` or `QueryStringTooLong`."""
    if len(request.scope["query_string"]) > LONGEST_QUERY_STRING_BYTES:
        raise QueryStringTooLong(
            Bilingual(
                f"The query string may have at most {LONGEST_QUERY_STRING_BYTES} bytes; use POST.",
                f"查询字符串不得超过 {LONGEST_QUERY_STRING_BYTES} 字节，请改用 POST。",
            )
        )
    given = {name: request.query_params[name] for name in _OPERATION if name in request.query_params}
    return {name: _parsed(text) if name in _IN_JSON and text else text or None for name, text in given.items()}


def _parsed(text: str | bytes) -> object:
    try:
        return parse_json(text)
    except json.JSONDecodeError:
        where = "The body" if isinstance(text, bytes) else "A parameter"
        raise InvalidInput(
            Bilingual(f"{where} is not valid JSON.", f"{'请求体' if where == 'The body' else '参数'}不是有效的 JSON。")
        ) from None


def _response(answer: OperationResult, media: Media) -> Response:
    """The result. The newer media type has status 400 and no `data` for an operation that was not executed."""
    if answer.executed or media is Media.JSON:
        return _in_json(answer.body, 200, media)
    result = json.loads(answer.body)
    return _in_json(json.dumps({"errors": result["errors"]}).encode(), 400, media)


def _refusal(error: RequestError, media: Media | None) -> Response:
    problem = error_entry(error)
    headers = dict(problem.headers)
    if isinstance(error, WrongMethod):
        headers["allow"] = "POST" if isinstance(error, MutationByGet) else ", ".join(METHODS)
    form = media if media is Media.RESPONSE else Media.JSON
    return _in_json(json.dumps({"errors": [graphql_error(error)]}).encode(), problem.status, form, headers)


def _in_json(body: bytes, status: int, media: Media, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, media.value)


def _no_media() -> Bilingual:
    offered = ", ".join(Media)
    return Bilingual(f"The Accept header takes none of {offered}.", f"Accept 请求头不包含 {offered} 中的任何一种。")


def _wrong_method(method: str) -> WrongMethod:
    allowed = " or ".join(METHODS)
    return WrongMethod(
        Bilingual(f"This path takes {allowed}, not {method}.", f"此路径只接受 {allowed}，不接受 {method}。")
    )
