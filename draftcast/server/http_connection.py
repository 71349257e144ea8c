"""HTTP as uvicorn speaks it, with bounds on what a caller may begin and not end: heads, bodies, connections, reading.

The parser keeps an unfinished line whole and has no limits of its own. Nothing here needs to know who asks: most of it
happens before that could be told.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from draftcast.server.timeouts import UnreadTimeout
from services.access.limits import address_key

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

LARGEST_HEAD_BYTES = 64 * 1024
"""Of a request's line and headers, of its trailers, and of what stands beside the data of a chunked body."""
MOST_HEADERS = 128
MOST_PIPELINED = 64
"""Requests that wait for the answer to the one before them."""
HEAD_SECONDS, BODY_SECONDS = 10.0, 30.0
"""How long a head may take, and a body of JSON; whoever takes other bodies looks at their time by itself."""
MOST_UNFINISHED_BYTES = 24 * 1024 * 1024
BYTES_OF_A_REQUEST = 16 * 1024
"""What an unfinished request counts besides what has come of it."""
LARGEST_COUNTED_BYTES = 128 * 1024
MOST_OF_AN_ADDRESS = 500
"""Connections at once that speak HTTP; a proxy on this machine is not counted."""


class Status(Enum):
    """Why a request is not taken."""

    TIMEOUT = 408
    HEAD_TOO_LARGE = 431
    TOO_MANY = 503


class _Part(Enum):
    NONE = 0
    HEAD = 1
    BODY = 2


_NONE, _HEAD, _BODY = _Part


class _Refused(Exception):
    """Stops the parser; `Connection.send_400_response` says why."""


@dataclass(slots=True, eq=False)
class Callers:
    """What the connections of one server hold together."""

    most_bytes: int = MOST_UNFINISHED_BYTES
    most_of_an_address: int = MOST_OF_AN_ADDRESS
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    _unfinished: dict["Connection", int] = field(default_factory=dict["Connection", int])
    """Bytes of the requests of which a part is missing; those that wait for longest come first."""
    _bytes: int = 0
    _connections: Counter[str] = field(default_factory=Counter[str])

    def note(self, connection: "Connection", size_bytes: int) -> None:
        """So much of a request has come, and some is missing. Those that wait for longest are given up for it."""
        self._bytes += size_bytes - self._unfinished.get(connection, 0)
        self._unfinished[connection] = size_bytes
        while self._bytes > self.most_bytes:
            oldest = next(iter(self._unfinished))
            self.forget(oldest)
            oldest.refuse(Status.TIMEOUT)

    def forget(self, connection: "Connection") -> None:
        """Nothing is missing any more."""
        self._bytes -= self._unfinished.pop(connection, 0)

    def enter(self, name: str) -> bool:
        """A connection from there is opened; False when there are too many."""
        self._connections[name] += 1
        return not name or self._connections[name] <= self.most_of_an_address

    def leave(self, name: str) -> None:
        """It is closed, or speaks something else."""
        self._connections[name] -= 1
        if not self._connections[name]:
            del self._connections[name]


