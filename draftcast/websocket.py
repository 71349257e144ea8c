"""Websockets as uvicorn serves them, with less work for each text message."""

from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

_TEXT = 0x81
"""RFC 6455, 5.2: the whole of a text message."""
_LENGTH_FOLLOWS = 0x7E
SHORT_BYTES, LONG_BYTES = 126, 1 << 16


class Socket(WebSocketsSansIOProtocol):
    """One connection. A text message to a client that takes it is framed and written at once."""

    async def send(self, message: "ASGISendEvent") -> None:
        """See ASGI. What is no text, is long, or has to wait goes uvicorn's way."""
        text = message.get("text")
        if isinstance(text, str) and self.conn.state is OPEN and self.writable.is_set() and not self.disconnected:
            payload = text.encode()
            if len(payload) < LONG_BYTES:
                self.transport.write(_head(len(payload)) + payload)
                return
        await super().send(message)


def _head(length: int) -> bytes:
    if length < SHORT_BYTES:
        return bytes((_TEXT, length))
    return bytes((_TEXT, _LENGTH_FOLLOWS, length >> 8, length & 0xFF))
