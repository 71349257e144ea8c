"""How the application is served: the server's settings, its memory, and its end."""

import asyncio
import gc
import random
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from draftcast.api.request_body import LARGEST_BODY_BYTES
from draftcast.app import create_app, watch_app
from draftcast.server.http_connection import connections
from draftcast.server.websocket_connection import Socket
from services.monitoring.health import Health
from services.settings import Settings

SHUTDOWN_SECONDS = 3
DRAIN_SECONDS = 2.0
"""How long it takes at most to send all clients away, a few at a time, so that they do not all come back at once."""
CLOSES_PER_SECOND = 1000
GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""Python's own thresholds have every thousandth message look through all that the server holds."""


def server(settings: Settings, *, work: bool = True) -> uvicorn.Server:
    """The server. Messages and bodies are bounded, and nothing is done that costs every request without need
    (an access log, compression of small websocket messages).
    """
    return Server(
        uvicorn.Config(
            create_app(settings, work=work),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=connections(),
            ws=Socket,
            ws_max_size=LARGEST_BODY_BYTES,
            ws_per_message_deflate=False,
            access_log=False,
            log_config=None,
            log_level="warning",  # below it, every websocket is a line
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )


def watch_server(settings: Settings, of_worker: Health) -> uvicorn.Server:
    """Serves what a worker without the API tells of itself, on a port of its own."""
    return _Beside(
        uvicorn.Config(
            watch_app(of_worker),
            settings.host,
            settings.watch_port,
            http=connections(),
            access_log=False,
            server_header=False,
            log_config=None,
        )
    )


class _Beside(uvicorn.Server):
    """A server that leaves signals to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Server(uvicorn.Server):
    """uvicorn's server, which rarely looks for garbage, and closes its connections one after the other."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Send everybody away, websockets with 1012; then close the application."""
        for listener in self.servers:
            listener.close()
        connections = list(self.server_state.connections)
        random.shuffle(connections)
        pause_seconds = min(1 / CLOSES_PER_SECOND, DRAIN_SECONDS / max(1, len(connections)))
        for connection in connections:
            if connection in self.server_state.connections:
                connection.shutdown()
            await asyncio.sleep(pause_seconds)
        await super().shutdown(sockets)
