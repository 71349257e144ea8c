"""uvicorn's websocket connection, with cheaper sending of text messages and limits of received frames."""

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from draftcast.api.graphql_ws.delivery import STOPPED
from draftcast.server.timeouts import UnreadTimeout

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent

_TEXT = 0x81
"""RFC 6455, 5.2: the whole of a text message."""
_LENGTH_FOLLOWS = 0x7E
SHORT_BYTES, LONG_BYTES = 126, 1 << 16
PIECE_BYTES = 4096
"""Bytes that are parsed at once, before the application and other connections run."""
CONTROL_FRAMES_PER_SECOND = 100
MOST_FRAGMENTS = 1000
"""Frames of one message."""
POLICY_VIOLATION, NOT_TEXT = 1008, 1007


class Socket(WebSocketsSansIOProtocol):
    """One connection. A text message is framed and written at once unless the client is full."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = UnreadTimeout(self.loop)
        self._arrived = b""
        """Bytes that are not parsed yet."""
        self._second, self._control_frames = 0, 0

    async def send(self, message: "ASGISendEvent") -> None:
        """See ASGI. Bytes, long texts and texts that must wait are sent by uvicorn."""
        text = message.get("text")
        if isinstance(text, str) and self.conn.state is OPEN and self.writable.is_set() and not self.disconnected:
            payload = text.encode()
            if len(payload) < LONG_BYTES:
                self.transport.write(_head(len(payload)) + payload)
                return
        await super().send(message)
        if self.close_sent:
            self._unread.start(self.transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio. Nothing is parsed while the application has a message to receive."""
        self._arrived = self._arrived + data if self._arrived else data
        self._parse()

    def _parse(self) -> None:
        while self._arrived and not self.read_paused and not self.transport.is_closing():
            piece, self._arrived = self._arrived[:PIECE_BYTES], self._arrived[PIECE_BYTES:]
            super().data_received(piece)

    async def receive(self) -> "ASGIReceiveEvent":
        """See ASGI."""
        message = await super().receive()
        if self._arrived and not self.read_paused:
            self.loop.call_soon(self._parse)  # not at once: other connections come first
        return message

    def shutdown(self) -> None:
        """See uvicorn."""
        cast("dict[str, Any]", self.scope)[STOPPED] = True
        super().shutdown()

    def handle_ping(self) -> None:
        """Send a pong, unless the client has not read earlier data."""
        if self._is_flood():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Any) -> None:
        """Handle a pong."""
        if not self._is_flood():
            super().handle_pong(event)

    def handle_cont(self, event: Any) -> None:
        """Handle a continuation frame."""
        if len(self.frames) >= MOST_FRAGMENTS:
            self._fail(POLICY_VIOLATION)
        elif not self.transport.is_closing():
            super().handle_cont(event)

    def _is_flood(self) -> bool:
        """Count a control frame; too many in a second close the connection."""
        second = int(self.loop.time())
        if second != self._second:
            self._second, self._control_frames = second, 0
        self._control_frames += 1
        if self._control_frames > CONTROL_FRAMES_PER_SECOND:
            self._fail(POLICY_VIOLATION)
        return self.transport.is_closing()

    def send_receive_event_to_app(self) -> None:
        """Pass a message to the application; a text that is not UTF-8 closes the connection without a log line."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_text(self.frames):
            self._fail(NOT_TEXT)
        else:
            super().send_receive_event_to_app()

    def _fail(self, code: int) -> None:
        if not self.transport.is_closing():
            self.frames = []
            self.conn.fail(code)
            self.handle_parser_exception()
            self._unread.start(self.transport)

    def keepalive_timeout(self) -> None:
        """Called when the client has not answered a ping."""
        super().keepalive_timeout()
        self._unread.start(self.transport)

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._unread.start(self.transport)

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        if not self.close_sent:
            self._unread.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._unread.stop()
        super().connection_lost(exc)


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True


def _head(length: int) -> bytes:
    if length < SHORT_BYTES:
        return bytes((_TEXT, length))
    return bytes((_TEXT, _LENGTH_FOLLOWS, length >> 8, length & 0xFF))
