"""The sending side of one connection: messages are written when they occur, without a task for each.

A message that the connection accepts at once costs one step of the server's `send`. While the connection is full,
that `send` continues in a task, and subscriber queues fill and conflate. A connection that stays full is disconnected.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar, cast

from starlette.types import Message, Send

UNWRITABLE_SECONDS = 10.0
"""A connection that stays full for longer is disconnected."""
Piece = TypeVar("Piece")


class BackpressuredSender(Generic[Piece]):
    """Sends pieces in order, each as one ASGI message."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._pending: asyncio.Task[None] | None = None
        self._closed = False
        self.is_too_slow = False
        """Whether the connection was closed because the client has not read fast enough."""

    def message(self, piece: Piece) -> Message:
        """The ASGI message of a piece."""
        raise NotImplementedError

    def on_writable(self) -> None:
        """Called when the connection is not full any more."""
        raise NotImplementedError

    async def send_close(self) -> None:
        """Tell the client, where the protocol can, that nothing more is sent."""
        raise NotImplementedError

    @property
    def is_closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closed

    @property
    def is_full(self) -> bool:
        """Whether the client has not yet read what was sent."""
        return self._pending is not None

    def try_send(self, piece: Piece) -> bool:
        """Send a piece now; False when the connection is full. A closed connection drops it and returns True."""
        if self._closed:
            return True
        if self._pending is not None:
            return False
        sending = cast("Coroutine[Any, Any, None]", self._send(self.message(piece)))
        try:
            awaited = sending.send(None)
        except StopIteration:
            return True
        except (OSError, RuntimeError):  # the client has disconnected, or was disconnected
            self._closed = True
            return True
        self._pending = asyncio.create_task(self._finish(sending, awaited), name="full connection")
        return True

    async def send(self, piece: Piece) -> None:
        """Send a piece; waits while the connection is full."""
        while not self.try_send(piece):
            await asyncio.wait({cast("asyncio.Task[None]", self._pending)})

    def disconnect(self) -> None:
        """Close the connection of a slow consumer as soon as it accepts that; nothing else is sent."""
        if not self._closed:
            self._closed = self.is_too_slow = True
            if self._pending is None:
                self._pending = asyncio.create_task(self.send_close())

    async def aclose(self) -> None:
        """Called at the end of the connection."""
        self._closed = True
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.gather(self._pending, return_exceptions=True)

    async def _finish(self, sending: Coroutine[Any, Any, None], awaited: Any) -> None:
        """Finish a `send` that has to wait, then call `on_writable`."""
        try:
            async with asyncio.timeout(UNWRITABLE_SECONDS):
                await _resume(sending, awaited)
        except TimeoutError:
            self._closed = self.is_too_slow = True
        except (OSError, RuntimeError):
            self._closed = True
            return
        if self._closed:
            await self.send_close()
            return
        self._pending = None
        self.on_writable()


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Run a coroutine that was started by hand to its end; `awaited` is the future that it waits for."""
    while True:
        try:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine, a cancellation above all
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(None)
        except StopIteration:
            return
