"""A TCP proxy in front of one or several equal servers: a test can cut its connections or simulate a bad network."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

SECONDS = 10
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing resets the connection, as a network that has gone does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Faults of the network, applied to every piece in both directions."""

    delay_seconds: float = 0
    slice_bytes: int = 1 << 16
    """Pieces are forwarded in slices of this many bytes, each written separately."""
    cut_within_bytes: int = 0
    """The connection is reset at a random byte of the next so many; 0 for never."""
    black_hole: bool = False
    """Nothing is forwarded, without an error; connections are still accepted."""
    refusing: bool = False
    """Every connection is reset at once."""


FINE = Trouble()


class Proxy:
    """Passes everything on between its own port and others; use it as a context manager.

    Connections go to the targets in turn, and past those where nobody listens.
    """

    def __init__(self, *targets: int) -> None:
        self._targets = targets
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._trouble = FINE
        self._lit = asyncio.Event()
        """Not set inside a black hole."""
        self.port = 0
        self.connections = 0
        """How many there have been."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection that is open; new ones are taken at once."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(SECONDS)

    @contextmanager
    def trouble(self, trouble: Trouble) -> Generator[None]:
        """A bad network while the block lasts."""
        self._become(trouble)
        try:
            if trouble.refusing:
                self.cut()
            yield
        finally:
            self._become(FINE)

    def _become(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._loop.call_soon_threadsafe(self._lit.clear if trouble.black_hole else self._lit.set)

    async def _start(self) -> None:
        self._lit.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        cut = list(self._open)
        for task, writer in self._open.items():
            _reset(writer)
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        self.connections += 1
        try:
            self._refuse()
            there, back = await self._reached()
            try:
                await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
            finally:
                back.transport.abort()
        except ConnectionResetError:
            _reset(writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            del self._open[task]

    async def _reached(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the next target that listens. Raises `ConnectionRefusedError` when none does."""
        for number in range(len(self._targets)):
            with suppress(ConnectionRefusedError):
                port = self._targets[(self.connections + number) % len(self._targets)]
                return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError

    def _refuse(self) -> None:
        if self._trouble.refusing:
            raise ConnectionResetError

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            await self._pass_piece(piece, writer)
        writer.close()

    async def _pass_piece(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        """One piece, as far as it gets. Raises `ConnectionResetError` where the connection is cut."""
        trouble = self._trouble
        await asyncio.sleep(trouble.delay_seconds)
        await self._lit.wait()
        cut_at = random.randrange(trouble.cut_within_bytes) if trouble.cut_within_bytes else len(piece)
        for start in range(0, min(cut_at, len(piece)), trouble.slice_bytes):
            writer.write(piece[start : min(start + trouble.slice_bytes, cut_at)])
            await writer.drain()
            await asyncio.sleep(0)
        if cut_at < len(piece):
            raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
