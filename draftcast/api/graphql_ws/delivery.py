"""Operations on a websocket. A socket that stays full is closed with 1013, try again later."""

import asyncio
from contextlib import aclosing, suppress
from typing import Any, cast

from starlette.types import Message, Scope, Send
from strawberry.subscriptions.protocols.graphql_transport_ws import handlers
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from draftcast.api.backpressure import BackpressuredSender
from resolvers.context import SocketContext
from schema.execution.executor import OperationExecutor
from schema.execution.results import Operation, OperationRefused, StreamItem, encode
from schema.execution.shared import Subscription
from services.telemetry.stream_metrics import EndReason, Transport, TransportMetrics

TRY_AGAIN_LATER = 1013
TOO_SLOW = "Messages are not read fast enough"
STOPPED = "draftcast.stopped"
"""The key of a websocket's scope that is there once the server stops."""
_SEND = "draftcast.send"


def keep_send(scope: Scope, send: Send) -> None:
    """Store the server's `send` in a websocket's scope, for `DeliveringHandler`."""
    scope[_SEND] = send


class SocketSender(BackpressuredSender[str]):
    """The sending side of one socket."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._held: list[str] = []
        """Messages of the protocol that wait for a full socket."""
        self.receivers: dict[str, Receiver] = {}

    def message(self, piece: str) -> Message:
        """A text message."""
        return {"type": "websocket.send", "text": piece}

    @property
    def waiting(self) -> int:
        """The number of messages that wait for the client."""
        return len(self._held) + sum(each.stream.queue.waiting for each in self.receivers.values())

    def send_soon(self, text: str) -> None:
        """Send a message now, or when the socket is not full any more."""
        if self._held or not self.try_send(text):
            self._held.append(text)

    def on_writable(self) -> None:
        """Send the held messages, and resume the subscriptions."""
        while self._held and self.try_send(self._held[0]):
            self._held.pop(0)
        for receiver in list(self.receivers.values()):
            receiver.stream.queue.deliver()

    async def send_close(self) -> None:
        """Close with 1013."""
        with suppress(OSError, RuntimeError):  # it is closed already
            await self._send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": TOO_SLOW})


class Receiver:
    """Sends the items of a subscription as messages of its operation."""

    __slots__ = ("_handler", "_id", "_metrics", "_prefix", "stream")

    def __init__(self, handler: "DeliveringHandler", operation_id: str, stream: Subscription) -> None:
        self._handler = handler
        self._metrics = handler.metrics
        self._id = operation_id
        self._prefix = _next_prefix(operation_id)
        self.stream = stream

    def take(self, message: StreamItem) -> bool:
        """Send an item; False when the socket is full."""
        taken = self._handler.sender.try_send(f"{self._prefix}{message.text}}}")
        self._metrics.messages += taken
        return taken

    def end(self, error: Exception | None) -> None:
        """Complete the operation; after an error, disconnect the socket."""
        if error is None:
            self._handler.complete(self._id)
        else:
            self._handler.sender.disconnect()


class DeliveringHandler(BaseGraphQLTransportWSHandler[SocketContext, None]):
    """One connection, whose operations are executed by the view's `executor`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        socket: Any = self.websocket
        self.sender = SocketSender(socket.ws.scope[_SEND])
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def metrics(self) -> TransportMetrics:
        """The counters of this transport."""
        return self.context.services.stream_metrics.transports[Transport.WEBSOCKET]

    async def run_operation(self, operation: handlers.Operation[SocketContext, None]) -> None:
        """Execute an operation. For a subscription it returns once the queue is attached to the socket."""
        try:
            await self._execute(operation)
        except Exception as error:  # noqa: BLE001 - an internal error ends the operation and is logged
            await self.handle_task_exception(error)
            self.complete(operation.id)

    async def _execute(self, operation: handlers.Operation[SocketContext, None]) -> None:
        executor: OperationExecutor = cast("Any", self.view).executor
        request = Operation(operation.query, operation.variables, operation.operation_name)
        try:
            stream = await executor.stream(self.context, request)
        except OperationRefused as refusal:
            self.operations.pop(operation.id, None)
            self.sender.send_soon(encode({"id": operation.id, "type": "error", "payload": refusal.errors}))
            return
        prefix = _next_prefix(operation.id)
        if isinstance(stream, Subscription):
            try:
                if stream.missed is not None:
                    async for item in stream.missed:
                        await self._send_item(f"{prefix}{item.text}}}")
            except BaseException:
                await stream.aclose()
                raise
            self.sender.receivers[operation.id] = receiver = Receiver(self, operation.id, stream)
            self.metrics.begin()
            stream.queue.attach(receiver)
            return
        with self.metrics.operation(self.end_reason):
            async with aclosing(stream):
                async for item in stream:
                    await self._send_item(f"{prefix}{item.text}}}")
        self.complete(operation.id)

    async def _send_item(self, message: str) -> None:
        """Send a result; waits while the socket is full."""
        await self.sender.send(message)
        self.metrics.messages += 1

    def complete(self, operation_id: str) -> None:
        """Called when an operation has ended by itself."""
        self.operations.pop(operation_id, None)
        self.sender.send_soon(encode({"id": operation_id, "type": "complete"}))
        receiver = self._remove_receiver(operation_id, EndReason.COMPLETED)
        if receiver is not None:
            closing = asyncio.create_task(receiver.stream.aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def cleanup_operation(self, operation_id: str) -> None:
        """Called when the client ends an operation or has disconnected."""
        receiver = self._remove_receiver(operation_id, self.end_reason())
        if receiver is None:
            await super().cleanup_operation(operation_id)
        else:
            self.operations.pop(operation_id, None)
            await receiver.stream.aclose()

    def end_reason(self) -> EndReason:
        """Why operations that have not completed end now."""
        return EndReason.SLOW if self.sender.is_too_slow else EndReason.CLIENT

    def _remove_receiver(self, operation_id: str, reason: EndReason) -> Receiver | None:
        receiver = self.sender.receivers.pop(operation_id, None)
        if receiver is not None:
            self.metrics.end(reason)
        return receiver

    async def shutdown(self) -> None:
        """Called at the end of the connection."""
        await super().shutdown()
        await self.sender.aclose()
        await asyncio.gather(*self._closing, return_exceptions=True)


def _next_prefix(operation_id: str) -> str:
    return f'{{"id":{encode(operation_id)},"type":"next","payload":'
