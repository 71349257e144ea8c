"""How long a connection may leave lying what it was sent: the one part that both protocols share."""

import asyncio

UNREAD_SECONDS = 60.0
"""After so long without taking anything a client is given up, as nginx does by default (`send_timeout`)."""


class UnreadTimeout:
    """Aborts a connection whose other end takes nothing, unless something is taken in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, transport: asyncio.Transport) -> None:
        """Something lies unread from now on, be it what is left when the connection is closed."""
        if self._timer is None:
            self._timer = self._loop.call_later(UNREAD_SECONDS, transport.abort)

    def end(self) -> None:
        """All was taken, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
