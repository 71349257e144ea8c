"""uvicorn's HTTP connection with limits of unfinished heads and bodies, of connections, and of unread responses.

The parser stores an unfinished line whole and has no limits of its own. The limits apply before a caller is known.
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
"""The limit of a request's line and headers, of its trailers, and of the chunk headers of a body."""
MOST_HEADERS = 128
MOST_PIPELINED = 64
"""Pipelined requests that wait for the response before theirs."""
HEAD_SECONDS, BODY_SECONDS = 10.0, 30.0
"""The time for a head, and for a JSON body; the upload route limits other bodies itself."""
MOST_UNFINISHED_BYTES = 24 * 1024 * 1024
BYTES_OF_A_REQUEST = 16 * 1024
"""The overhead of an unfinished request besides its received bytes."""
LARGEST_COUNTED_BYTES = 128 * 1024
MOST_OF_AN_ADDRESS = 500
"""Concurrent HTTP connections of one address; loopback addresses are not counted."""


class Status(Enum):
    """The HTTP status of a refused request."""

    TIMEOUT = 408
    HEAD_TOO_LARGE = 431
    TOO_MANY = 503


class _Part(Enum):
    NONE = 0
    HEAD = 1
    BODY = 2


_NONE, _HEAD, _BODY = _Part


class _Refused(Exception):
    """Stops the parser; `Connection.send_400_response` sends the status."""


@dataclass(slots=True, eq=False)
class ConnectionLimits:
    """The limits that the connections of one server share, and their counts."""

    most_bytes: int = MOST_UNFINISHED_BYTES
    most_of_an_address: int = MOST_OF_AN_ADDRESS
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    _unfinished: dict["Connection", int] = field(default_factory=dict["Connection", int])
    """The bytes of unfinished requests, the oldest first."""
    _bytes: int = 0
    _connections: Counter[str] = field(default_factory=Counter[str])

    def count(self, connection: "Connection", size_bytes: int) -> None:
        """Count the bytes of an unfinished request. Beyond the limit, the oldest ones are refused."""
        self._bytes += size_bytes - self._unfinished.get(connection, 0)
        self._unfinished[connection] = size_bytes
        while self._bytes > self.most_bytes:
            oldest = next(iter(self._unfinished))
            self.forget(oldest)
            oldest.refuse(Status.TIMEOUT)

    def forget(self, connection: "Connection") -> None:
        """Remove a request that is finished or refused."""
        self._bytes -= self._unfinished.pop(connection, 0)

    def add(self, name: str) -> bool:
        """Count a new connection of an address; False when there are too many."""
        self._connections[name] += 1
        return not name or self._connections[name] <= self.most_of_an_address

    def remove(self, name: str) -> None:
        """Remove a connection that is closed or has become a websocket."""
        self._connections[name] -= 1
        if not self._connections[name]:
            del self._connections[name]


