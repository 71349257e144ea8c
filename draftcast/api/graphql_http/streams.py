"""Streams of results over HTTP: sending them until they end, or until nobody takes them any more.

A client that takes nothing for too long is given up at the next heartbeat after that.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import lru_cache

from starlette.types import Message, Receive, Scope, Send

from draftcast.api.backpressure import BackpressuredSender
from draftcast.api.graphql_http.formats import Format
from resolvers.context import Context
from resolvers.error_table import ERROR_TABLE
from schema.execution.results import Operation, OperationRefused, Operations, ResultStream, StreamItem
from schema.execution.shared import Subscription
from services.errors import StoreUnavailable
from services.live.subscriber_queue import SlowConsumer, SubscriberQueue
from services.telemetry.stream_metrics import TransportMetrics

log = logging.getLogger(__name__)

RESUMED_AT_ITS_END_SECONDS = 1.0
"""How long the answer to a resuming client waits for the news that nothing more comes."""

UNAVAILABLE = ERROR_TABLE[StoreUnavailable].code
HEADERS = {
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx would hold the results back
}


class Gone(Exception):
    """The client went away, takes nothing any more, or must come back to get more."""


class _Line(BackpressuredSender[bytes]):
    """The sending side of one response."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._opened = False
        self.quiet = False
        """Whether nothing was sent since somebody set it."""
        self.reading: SubscriberQueue[StreamItem] | None = None
        """What is read by itself, as far as the client takes it."""

    async def open(self, status: int, headers: dict[str, str]) -> None:
        """Status and headers."""
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        self._opened = True

    def message(self, piece: bytes) -> Message:
        """A piece of the body."""
        self.quiet = False
        return {"type": "http.response.body", "body": piece, "more_body": True}

    def freed(self) -> None:
        """Read on."""
        if self.reading is not None:
            self.reading.deliver()

    async def send_away(self) -> None:
        """The response cannot say so: `StreamResponse` breaks it off."""

    async def end(self) -> None:
        """End the body, unless nobody takes even that."""
        if self._opened and not self.full:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        await self.aclose()


class _Reader:
    """Sends a subscription's parts the moment they come."""

    def __init__(self, form: Format, line: _Line, metrics: TransportMetrics) -> None:
        self._form = form
        self._metrics = metrics
        self._line = line
        self._error: Exception | None = None
        self._ended = asyncio.Event()

    def take(self, message: StreamItem) -> bool:
        """Send a part; False when the line is full."""
        taken = self._line.take(_written(self._form, message))
        self._metrics.messages += taken
        return taken

    def end(self, error: Exception | None) -> None:
        """No more parts come."""
        self._error = error
        self._ended.set()

    async def read(self, queue: SubscriberQueue[StreamItem]) -> None:
        """Send all that comes; returns at the end. Raises `SlowConsumer`."""
        self._line.reading = queue
        queue.attach(self)
        await self._ended.wait()
        if self._error is not None:
            raise self._error


class StreamResponse:
    """The results of one operation, as an ASGI application of its own.

    A stream that breaks off without the ending of its format may be resumed; one that has it is over.
    """

    def __init__(
        self, answers: Operations, context: Context, operation: Operation, form: Format, *, resumed: bool = False
    ) -> None:
        self._answers = answers
        self._context = context
        self._operation = operation
        self._form = form
        self._resumed = resumed
        self._metrics = context.services.stream_metrics.transports[form.transport]

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send the results until they end, the client goes, or the server stops."""
        line = _Line(send)
        try:
            with self._metrics.operation():
                async with aclosing(self._pieces(line)) as pieces:
                    await self._deliver(pieces, line, receive)
        except asyncio.CancelledError:
            pass  # the server stops, and would log a cancellation that is passed on as a fault of ours
        await line.end()

    async def _pieces(self, line: _Line) -> AsyncGenerator[bytes]:
        """What is told, bit by bit, with its ending if that comes. Live changes come in between by themselves."""
        try:
            stream = await self._answers.stream(self._context, self._operation)
        except OperationRefused as refused:
            yield self._form.refusal(refused.errors)
            if not _is_transient(refused):
                yield self._form.ending
            return
        async with aclosing(stream):
            while (part := await _next(stream)) is not None:
                self._metrics.messages += 1
                yield _written(self._form, part)
                if isinstance(stream, Subscription) and stream.missed is None:
                    await _Reader(self._form, line, self._metrics).read(stream.queue)
                    break
        yield self._form.ending

    async def _deliver(self, pieces: AsyncGenerator[bytes], line: _Line, receive: Receive) -> None:
        first = asyncio.create_task(_first(pieces), name="first result")
        try:
            if self._resumed and await _soon(first) == self._form.ending:
                await line.open(204, {})
                return
            await line.open(200, {**HEADERS, "content-type": self._form.content_type})
            await line.send(self._form.opening())
            async with asyncio.TaskGroup() as group:
                watches = [
                    group.create_task(self._watch(line, receive), name="stream watch"),
                    group.create_task(self._expel(), name="stream's key"),
                ]
                await line.send(await first)
                async for piece in pieces:
                    await line.send(piece)
                for watch in watches:
                    watch.cancel()
        except* (Gone, SlowConsumer):
            pass
        finally:
            first.cancel()
            await asyncio.wait({first})

    async def _expel(self) -> None:
        """Raises `Gone` when the caller may not listen any longer."""
        await self._context.expelled()
        raise Gone

    async def _watch(self, line: _Line, receive: Receive) -> None:
        """Keep a quiet line awake. Raises `Gone` when the client is not there any more."""
        while True:
            line.quiet = True
            try:
                async with asyncio.timeout(self._form.heartbeat_seconds):
                    await _disconnected(receive)
            except TimeoutError:
                if line.closed:
                    raise Gone from None
                if line.quiet:
                    line.take(self._form.heartbeat)
            else:
                raise Gone


@lru_cache(maxsize=256)
def _written(form: Format, part: StreamItem) -> bytes:
    """A part as it goes out: the same bytes for all who get it."""
    return form.part(part)


async def _next(stream: ResultStream) -> StreamItem | None:
    """The next part; None at the end. Raises `Gone` when a stream cannot go on for this reader."""
    try:
        return await anext(stream, None)
    except Exception as error:
        log.warning("a stream over HTTP is broken off: %r", error)
        raise Gone from error


async def _first(pieces: AsyncGenerator[bytes]) -> bytes:
    return await anext(pieces)


async def _soon(first: asyncio.Task[bytes]) -> bytes | None:
    """The first piece, if it comes at once."""
    await asyncio.wait({first}, timeout=RESUMED_AT_ITS_END_SECONDS)
    return first.result() if first.done() and first.exception() is None else None


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_transient(refused: OperationRefused) -> bool:
    """Whether asking again may help, so that the stream is not to be taken for complete."""
    return any(error.get("extensions", {}).get("code") == UNAVAILABLE for error in refused.errors)
