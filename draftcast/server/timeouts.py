"""The write timeout of connections, for HTTP and websockets."""

import asyncio

UNREAD_SECONDS = 60.0
"""A client that reads nothing for this long is disconnected, as nginx does by default (`send_timeout`)."""


class UnreadTimeout:
    """Aborts a connection whose client reads nothing for `UNREAD_SECONDS`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def start(self, transport: asyncio.Transport) -> None:
        """Start the timeout, unless it runs: there is unread data, possibly of a closing connection."""
        if self._timer is None:
            self._timer = self._loop.call_later(UNREAD_SECONDS, transport.abort)

    def stop(self) -> None:
        """Stop the timeout: all data is read, or the connection is closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