class Connection(HttpToolsProtocol):
    """One connection. Each server has a subclass with its own `limits`."""

    limits = ConnectionLimits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = UnreadTimeout(self.loop)
        self._name: str | None = None
        self._part = _NONE
        self._part_changed = False
        """Whether a head or body has begun or ended since the last data."""
        self._since_progress = self._of_request = 0
        """Bytes."""
        self._deadline: asyncio.TimerHandle | None = None
        self._fault: Status | None = None
        self._responding: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """See asyncio."""
        super().connection_made(transport)
        self._name = address_key(self.client[0] if self.client else "")
        if self.limits.add(self._name):
            self._set_deadline(self.limits.head_seconds)
        else:
            self.refuse(Status.TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio. The request in progress is notified, even if others wait behind it."""
        self._release()
        self._unread.stop()
        if self._responding is not None:
            self._responding.disconnected = True
            self._responding.message_event.set()
        super().connection_lost(exc)

    def _release(self) -> None:
        self._set_deadline(None)
        self.limits.forget(self)
        if self._name is not None:
            self.limits.remove(self._name)
            self._name = None

    def data_received(self, data: bytes) -> None:
        """See asyncio. Data that may exceed the limit is parsed in pieces."""
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
            self._update_deadline()

    def _update_deadline(self) -> None:
        """Set the deadline of the missing part."""
        if self._part_changed or self._deadline is None:
            self._set_deadline(self._seconds())
            self.limits.forget(self)
            self._part_changed = False
        if self._part is not _NONE:
            self.limits.count(self, BYTES_OF_A_REQUEST + min(self._of_request, LARGEST_COUNTED_BYTES))

    def _seconds(self) -> float | None:
        if self._part is _BODY:
            return self.limits.body_seconds if self.cycle.response_complete or self._sends_json() else None
        idle = self._responding is None or self._responding.response_complete
        return self.limits.head_seconds if self._part is _HEAD or (idle and not self.pipeline) else None

    def _sends_json(self) -> bool:
        types = (value for name, value in self.headers if name == b"content-type")
        return any(value.lower().startswith(b"application/json") for value in types)

    def _set_deadline(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.refuse, Status.TIMEOUT)

    def on_message_begin(self) -> None:
        """Called at the begin of a head."""
        HttpToolsProtocol.on_message_begin(self)  # not super(): several of these calls are part of every request
        self._part = _HEAD
        self._part_changed = True
        self._of_request = 0

    def on_headers_complete(self) -> None:
        """Called at the end of a head."""
        self._part = _BODY
        self._part_changed = True
        self._since_progress = 0
        if len(self.headers) > MOST_HEADERS:
            self._fault = Status.HEAD_TOO_LARGE
        elif len(self.pipeline) >= MOST_PIPELINED:
            self._fault = Status.TOO_MANY
        if self._fault is not None:
            raise _Refused
        HttpToolsProtocol.on_headers_complete(self)

    def on_body(self, body: bytes) -> None:
        """Called for each piece of a body."""
        self._since_progress = 0
        HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        """Called at the end of a request."""
        self._part = _NONE
        self._part_changed = True
        self._since_progress = 0
        HttpToolsProtocol.on_message_complete(self)

    def on_response_complete(self) -> None:
        """Called at the end of a response, which may be before the end of its request."""
        HttpToolsProtocol.on_response_complete(self)
        if self.transport.is_closing():
            self._unread.start(self.transport)
        elif self._part is _BODY and self._deadline is None:
            self._set_deadline(self.limits.body_seconds)

    def _start_asgi_task(self, cycle: "RequestResponseCycle", app: "ASGI3Application") -> None:
        self._responding = cycle
        super()._start_asgi_task(cycle, app)

    def handle_websocket_upgrade(self) -> None:
        """Upgrade to a websocket, unless a response is in progress."""
        if self._responding is not None and not self._responding.response_complete:
            self.refuse(Status.TOO_MANY)
            return
        self._release()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that cannot be parsed or exceeds a limit."""
        if self._fault is not None:
            self.refuse(self._fault)
        else:
            super().send_400_response(msg)

    def refuse(self, status: Status) -> None:
        """Close the connection; send the status unless another response is in progress."""
        responding = self._responding if self._responding and not self._responding.response_complete else None
        if responding is not None:
            responding.disconnected = True
            responding.message_event.set()
        if not self.transport.is_closing() and (responding is None or self._is_refused(responding)):
            self.transport.write(STATUS_LINE[status.value] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self._release()
        self._unread.start(self.transport)
        self.transport.close()

    def _is_refused(self, responding: "RequestResponseCycle") -> bool:
        return responding is self.cycle and self._part is _BODY and not responding.response_started

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._unread.start(self.transport)

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._unread.stop()

    def timeout_keep_alive_handler(self) -> None:
        """Called when an idle connection times out."""
        super().timeout_keep_alive_handler()
        self._unread.start(self.transport)


def connections(limits: ConnectionLimits | None = None) -> type[Connection]:
    """The connection class of one server."""
    return type("Connection", (Connection,), {"limits": limits or ConnectionLimits()})
