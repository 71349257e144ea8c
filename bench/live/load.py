# ruff: noqa: D102 - asyncio calls these methods
"""The load: a process with many subscriptions, or with queries sent as fast as they are answered.

Orders on stdin and results on stdout are JSON objects, one a line. Websocket frames and HTTP responses are parsed by
hand, so that one core of load can keep one core of any server busy.
"""

import asyncio
import json
import time
from collections import deque
from statistics import median
from typing import Any, ClassVar

import uvloop

from bench.live.protocol import WATCH, obey

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
AT_ONCE = 64
"""Connections that are being opened at the same time."""
SECONDS = 120


def masked(text: str) -> bytes:
    """A client's text frame with a mask of zeros."""
    payload = text.encode()
    length = len(payload)
    head = bytes([0x81, 0x80 | length]) if length < 126 else bytes([0x81, 0xFE]) + length.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


class Subscriber(asyncio.Protocol):
    """One socket with one subscription. Records the arrival time of each message."""

    arrivals: ClassVar[deque[float]] = deque()
    opened: ClassVar[int] = 0

    def __init__(self, port: int, path: str, first: list[str], skipped: int) -> None:
        self._hello = HANDSHAKE.format(path=path, port=port).encode()
        self._first = [masked(text) for text in first]
        self._skipped = skipped
        self._buffer = b""
        self._upgraded = False
        self.ready = asyncio.get_running_loop().create_future()
        self.last = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed before the first message, after {self.last!r}"))

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._upgraded:
            head, found, buffer = buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            self._upgraded = True
            self._say()
            if self._skipped == 0:
                self.ready.set_result(None)
        self._frames(buffer)

    def _say(self) -> None:
        """The next thing of one's own; it waits for the answer to the one before."""
        if self._first:
            self.transport.write(self._first.pop(0))

    def _frames(self, buffer: bytes) -> None:
        at, end = 0, len(buffer)
        while end - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                if end - at < 4:
                    break
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                if end - at < 10:
                    break
                length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if end < start + length:
                break
            self._message(buffer[at], buffer, start, start + length)
            at = start + length
        self._buffer = buffer[at:]

    def _message(self, kind: int, buffer: bytes, start: int, end: int) -> None:
        if kind != 0x81:
            if kind == 0x88:
                self.last = buffer[start:end]
            elif kind == 0x89:
                self.transport.write(
                    b"\x8a\x80\0\0\0\0"
                    if end == start
                    else b"\x8a" + bytes([0x80 | end - start]) + b"\0\0\0\0" + buffer[start:end]
                )
            return
        self.last = buffer[start:end]
        if self._skipped:
            self._skipped -= 1
            self._say()
            if not self._skipped:
                self.ready.set_result(None)
        else:
            Subscriber.arrivals.append(time.monotonic())


class EventSource(asyncio.Protocol):
    """One subscription by server-sent events."""

    def __init__(self, port: int, path: str, body: str) -> None:
        self._request = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: text/event-stream\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self._skipped = 1
        self._tail = b""
        self.ready = asyncio.get_running_loop().create_future()
        self.last = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed before the first message, after {self.last!r}"))

    def data_received(self, data: bytes) -> None:
        self.last = data
        for _ in range((self._tail + data).count(b"\ndata: ")):
            if self._skipped:
                self._skipped -= 1
                self.ready.set_result(None)
            else:
                Subscriber.arrivals.append(time.monotonic())
        self._tail = data[-6:]


class Asker(asyncio.Protocol):
    """One connection that sends a query as soon as the previous one is answered."""

    answers: ClassVar[int] = 0
    took: ClassVar[list[float]] = []

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._left = -1
        self._buffer = b""
        self.going = True

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            self._buffer = buffer
            return
        if self._left < 0:
            lower = buffer[:head].lower()
            at = lower.index(b"content-length:") + 15
            self._left = int(lower[at : at + 12].split(b"\r")[0])
            if not buffer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"not answered: {buffer[:300]!r}")
        if len(buffer) < head + 4 + self._left:
            self._buffer = buffer
            return
        self._buffer, self._left = b"", -1
        Asker.answers += 1
        Asker.took.append(time.monotonic() - self._asked_at)
        if self.going:
            self._ask()


