"""Streams of results over HTTP. A client that reads nothing for too long is disconnected at the next heartbeat."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import lru_cache, partial

from starlette.types import Message, Receive, Scope, Send

from draftcast.api.backpressure import BackpressuredSender
from draftcast.api.graphql_http.formats import Format
from resolvers.context import Context
from resolvers.error_table import ERROR_TABLE, graphql_error
from schema.execution.executor import OperationExecutor, ResultStream
from schema.execution.results import Operation, OperationRefused, StreamItem
from schema.execution.shared import Subscription
from services.access.callers import NotAdmitted
from services.errors import RequestError, StoreUnavailable
from services.live.connections import connection_ended
from services.live.subscriber_queue import SlowConsumer, SubscriberQueue
from services.telemetry.stream_metrics import EndReason, TransportMetrics

log = logging.getLogger(__name__)

RESUMED_AT_ITS_END_SECONDS = 1.0
"""Time to find out that a resumed stream has no more results, which is answered by 204."""

UNAVAILABLE = ERROR_TABLE[StoreUnavailable].code
HEADERS = {
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx would hold the results back
}


class StreamBroken(Exception):
    """The client has disconnected, reads nothing, or must resume the stream to get more."""

    def __init__(self, reason: EndReason) -> None:
        super().__init__(reason)
        self.reason = reason


class _StreamSender(BackpressuredSender[bytes]):
    """The sending side of one response."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self.is_opened = False
        """Whether the head is sent."""
        self.idle = False
        """Set by `StreamResponse`, cleared by each message."""
        self.queue: SubscriberQueue[StreamItem] | None = None
        """The queue that is attached to this response."""

    def load(self) -> tuple[int, int]:
        """The running operation, and the messages that wait for the client."""
        return 1, self.queue.waiting if self.queue is not None else 0

    async def open(self, status: int, headers: dict[str, str]) -> None:
        """Status and headers."""
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        self.is_opened = True

    def message(self, piece: bytes) -> Message:
        """A piece of the body."""
        self.idle = False
        return {"type": "http.response.body", "body": piece, "more_body": True}

    def on_writable(self) -> None:
        """Resume the queue."""
        if self.queue is not None:
            self.queue.deliver()

    async def send_close(self) -> None:
        """Nothing: HTTP has no such message, and `StreamResponse` ends the response."""

    async def end(self) -> None:
        """End the body, unless the connection is full."""
        if self.is_opened and not self.is_full:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        await self.aclose()


class _Receiver:
    """Sends the items of a subscription when they occur."""

    def __init__(self, form: Format, sender: _StreamSender, metrics: TransportMetrics) -> None:
        self._form = form
        self._metrics = metrics
        self._sender = sender
        self._error: Exception | None = None
        self._ended = asyncio.Event()

    def take(self, message: StreamItem) -> bool:
        """Send an item; False when the connection is full."""
        taken = self._sender.try_send(_encoded(self._form, message))
        self._metrics.messages += taken
        return taken

    def end(self, error: Exception | None) -> None:
        """Called at the end of the queue."""
        self._error = error
        self._ended.set()

    async def run(self, queue: SubscriberQueue[StreamItem]) -> None:
        """Send the items of a queue to its end. Raises `SlowConsumer`."""
        self._sender.queue = queue
        queue.attach(self)
        await self._ended.wait()
        if self._error is not None:
            raise self._error


