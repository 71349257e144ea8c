"""The lines that the worker writes after the request."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from services.exporter_protocol.reporter import Reporter


class WorkerLines:
    """The worker's lines: answers to requests for kept files, `{"kept": KEY}`; all others are orders of the part
    protocol.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.orders = asyncio.StreamReader()
        self._reporter = reporter
        self._ended = False
        self._answered: dict[str, asyncio.Event] = {}

    async def fetch(self, key: str) -> None:
        """Request a kept file, and wait for the answer; without a worker there is none."""
        if not self._ended:
            answered = self._answered.setdefault(key, asyncio.Event())
            self._reporter.want(key)
            await answered.wait()

    def tell(self, name: str) -> None:
        """Report a kept file that was made or used."""
        self._reporter.keep(name)

    async def read(self, lines: asyncio.StreamReader) -> None:
        """Pass the lines on, up to the last one."""
        while line := await lines.readline():
            key = _kept(line)
            if key is None:
                self.orders.feed_data(line)
            elif key in self._answered:
                self._answered.pop(key).set()
        self._ended = True
        self.orders.feed_eof()
        for answered in self._answered.values():
            answered.set()


def _kept(line: bytes) -> str | None:
    """The key in an answer; None in other lines."""
    with suppress(ValueError):
        match json.loads(line):
            case {"kept": str(key)}:
                return key
            case _:
                return None
    return None


@asynccontextmanager
async def worker_lines(reporter: Reporter) -> AsyncGenerator[WorkerLines]:
    """The lines on this process's stdin."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin.buffer)
    found = WorkerLines(reporter)
    reading = asyncio.create_task(found.read(lines))
    try:
        yield found
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        transport.close()
