"""The sending side of one connection: messages are written the moment they come about, without a task for each.

A message that the connection takes at once costs one step of the server's `send`. When it is full, that `send`
goes on in a task, and mailboxes fill and conflate until it has ended. One that stays full is given up.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar, cast

from starlette.types import Message, Send

UNWRITABLE_SECONDS = 10.0
"""How long a connection may stay full."""
Piece = TypeVar("Piece")


class BackpressuredSender(Generic[Piece]):
    """Sends pieces in order, each as the message that a subclass makes of it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._recovery: asyncio.Task[None] | None = None
        self._closed = False

    def message(self, piece: Piece) -> Message:
        """A piece as the server takes it."""
        raise NotImplementedError

    def freed(self) -> None:
        """The connection was full and takes pieces again."""
        raise NotImplementedError

    async def send_away(self) -> None:
        """Nothing more is sent to this client: tell it, where that can be."""
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closed

    @property
    def full(self) -> bool:
        """Whether the client has not taken yet what was sent."""
        return self._recovery is not None

    def take(self, piece: Piece) -> bool:
        """Send a piece now; False when the connection is full. What is closed takes everything and forgets it."""
        if self._closed:
            return True
        if self._recovery is not None:
            return False
        sending = cast("Coroutine[Any, Any, None]", self._send(self.message(piece)))
        try:
            waited_for = sending.send(None)
        except StopIteration:
            return True
        except (OSError, RuntimeError):  # the client has gone, or was sent away
            self._closed = True
            return True
        self._recovery = asyncio.create_task(self._recover(sending, waited_for), name="full connection")
        return True

    async def send(self, piece: Piece) -> None:
        """Send a piece, waiting while the connection is full."""
        while not self.take(piece):
            await asyncio.wait({cast("asyncio.Task[None]", self._recovery)})

    def give_up(self) -> None:
        """Send the client away, as soon as it takes that; nothing else is sent any more."""
        if not self._closed:
            self._closed = True
            if self._recovery is None:
                self._recovery = asyncio.create_task(self.send_away())

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
            await self.send_away()
            return
        self._recovery = None
        self.freed()


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