class Connection(HttpToolsProtocol):
    """One connection. Use a subclass with `callers` of its own for each server."""

    callers = Callers()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = UnreadTimeout(self.loop)
        self._name: str | None = None
        self._part = _NONE
        self._moved = False
        """Whether a part has begun or ended since the last data."""
        self._since_progress = self._of_request = 0
        """Bytes."""
        self._deadline: asyncio.TimerHandle | None = None
        self._fault: Status | None = None
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """See asyncio."""
        super().connection_made(transport)
        self._name = address_key(self.client[0] if self.client else "")
        if self.callers.enter(self._name):
            self._expect(self.callers.head_seconds)
        else:
            self.refuse(Status.TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio. Who is being answered is told, also when other requests wait behind."""
        self._let_go()
        self._unread.end()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def _let_go(self) -> None:
        self._expect(None)
        self.callers.forget(self)
        if self._name is not None:
            self.callers.leave(self._name)
            self._name = None

    def data_received(self, data: bytes) -> None:
        """See asyncio. Parsed piece by piece where it might be too much."""
        if self._since_progress + len(data) <= LARGEST_HEAD_BYTES:
            self._parse(data)
            return
        rest = memoryview(data)
        while rest and self._name is not None and not self.transport.is_closing():
            piece = LARGEST_HEAD_BYTES + 1 - self._since_progress
            self._parse(bytes(rest[:piece]))
            rest = rest[piece:]

    def _parse(self, data: bytes) -> None:
        self._since_progress += len(data)
        super().data_received(data)
        self._of_request += len(data)
        if self._name is None or self.transport.is_closing():
            return
        if self._since_progress > LARGEST_HEAD_BYTES or len(self.headers or ()) > MOST_HEADERS:
            self.refuse(Status.HEAD_TOO_LARGE)
        else:
            self._wait()

    def _wait(self) -> None:
        """Set a time for what is missing."""
        if self._moved or self._deadline is None:
            self._expect(self._seconds())
            self.callers.forget(self)
            self._moved = False
        if self._part is not _NONE:
            self.callers.note(self, BYTES_OF_A_REQUEST + min(self._of_request, LARGEST_COUNTED_BYTES))

    def _seconds(self) -> float | None:
        if self._part is _BODY:
            return self.callers.body_seconds if self.cycle.response_complete or self._sends_json() else None
        idle = self._answering is None or self._answering.response_complete
        return self.callers.head_seconds if self._part is _HEAD or (idle and not self.pipeline) else None

    def _sends_json(self) -> bool:
        types = (value for name, value in self.headers if name == b"content-type")
        return any(value.lower().startswith(b"application/json") for value in types)

    def _expect(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.refuse, Status.TIMEOUT)

    def on_message_begin(self) -> None:
        """A head begins."""
        HttpToolsProtocol.on_message_begin(self)  # not super(): several of these calls are part of every request
        self._part = _HEAD
        self._moved = True
        self._of_request = 0

    def on_headers_complete(self) -> None:
        """A head has ended."""
        self._part = _BODY
        self._moved = True
        self._since_progress = 0
        if len(self.headers) > MOST_HEADERS:
            self._fault = Status.HEAD_TOO_LARGE
        elif len(self.pipeline) >= MOST_PIPELINED:
            self._fault = Status.TOO_MANY
        if self._fault is not None:
            raise _Refused
        HttpToolsProtocol.on_headers_complete(self)

    def on_body(self, body: bytes) -> None:
        """Some of a body."""
        self._since_progress = 0
        HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._part = _NONE
        self._moved = True
        self._since_progress = 0
        HttpToolsProtocol.on_message_complete(self)

    def on_response_complete(self) -> None:
        """An answer has been given, be it before the request has ended."""
        HttpToolsProtocol.on_response_complete(self)
        if self.transport.is_closing():
            self._unread.begin(self.transport)
        elif self._part is _BODY and self._deadline is None:
            self._expect(self.callers.body_seconds)

    def _start_asgi_task(self, cycle: "RequestResponseCycle", app: "ASGI3Application") -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def handle_websocket_upgrade(self) -> None:
        """The connection goes on as a websocket, unless something is being answered on it."""
        if self._answering is not None and not self._answering.response_complete:
            self.refuse(Status.TOO_MANY)
            return
        self._let_go()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, or must not be."""
        if self._fault is not None:
            self.refuse(self._fault)
        else:
            super().send_400_response(msg)

    def refuse(self, status: Status) -> None:
        """Close the connection; say why, unless something else is being answered on it."""
        answering = self._answering if self._answering and not self._answering.response_complete else None
        if answering is not None:
            answering.disconnected = True
            answering.message_event.set()
        if not self.transport.is_closing() and (answering is None or self._is_refused(answering)):
            self.transport.write(STATUS_LINE[status.value] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self._let_go()
        self._unread.begin(self.transport)
        self.transport.close()

    def _is_refused(self, answering: "RequestResponseCycle") -> bool:
        return answering is self.cycle and self._part is _BODY and not answering.response_started

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._unread.begin(self.transport)

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._unread.end()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked."""
        super().timeout_keep_alive_handler()
        self._unread.begin(self.transport)


def connections(callers: Callers | None = None) -> type[Connection]:
    """The connections of one server."""
    return type("Connection", (Connection,), {"callers": callers or Callers()})
