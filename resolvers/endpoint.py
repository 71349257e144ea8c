"""GraphQL over HTTP and websocket, stricter than the library where it lets malformed requests through."""

import json
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.base import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from resolvers.answers import Answers
from resolvers.bodies import json_body, parse_json
from resolvers.context import Context
from resolvers.delivery import with_send
from resolvers.problems import problem_of, told
from resolvers.sockets import CarefulSocket, TransportHandler, operation_fault
from services.errors import Bilingual, InvalidInput, RequestError

INIT_TIMEOUT = timedelta(seconds=10)
"""How long a new socket may take to say connection_init."""
MOST_OPERATIONS_PER_SOCKET = 100


class GraphQLEndpoint(GraphQL[Context, None]):
    """POST with a JSON object, or a websocket of the graphql-transport-ws protocol; nothing else.

    A websocket must come from a page of this server, of `own_url`, or from no page at all.
    """

    websocket_adapter_class = CarefulSocket
    graphql_transport_ws_handler_class = TransportHandler

    def __init__(self, schema: BaseSchema, own_url: str, answers: Answers) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=MOST_OPERATIONS_PER_SOCKET,
            allowed_origins=(own_url,),
        )
        self.answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or talk with one socket until it closes."""
        if scope["type"] != "http":
            await super().__call__(with_send(scope, send), receive, send)
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
        return Context.of(request)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """An answer, which is old as soon as it is given."""
        response = super().create_response(response_data, sub_response)
        response.headers["cache-control"] = "no-store"
        return response

    def decode_json(self, data: str | bytes) -> object:
        """Strict JSON."""
        return parse_json(data)

    def encode_json(self, data: object) -> str:
        """Compact JSON; what is not ASCII is escaped, so that any text of a draft can be sent."""
        return json.dumps(data, separators=(",", ":"))


async def _checked_body(request: Request) -> bytes:
    """The body of a request that is formed as GraphQL over HTTP wants it. Raises a `RequestError`."""
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
    formatted = {"message": told(error).en, "extensions": {"code": problem.code}}
    return JSONResponse({"errors": [formatted]}, problem.status, problem.headers)