class Load:
    """Carries out the orders."""

    def __init__(self) -> None:
        self._sockets: list[Any] = []

    async def open(
        self, port: int, ids: list[str], count: int, path: str = "/graphql", kind: str = "ws", reading: bool = True
    ) -> Any:
        """So many subscribers, spread over the tasks; each has got its first message."""
        gate = asyncio.Semaphore(AT_ONCE)
        loop = asyncio.get_running_loop()

        async def one(number: int) -> None:
            payload = {"query": WATCH, "variables": {"id": ids[number % len(ids)]}}
            messages = [
                json.dumps({"type": "connection_init"}),
                json.dumps(
                    {"id": f"{number:08d}-0000-4000-8000-000000000000", "type": "subscribe", "payload": payload}
                ),
            ]

            def make() -> Any:
                if kind == "sse":
                    return EventSource(port, path, json.dumps(payload))
                return Subscriber(port, path, [] if kind == "raw" else messages, 0 if kind == "raw" else first)

            async with gate:
                _, protocol = await loop.create_connection(make, "127.0.0.1", port)
                await asyncio.wait_for(protocol.ready, SECONDS)
            if not reading:
                protocol.transport.pause_reading()
            else:
                self._sockets.append(protocol)

        first = 2 if kind == "ws" else 1  # connection_ack, and a snapshot from those who send one
        began = time.monotonic()
        await asyncio.gather(*[one(number) for number in range(count)])
        return {"seconds": time.monotonic() - began}

    async def collect(self, messages: int, sent: list[float]) -> Any:
        """Wait for so many messages; how long after `sent`, in ms, they came."""
        deadline = time.monotonic() + SECONDS
        while len(Subscriber.arrivals) < messages:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {len(Subscriber.arrivals)} of {messages} messages came")
            await asyncio.sleep(0.001)
        each = messages // len(sent)
        waits = [1000 * (Subscriber.arrivals.popleft() - at) for at in sent for _ in range(each)]
        return {"waits": waits}

    async def until_last(self, mark: str, since: float) -> Any:
        """Wait until the newest message of every subscriber holds the mark; the seconds since then."""
        wanted = mark.encode()
        deadline = time.monotonic() + SECONDS
        while not all(wanted in socket.last for socket in self._sockets):
            if time.monotonic() > deadline:
                raise SystemExit(f"not all have seen {mark}")
            await asyncio.sleep(0.001)
        came = Subscriber.arrivals[-1]
        count = len(Subscriber.arrivals)
        Subscriber.arrivals.clear()
        return {"seconds": came - since, "messages": count}

    async def close(self) -> Any:
        """All sockets."""
        for socket in self._sockets:
            socket.transport.abort()
        self._sockets.clear()
        await asyncio.sleep(0.2)
        Subscriber.arrivals.clear()
        return {}

    async def ask(self, port: int, path: str, body: str, seconds: float, connections: int = 32) -> Any:
        """Ask for so long on so many connections."""
        request = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}"
        ).encode()
        loop = asyncio.get_running_loop()
        askers = [
            (await loop.create_connection(lambda: Asker(request), "127.0.0.1", port))[1] for _ in range(connections)
        ]
        await asyncio.sleep(seconds / 5)
        before, began = Asker.answers, time.monotonic()
        Asker.took.clear()
        await asyncio.sleep(seconds)
        took, answers = time.monotonic() - began, Asker.answers - before
        for asker in askers:
            asker.going = False
        await asyncio.sleep(0.05)
        for asker in askers:
            asker.transport.abort()
        return {"answers": answers, "all": Asker.answers, "seconds": took, "p50_ms": 1000 * median(Asker.took)}


if __name__ == "__main__":
    uvloop.run(obey(Load()))
