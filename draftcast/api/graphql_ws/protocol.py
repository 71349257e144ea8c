"""The graphql-transport-ws protocol.

It requires 4400 for a malformed message. The library raises for some of them, so each message is checked first.
"""

import asyncio
import logging
from functools import partial
from typing import Any, cast

from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message
from strawberry.subscriptions.protocols.graphql_ws.handlers import BaseGraphQLWSHandler

from draftcast.api.graphql_ws.delivery import STOPPED, TRY_AGAIN_LATER, DeliveringHandler
from resolvers.context import SocketContext
from resolvers.error_table import graphql_error
from schema.execution.operations import operation_fault
from services.access.limits import Limit, QuotaExceeded
from services.live.connections import connection_ended
from services.telemetry.stream_metrics import EndReason, Transport

log = logging.getLogger(__name__)

LONGEST_REASON_BYTES = 123
"""RFC 6455, 5.5: a close frame holds 125 bytes, two of them the code."""
NOT_ACCEPTABLE = 4406
FORBIDDEN = 4403
POLICY_VIOLATION = 1008
"""Clients do not reconnect after it."""
LEGACY = "The protocol graphql-ws of subscriptions-transport-ws is not supported; use graphql-transport-ws"
LONGEST_ID = 128
"""Characters of an operation's id, which each of its messages repeats."""
_REASONS = {FORBIDDEN: EndReason.KEY_ENDED, POLICY_VIOLATION: EndReason.ENDED}
_WITH_PAYLOAD = ("connection_init", "ping", "pong")


class CarefulSocket(ASGIWebSocketAdapter):
    """A socket that may be closed twice, and raises `WebSocketDisconnected` once it is closed."""

    closed_with: int | None = None
    """The code with which the server has closed it."""

    async def send_json(self, message: Any) -> None:
        """Send a message. Raises `WebSocketDisconnected` when the client has disconnected."""
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await super().send_json(message)
        except RuntimeError as error:  # the server has closed it: a broken frame, or text that is not UTF-8
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close once; later calls change nothing."""
        if self.ws.application_state is WebSocketState.CONNECTED:
            self.closed_with = code
            await super().close(code, reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore"))


class TransportHandler(DeliveringHandler):
    """One connection of the protocol."""

    _closing_early: asyncio.Task[None] | None = None

    async def handle(self) -> None:
        """Handle messages until either end closes, and no longer than the caller's key is valid."""
        self.max_subscriptions_per_connection = self.context.services.settings.subscriptions_per_socket
        context = self.context
        context.on_revoked = partial(self._close, FORBIDDEN, "The key has ended")
        end = partial(self._close, POLICY_VIOLATION, connection_ended().message.en)
        try:
            context.enter()
            with context.listed(Transport.WEBSOCKET, self._load, end):
                await super().handle()
        except QuotaExceeded as error:
            await self.websocket.close(TRY_AGAIN_LATER, error.message.en)
        finally:
            context.leave()
            if self._closing_early is not None:
                await asyncio.gather(self._closing_early, return_exceptions=True)

    def _close(self, code: int, reason: str) -> None:
        self._closing_early = asyncio.create_task(self.websocket.close(code, reason))

    def _load(self) -> tuple[int, int]:
        """Running operations, and messages that wait for the client."""
        return len(self.operations), self.sender.waiting

    def end_reason(self) -> EndReason:
        """See `DeliveringHandler`."""
        socket = cast("CarefulSocket", self.websocket)
        if socket.closed_with is not None:
            return _REASONS.get(socket.closed_with, EndReason.FAULT)
        return EndReason.STOPPED if STOPPED in socket.ws.scope else super().end_reason()

    async def handle_message(self, message: Message) -> None:
        """Handle one message of the client."""
        fault = message_fault(message)
        if fault:
            await self.handle_invalid_message(fault)
        elif not await self._refused(message):
            await super().handle_message(message)

    async def _refused(self, message: Message) -> bool:
        """Whether an operation exceeds the rate limit; the client gets the error."""
        if message["type"] != "subscribe" or not self.connection_acknowledged:
            return False
        try:
            self.context.count(Limit.QUERIES)
        except QuotaExceeded as error:
            await self.websocket.send_json({"id": message["id"], "type": "error", "payload": [graphql_error(error)]})
            return True
        return False

    def forget_id(self, id: str) -> None:  # noqa: A002 - the library's name
        """Called at the end of an operation, which the client may have ended at the same moment."""
        self.operations.pop(id, None)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log the exception that ended an operation, unless the client has disconnected."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("an operation of a websocket failed", exc_info=error)


class LegacyRefusal(BaseGraphQLWSHandler[SocketContext, None]):
    """A connection of the older protocol: accepted and closed, as browsers show no code of a failed handshake."""

    async def handle(self) -> None:
        """Close with the name of the supported protocol."""
        await self.websocket.close(NOT_ACCEPTABLE, LEGACY)


def message_fault(message: object) -> str | None:
    """The first fault in the form of a client's message; None when there is none."""
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
