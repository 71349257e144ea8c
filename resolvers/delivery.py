"""Operations on a websocket: messages are written the moment they come about, without a task for each.

A message that the socket takes at once costs one step of the server's `send`. When the socket is full,
that `send` goes on in a task, and the subscriptions' mailboxes fill and conflate until it has ended. A socket
that stays full is given up: 1013, try again later.
"""

import asyncio
import types
from collections import deque
from collections.abc import Coroutine, Generator
from contextlib import aclosing
from typing import Any, cast

from starlette.types import Scope, Send
from strawberry.subscriptions.protocols.graphql_transport_ws import handlers
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from resolvers.answers import Answers, Operation, Part, Refused, encode
from resolvers.context import SocketContext
from resolvers.sharing import Subscription

UNWRITABLE_SECONDS = 10.0
"""How long a socket may stay full."""
TRY_AGAIN_LATER = 1013
TOO_SLOW = "Messages are not read fast enough"
_SEND = "draftcast.send"


def with_send(scope: Scope, send: Send) -> Scope:
    """The scope of a websocket, with the server's `send` for `DeliveringHandler`."""
    return {**scope, _SEND: send}


class Outlet:
    """The sending side of one socket."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._recovery: asyncio.Task[None] | None = None
        self._held: deque[str] = deque()
        self._closed = False
        self.receivers: dict[str, Receiver] = {}

    def take(self, text: str) -> bool:
        """Send a message now; False when the socket is full. What is closed takes everything and forgets it."""
        if self._closed:
            return True
        if self._recovery is not None:
            return False
        sending = cast("Coroutine[Any, Any, None]", self._send({"type": "websocket.send", "text": text}))
        try:
            waited_for = sending.send(None)
        except StopIteration:
            return True
        except (OSError, RuntimeError):  # the client has gone, or was sent away
            self._closed = True
            return True
        self._recovery = asyncio.create_task(self._recover(sending, waited_for), name="full socket")
        return True

    def say(self, text: str) -> None:
        """Send a message, later if the socket is full."""
        if self._held or not self.take(text):
            self._held.append(text)

    async def send(self, text: str) -> None:
        """Send a message, waiting while the socket is full."""
        while not self.take(text):
            await asyncio.wait({cast("asyncio.Task[None]", self._recovery)})

    def give_up(self) -> None:
        """Close with 1013, as soon as the socket takes that; nothing else is sent any more."""
        if not self._closed:
            self._closed = True
            if self._recovery is None:
                self._recovery = asyncio.create_task(self._close())

    async def aclose(self) -> None:
        """The connection has ended."""
        self._closed = True
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.gather(self._recovery, return_exceptions=True)

    async def _recover(self, begun: Coroutine[Any, Any, None], waited_for: Any) -> None:
        """End what was begun, then give out what has waited meanwhile."""
        try:
            async with asyncio.timeout(UNWRITABLE_SECONDS):
                await _rest(begun, waited_for)
        except TimeoutError:
            self._closed = True
        except (OSError, RuntimeError):
            self._closed = True
            return
        if self._closed:
            await self._close()
            return
        self._recovery = None
        while self._held and self.take(self._held[0]):
            self._held.popleft()
        for receiver in list(self.receivers.values()):
            receiver.stream.mailbox.deliver()

    async def _close(self) -> None:
        try:
            await self._send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": TOO_SLOW})
        except (OSError, RuntimeError):
            return  # it is closed already


@types.coroutine
def _rest(begun: Coroutine[Any, Any, None], waited_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was begun by hand and has come to wait for something."""
    while True:
        try:
            try:
                yield waited_for
            except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine, a cancellation above all
                waited_for = begun.throw(error)
            else:
                waited_for = begun.send(None)
        except StopIteration:
            return


class Receiver:
    """Turns a subscription's parts into messages of its operation."""

    __slots__ = ("_handler", "_id", "_prefix", "stream")

    def __init__(self, handler: "DeliveringHandler", operation_id: str, stream: Subscription) -> None:
        self._handler = handler
        self._id = operation_id
        self._prefix = _next_prefix(operation_id)
        self.stream = stream

    def take(self, letter: Part) -> bool:
        """Send a part; False when the socket is full."""
        return self._handler.outlet.take(f"{self._prefix}{letter.text}}}")

    def end(self, error: Exception | None) -> None:
        """Say that the operation is complete, or give the socket up."""
        if error is None:
            self._handler.complete(self._id)
        else:
            self._handler.outlet.give_up()


class DeliveringHandler(BaseGraphQLTransportWSHandler[SocketContext, None]):
    """One connection, whose operations are answered by the view's `answers`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        socket: Any = self.websocket
        self.outlet = Outlet(socket.ws.scope[_SEND])
        self._leaving: set[asyncio.Task[None]] = set()

    async def run_operation(self, operation: handlers.Operation[SocketContext, None]) -> None:
        """Answer an operation. For a subscription this ends when its messages come by themselves."""
        try:
            await self._answer(operation)
        except Exception as error:  # noqa: BLE001 - a fault of ours, which ends the operation and is logged
            await self.handle_task_exception(error)
            self.complete(operation.id)

    async def _answer(self, operation: handlers.Operation[SocketContext, None]) -> None:
        answers: Answers = cast("Any", self.view).answers
        wish = Operation(operation.query, operation.variables, operation.operation_name)
        try:
            stream = await answers.stream(self.context, wish)
        except Refused as refusal:
            self.operations.pop(operation.id, None)
            self.outlet.say(encode({"id": operation.id, "type": "error", "payload": refusal.errors}))
            return
        prefix = _next_prefix(operation.id)
        if isinstance(stream, Subscription):
            try:
                if stream.missed is not None:
                    async for part in stream.missed:
                        await self.outlet.send(f"{prefix}{part.text}}}")
            except BaseException:
                await stream.aclose()
                raise
            self.outlet.receivers[operation.id] = receiver = Receiver(self, operation.id, stream)
            stream.mailbox.hand_to(receiver)
            return
        async with aclosing(stream):
            async for part in stream:
                await self.outlet.send(f"{prefix}{part.text}}}")
        self.complete(operation.id)

    def complete(self, operation_id: str) -> None:
        """An operation has come to its end by itself."""
        self.operations.pop(operation_id, None)
        self.outlet.say(encode({"id": operation_id, "type": "complete"}))
        receiver = self.outlet.receivers.pop(operation_id, None)
        if receiver is not None:
            leaving = asyncio.create_task(receiver.stream.aclose())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def cleanup_operation(self, operation_id: str) -> None:
        """The client wants no more of an operation, or is gone."""
        receiver = self.outlet.receivers.pop(operation_id, None)
        if receiver is None:
            await super().cleanup_operation(operation_id)
        else:
            self.operations.pop(operation_id, None)
            await receiver.stream.aclose()

    async def shutdown(self) -> None:
        """The connection has ended."""
        await super().shutdown()
        await self.outlet.aclose()
        await asyncio.gather(*self._leaving, return_exceptions=True)


def _next_prefix(operation_id: str) -> str:
    return f'{{"id":{encode(operation_id)},"type":"next","payload":'
