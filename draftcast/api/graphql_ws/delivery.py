"""Operations on a websocket. One that stays full is given up: 1013, try again later."""

import asyncio
from contextlib import aclosing, suppress
from typing import Any, cast

from starlette.types import Message, Scope, Send
from strawberry.subscriptions.protocols.graphql_transport_ws import handlers
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from draftcast.api.backpressure import BackpressuredSender
from resolvers.context import SocketContext
from schema.execution.results import Operation, OperationRefused, Operations, StreamItem, encode
from schema.execution.shared import Subscription
from services.telemetry.stream_metrics import Transport, TransportMetrics

TRY_AGAIN_LATER = 1013
TOO_SLOW = "Messages are not read fast enough"
_SEND = "draftcast.send"


def keep_send(scope: Scope, send: Send) -> None:
    """Put the server's `send` into a websocket's scope, for `DeliveringHandler`."""
    scope[_SEND] = send


class SocketSender(BackpressuredSender[str]):
    """The sending side of one socket."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._held: list[str] = []
        self.receivers: dict[str, Receiver] = {}

    def message(self, piece: str) -> Message:
        """A text message."""
        return {"type": "websocket.send", "text": piece}

    def say(self, text: str) -> None:
        """Send a message, later if the socket is full."""
        if self._held or not self.take(text):
            self._held.append(text)

    def freed(self) -> None:
        """Say what is held, and let the subscriptions go on."""
        while self._held and self.take(self._held[0]):
            self._held.pop(0)
        for receiver in list(self.receivers.values()):
            receiver.stream.queue.deliver()

    async def send_away(self) -> None:
        """Close with 1013."""
        with suppress(OSError, RuntimeError):  # it is closed already
            await self._send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": TOO_SLOW})


class Receiver:
    """Turns a subscription's parts into messages of its operation."""

    __slots__ = ("_handler", "_id", "_metrics", "_prefix", "stream")

    def __init__(self, handler: "DeliveringHandler", operation_id: str, stream: Subscription) -> None:
        self._handler = handler
        self._metrics = handler.metrics
        self._id = operation_id
        self._prefix = _next_prefix(operation_id)
        self.stream = stream

    def take(self, message: StreamItem) -> bool:
        """Send a part; False when the socket is full."""
        taken = self._handler.sender.take(f"{self._prefix}{message.text}}}")
        self._metrics.messages += taken
        return taken

    def end(self, error: Exception | None) -> None:
        """Say that the operation is complete, or give the socket up."""
        if error is None:
            self._handler.complete(self._id)
        else:
            self._handler.sender.give_up()


class DeliveringHandler(BaseGraphQLTransportWSHandler[SocketContext, None]):
    """One connection, whose operations are answered by the view's `answers`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        socket: Any = self.websocket
        self.sender = SocketSender(socket.ws.scope[_SEND])
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def metrics(self) -> TransportMetrics:
        """Where messages are counted."""
        return self.context.services.stream_metrics.transports[Transport.WEBSOCKET]

    async def run_operation(self, operation: handlers.Operation[SocketContext, None]) -> None:
        """Answer an operation. For a subscription this ends when its messages come by themselves."""
        try:
            await self._answer(operation)
        except Exception as error:  # noqa: BLE001 - a fault of ours, which ends the operation and is logged
            await self.handle_task_exception(error)
            self.complete(operation.id)

    async def _answer(self, operation: handlers.Operation[SocketContext, None]) -> None:
        answers: Operations = cast("Any", self.view).answers
        wish = Operation(operation.query, operation.variables, operation.operation_name)
        try:
            stream = await answers.stream(self.context, wish)
        except OperationRefused as refusal:
            self.operations.pop(operation.id, None)
            self.sender.say(encode({"id": operation.id, "type": "error", "payload": refusal.errors}))
            return
        prefix = _next_prefix(operation.id)
        if isinstance(stream, Subscription):
            try:
                if stream.missed is not None:
                    async for part in stream.missed:
                        await self._tell(f"{prefix}{part.text}}}")
            except BaseException:
                await stream.aclose()
                raise
            self.sender.receivers[operation.id] = receiver = Receiver(self, operation.id, stream)
            self.metrics.running += 1
            stream.queue.attach(receiver)
            return
        with self.metrics.operation():
            async with aclosing(stream):
                async for part in stream:
                    await self._tell(f"{prefix}{part.text}}}")
        self.complete(operation.id)

    async def _tell(self, message: str) -> None:
        """Send a result, waiting while the socket is full."""
        await self.sender.send(message)
        self.metrics.messages += 1

    def complete(self, operation_id: str) -> None:
        """An operation has come to its end by itself."""
        self.operations.pop(operation_id, None)
        self.sender.say(encode({"id": operation_id, "type": "complete"}))
        receiver = self._dismissed(operation_id)
        if receiver is not None:
            leaving = asyncio.create_task(receiver.stream.aclose())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def cleanup_operation(self, operation_id: str) -> None:
        """The client wants no more of an operation, or is gone."""
        receiver = self._dismissed(operation_id)
        if receiver is None:
            await super().cleanup_operation(operation_id)
        else:
            self.operations.pop(operation_id, None)
            await receiver.stream.aclose()

    def _dismissed(self, operation_id: str) -> Receiver | None:
        """The receiver of an operation, which gets no more."""
        receiver = self.sender.receivers.pop(operation_id, None)
        if receiver is not None:
            self.metrics.running -= 1
        return receiver

    async def shutdown(self) -> None:
        """The connection has ended."""
        await super().shutdown()
        await self.sender.aclose()
        await asyncio.gather(*self._leaving, return_exceptions=True)


def _next_prefix(operation_id: str) -> str:
    return f'{{"id":{encode(operation_id)},"type":"next","payload":'
