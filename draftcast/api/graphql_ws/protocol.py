"""The websocket side of GraphQL: the graphql-transport-ws protocol, with malformed messages refused.

The protocol wants 4400 for a message that is not of its form; the library lets some of them
raise, so each message is looked at before the library sees it.
"""

import asyncio
import logging
from typing import Any, cast

from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message
from strawberry.subscriptions.protocols.graphql_ws.handlers import BaseGraphQLWSHandler

from draftcast.api.graphql_ws.delivery import TRY_AGAIN_LATER, DeliveringHandler
from resolvers.context import SocketContext
from resolvers.error_table import error_extensions
from schema.execution.operations import operation_fault
from services.access.limits import Limit, QuotaExceeded

log = logging.getLogger(__name__)

LONGEST_REASON_BYTES = 123
"""RFC 6455, 5.5: a close frame holds 125 bytes, two of them the code."""
NOT_ACCEPTABLE = 4406
FORBIDDEN = 4403
LEGACY = "The protocol graphql-ws of subscriptions-transport-ws is not spoken; use graphql-transport-ws"
LONGEST_ID = 128
"""Characters of an operation's id, which every message about it repeats."""
_WITH_PAYLOAD = ("connection_init", "ping", "pong")


class CarefulSocket(ASGIWebSocketAdapter):
    """A socket that can always be closed, and that says clearly when it has been."""

    async def send_json(self, message: Any) -> None:
        """Send a message. Raises `WebSocketDisconnected` when nobody is there any more."""
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await super().send_json(message)
        except RuntimeError as error:  # the server has closed it by itself: a broken frame, text that is no UTF-8
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close once; later calls change nothing."""
        if self.ws.application_state is WebSocketState.CONNECTED:
            await super().close(code, reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore"))


class TransportHandler(DeliveringHandler):
    """One connection of the protocol."""

    _expelling: asyncio.Task[None] | None = None

    async def handle(self) -> None:
        """Talk until either end closes, and no longer than the caller's key is valid."""
        self.max_subscriptions_per_connection = self.context.services.settings.subscriptions_per_socket
        context = self.context
        context.on_revoked = self._expel
        try:
            context.enter()
            await super().handle()
        except QuotaExceeded as error:
            await self.websocket.close(TRY_AGAIN_LATER, error.message.en)
        finally:
            context.leave()
            if self._expelling is not None:
                await asyncio.gather(self._expelling, return_exceptions=True)

    def _expel(self) -> None:
        self._expelling = asyncio.create_task(self.websocket.close(FORBIDDEN, "The key has ended"))

    async def handle_message(self, message: Message) -> None:
        """Take one message of the client."""
        fault = message_fault(message)
        if fault:
            await self.handle_invalid_message(fault)
        elif not await self._refused(message):
            await super().handle_message(message)

    async def _refused(self, message: Message) -> bool:
        """Whether an operation is one too many; the client is told so."""
        if message["type"] != "subscribe" or not self.connection_acknowledged:
            return False
        try:
            self.context.count(Limit.QUERIES)
        except QuotaExceeded as error:
            told = {"message": error.message.en, "extensions": error_extensions(error)}
            await self.websocket.send_json({"id": message["id"], "type": "error", "payload": [told]})
            return True
        return False

    def forget_id(self, id: str) -> None:  # noqa: A002 - the library's name
        """An operation is over, be it that the client has ended it at the same moment."""
        self.operations.pop(id, None)

    async def handle_task_exception(self, error: Exception) -> None:
        """An operation ended by an exception. That the client has gone is no news."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("an operation of a websocket failed", exc_info=error)


class LegacyRefusal(BaseGraphQLWSHandler[SocketContext, None]):
    """A connection of the protocol before this one.

    It is accepted and then closed, since browsers show no code for a handshake that fails.
    """

    async def handle(self) -> None:
        """Say what to use instead."""
        await self.websocket.close(NOT_ACCEPTABLE, LEGACY)


def message_fault(message: object) -> str | None:
    """What is wrong with the form of a client's message, or None."""
    if not isinstance(message, dict):
        return "The message is not an object"
    found = cast("dict[str, Any]", message)
    kind = found.get("type")
    if kind in _WITH_PAYLOAD:
        return None if isinstance(found.get("payload", {}), dict) else "payload is not an object"
    if kind not in ("subscribe", "complete"):
        return "type is not one of the protocol"
    if not isinstance(found.get("id"), str) or not found["id"]:
        return "id is not a string of at least one character"
    if len(found["id"]) > LONGEST_ID:
        return f"id is longer than {LONGEST_ID} characters"
    return operation_fault(found.get("payload")) if kind == "subscribe" else None