class StreamResponse:
    """The ASGI application that sends the results of one operation.

    A stream without the ending of its format may be resumed; one with the ending is complete.
    """

    def __init__(
        self,
        executor: OperationExecutor,
        context: Context,
        operation: Operation,
        form: Format,
        *,
        resumed: bool = False,
    ) -> None:
        self._executor = executor
        self._context = context
        self._operation = operation
        self._form = form
        self._resumed = resumed
        self._metrics = context.services.stream_metrics.transports[form.transport]
        self._end_reason = EndReason.COMPLETED

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send the results until they end, the client disconnects, or the server stops."""
        sender = _StreamSender(send)
        self._metrics.begin()
        operator = asyncio.timeout(None)
        end = partial(operator.reschedule, 0.0)
        try:
            with self._context.listed(self._form.transport, sender.load, end):
                async with operator, aclosing(self._pieces(sender)) as pieces:
                    await self._context.while_admitted(self._deliver(pieces, sender, receive))
        except NotAdmitted as ended:
            await self._refuse(sender, ended, EndReason.KEY_ENDED)
        except TimeoutError:
            if not operator.expired():
                raise
            await self._refuse(sender, connection_ended(), EndReason.ENDED)
        except asyncio.CancelledError:
            self._end_reason = EndReason.STOPPED  # the server would log a propagated cancellation as an error
        finally:
            self._metrics.end(self._end_reason)
        await sender.end()

    async def _refuse(self, sender: _StreamSender, error: RequestError, reason: EndReason) -> None:
        """End the stream with an error."""
        self._end_reason = reason
        await self._open(sender)
        sender.try_send(self._form.refusal([graphql_error(error)]) + self._form.ending)

    async def _pieces(self, sender: _StreamSender) -> AsyncGenerator[bytes]:
        """The pieces of the body up to the first live item, and the ending; a `_Receiver` sends the live items."""
        try:
            stream = await self._executor.stream(self._context, self._operation)
        except OperationRefused as refused:
            yield self._form.refusal(refused.errors)
            if not _is_transient(refused):
                yield self._form.ending
            return
        async with aclosing(stream):
            while (item := await _next(stream)) is not None:
                self._metrics.messages += 1
                yield _encoded(self._form, item)
                if isinstance(stream, Subscription) and stream.missed is None:
                    await _Receiver(self._form, sender, self._metrics).run(stream.queue)
                    break
        yield self._form.ending

    async def _deliver(self, pieces: AsyncGenerator[bytes], sender: _StreamSender, receive: Receive) -> None:
        first = asyncio.create_task(_first(pieces), name="first result")
        try:
            if self._resumed and await _soon(first) == self._form.ending:
                await sender.open(204, {})
                return
            await self._open(sender)
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch(sender, receive), name="stream watch")
                await sender.send(await first)
                async for piece in pieces:
                    await sender.send(piece)
                watch.cancel()
        except* SlowConsumer:
            self._end_reason = EndReason.SLOW
        except* StreamBroken as broken:
            self._end_reason = next(_reasons(broken))
        finally:
            first.cancel()
            await asyncio.wait({first})

    async def _open(self, sender: _StreamSender) -> None:
        """Send the head and the opening of the format, once."""
        if not sender.is_opened:
            await sender.open(200, {**HEADERS, "content-type": self._form.content_type})
            await sender.send(self._form.opening())

    async def _watch(self, sender: _StreamSender, receive: Receive) -> None:
        """Send heartbeats while the stream is idle. Raises `StreamBroken` when the client has disconnected."""
        while True:
            sender.idle = True
            try:
                async with asyncio.timeout(self._form.heartbeat_seconds):
                    await _disconnected(receive)
            except TimeoutError:
                if sender.is_closed:
                    raise StreamBroken(EndReason.SLOW if sender.is_too_slow else EndReason.CLIENT) from None
                if sender.idle:
                    sender.try_send(self._form.heartbeat)
            else:
                raise StreamBroken(EndReason.CLIENT)


def _reasons(broken: BaseExceptionGroup[StreamBroken]) -> Iterator[EndReason]:
    for error in broken.exceptions:
        yield from _reasons(error) if isinstance(error, BaseExceptionGroup) else [error.reason]


@lru_cache(maxsize=256)
def _encoded(form: Format, item: StreamItem) -> bytes:
    """The bytes of an item: the same for all subscribers."""
    return form.item(item)


async def _next(stream: ResultStream) -> StreamItem | None:
    """The next item; None at the end. Raises `StreamBroken` when the stream fails."""
    try:
        return await anext(stream, None)
    except Exception as error:
        log.warning("a stream over HTTP is broken off: %r", error)
        raise StreamBroken(EndReason.FAILED) from error


async def _first(pieces: AsyncGenerator[bytes]) -> bytes:
    return await anext(pieces)


async def _soon(first: asyncio.Task[bytes]) -> bytes | None:
    """The first piece, if it comes within `RESUMED_AT_ITS_END_SECONDS`."""
    await asyncio.wait({first}, timeout=RESUMED_AT_ITS_END_SECONDS)
    return first.result() if first.done() and first.exception() is None else None


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_transient(refused: OperationRefused) -> bool:
    """Whether a retry may succeed, so that the stream must not end as complete."""
    return any(error.get("extensions", {}).get("code") == UNAVAILABLE for error in refused.errors)
