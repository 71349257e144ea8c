"""Streams of results over HTTP: sending them until they end, or until nobody takes them any more."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from resolvers.answers import Answers, Operation, Part, Refused, Stream
from resolvers.context import Context
from resolvers.formats import Format
from resolvers.problems import PROBLEMS
from services.errors import StoreUnavailable
from services.tasks.mailbox import TooSlow

log = logging.getLogger(__name__)

UNWRITABLE_SECONDS = 10.0
"""How long a client may take nothing; its stream is given up at the next heartbeat after that."""
RESUMED_AT_ITS_END_SECONDS = 1.0
"""How long the answer to a resuming client waits for the news that nothing more comes."""

UNAVAILABLE = PROBLEMS[StoreUnavailable].code
HEADERS = {
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx would hold the results back
}


class Gone(Exception):
    """The client went away, takes nothing any more, or must come back to get more."""


class _Line:
    """The sending side of one response."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._busy_since: float | None = None
        self._open = False
        self.quiet = False
        """Whether nothing was sent since somebody set it."""

    async def open(self, status: int, headers: dict[str, str]) -> None:
        """Status and headers."""
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        self._open = True

    async def send(self, body: bytes) -> None:
        """A piece of the body, whole; waits while the client takes nothing."""
        self.quiet = False
        self._busy_since = asyncio.get_running_loop().time()
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        self._busy_since = None

    async def end(self) -> None:
        """End the body, unless nobody takes even that."""
        if self._open and self._busy_since is None:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def busy_seconds(self) -> float:
        """For how long a piece has been waiting for the client to take it."""
        return 0.0 if self._busy_since is None else asyncio.get_running_loop().time() - self._busy_since


class StreamResponse:
    """The results of one operation, as an ASGI application of its own.

    A stream that breaks off without the ending of its format may be resumed; one that has it is over.
    """

    def __init__(
        self, answers: Answers, context: Context, operation: Operation, form: Format, *, resumed: bool = False
    ) -> None:
        self._answers = answers
        self._context = context
        self._operation = operation
        self._form = form
        self._resumed = resumed

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send the results until they end, the client goes, or the server stops."""
        line = _Line(send)
        try:
            async with aclosing(self._pieces()) as pieces:
                await self._deliver(pieces, line, receive)
        except asyncio.CancelledError:
            pass  # the server stops, and would log a cancellation that is passed on as a fault of ours
        await line.end()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        """What is told, bit by bit, with its ending if that comes."""
        try:
            stream = await self._answers.stream(self._context, self._operation)
        except Refused as refused:
            yield self._form.refusal(refused.errors)
            if not _is_transient(refused):
                yield self._form.ending
            return
        async with aclosing(stream):
            while (part := await _next(stream)) is not None:
                yield self._form.part(part)
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
        except* (Gone, TooSlow):
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
                if line.busy_seconds() > UNWRITABLE_SECONDS:
                    raise Gone from None
                if line.quiet and not line.busy_seconds():
                    await self._beat(line)
            else:
                raise Gone

    async def _beat(self, line: _Line) -> None:
        try:
            async with asyncio.timeout(UNWRITABLE_SECONDS):
                await line.send(self._form.heartbeat)
        except TimeoutError:
            raise Gone from None


async def _next(stream: Stream) -> Part | None:
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


def _is_transient(refused: Refused) -> bool:
    """Whether asking again may help, so that the stream is not to be taken for complete."""
    return any(error.get("extensions", {}).get("code") == UNAVAILABLE for error in refused.errors)
