"""GraphQL over HTTP and websocket, stricter than the library where it lets malformed requests through."""

import json
from datetime import timedelta
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema.base import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from resolvers.bodies import json_body, parse_json
from resolvers.context import Context
from resolvers.problems import extensions_of, problem_of, told
from resolvers.sockets import CarefulSocket, TransportHandler, operation_fault
from services.access.callers import NotAdmitted
from services.errors import Bilingual, InvalidInput, RequestError

INIT_TIMEOUT = timedelta(seconds=10)
"""How long a new socket may take to say connection_init."""


class GraphQLEndpoint(GraphQL[Context, None]):
    """POST with a JSON object, or a websocket of the graphql-transport-ws protocol; nothing else.

    A websocket must come from a page of one of `origins`, or from no page at all.
    """

    websocket_adapter_class = CarefulSocket
    graphql_transport_ws_handler_class = TransportHandler

    def __init__(self, schema: BaseSchema, *origins: str) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_TIMEOUT,
            allowed_origins=origins,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or talk with one socket until it closes."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            body = await _checked_body(Request(scope, receive))
        except RequestError as error:
            await _refusal(error)(scope, receive, send)
            return
        await super().__call__(scope, _again(body), send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks."""
        del response
        return Context.of(request) if isinstance(request, Request) else Context.of_socket(request)

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Let in who has a key, if there are keys. Raises `QuotaExceeded`, which closes the socket."""
        try:
            context.admit()
        except NotAdmitted as error:
            raise ConnectionRejectionError from error
        return cast("UnsetType", UNSET)

    def decode_json(self, data: str | bytes) -> object:
        """Strict JSON."""
        return parse_json(data)

    def encode_json(self, data: object) -> str:
        """Compact JSON; what is not ASCII is escaped, so that any text of a draft can be sent."""
        return json.dumps(data, separators=(",", ":"))


async def _checked_body(request: Request) -> bytes:
    """The body of a request that is formed as GraphQL over HTTP wants it. Raises a `RequestError`."""
    Context.of(request)
    body = await json_body(request)
    try:
        fault = operation_fault(parse_json(body))
    except json.JSONDecodeError:
        fault = "The body is not valid JSON."
    if fault:
        raise InvalidInput(Bilingual(fault, fault))
    return body


def _again(body: bytes) -> Receive:
    """Receives a body that has been read before."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _refusal(error: RequestError) -> JSONResponse:
    problem = problem_of(error)
    formatted = {"message": told(error).en, "extensions": extensions_of(error)}
    return JSONResponse({"errors": [formatted]}, problem.status, problem.headers)
