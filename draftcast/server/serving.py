"""The uvicorn servers of the application: their settings, garbage collection and shutdown."""

import asyncio
import gc
import itertools
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
"""Maximum time to close all connections, a few at a time, so that clients do not reconnect all at once."""
CLOSES_PER_SECOND = 1000
UNACKNOWLEDGED_MS = 40_000
"""A client that acknowledges nothing for this long is disconnected, as long as a websocket's ping and its timeout; the
kernel itself tries for a quarter of an hour.
"""
GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""With Python's default thresholds every thousandth message would cost a full collection."""


def server(settings: Settings, *, work: bool = True) -> uvicorn.Server:
    """The API server. Messages and bodies are bounded; the access log and the compression of small websocket messages
    are off, since each request would pay for them.
    """
    return Server(_config(settings, work))


def local_server(settings: Settings) -> "LocalServer":
    """The API server with a worker, as a part of another program."""
    return LocalServer(_config(settings, work=True))


def _config(settings: Settings, work: bool) -> uvicorn.Config:
    return uvicorn.Config(
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


def watch_server(settings: Settings, of_worker: Health) -> uvicorn.Server:
    """The server of a worker's health and metrics, on a port of its own."""
    return _EmbeddedServer(
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


class _EmbeddedServer(uvicorn.Server):
    """A server that leaves signals to its program."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Server(uvicorn.Server):
    """uvicorn's server with rare garbage collections, which closes its connections one after the other."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn; then set the timeout of vanished clients, and freeze the objects of the start."""
        await super().startup(sockets)
        for listener in itertools.chain.from_iterable(server.sockets for server in self.servers):
            if listener.family != socket.AF_UNIX:  # connections have the options of their listener
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections, websockets with 1012; then the application."""
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


class LocalServer(_EmbeddedServer, Server):
    """A server that leaves signals to its program, which may wait until it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        self.ready.set()
