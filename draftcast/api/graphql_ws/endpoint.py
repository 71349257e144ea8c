"""The websocket endpoint: strawberry's, which also refuses malformed requests."""

import json
from datetime import timedelta
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema.base import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from draftcast.api.graphql_ws.protocol import CarefulSocket, LegacyRefusal, TransportHandler
from resolvers.context import SocketContext, services_of
from schema.execution.executor import OperationExecutor
from services.access.callers import NotAdmitted
from services.strict_json import parse_json

INIT_TIMEOUT = timedelta(seconds=10)
"""A socket that has not sent connection_init by then is closed."""


class GraphQLEndpoint(GraphQL[SocketContext, None]):
    """Websockets of the graphql-transport-ws protocol, from pages of `origins` or from no web page at all."""

    websocket_adapter_class = CarefulSocket
    graphql_transport_ws_handler_class = TransportHandler
    graphql_ws_handler_class = LegacyRefusal

    def __init__(self, schema: BaseSchema, origins: tuple[str, ...], executor: OperationExecutor) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_WS_PROTOCOL),
            connection_init_wait_timeout=INIT_TIMEOUT,
            allowed_origins=origins,
        )
        self.executor = executor

    async def pick_websocket_subprotocol(self, request: WebSocket) -> str | None:
        """The first supported protocol that the client offers, in the server's order."""
        return next((name for name in self.protocols if name in request["subprotocols"]), None)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> SocketContext:
        """The context of the socket; its caller is known after connection_init."""
        del response
        return SocketContext(services_of(request), scope=request.scope)

    async def on_ws_connect(self, context: SocketContext) -> UnsetType | dict[str, object] | None:
        """Authenticate the caller. Raises `QuotaExceeded`, which closes the socket."""
        try:
            await context.admit()
        except NotAdmitted as error:
            raise ConnectionRejectionError from error
        return cast("UnsetType", UNSET)

    def decode_json(self, data: str | bytes) -> object:
        """Strict JSON."""
        return parse_json(data)

    def encode_json(self, data: object) -> str:
        """Compact JSON in ASCII, so that any text of a draft can be sent."""
        return json.dumps(data, separators=(",", ":"))
