"""An application in a thread of the test's own process: for parts that need no services."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from draftcast.server.http_connection import ConnectionLimits, connections
from draftcast.server.websocket_connection import Socket


@contextmanager
def listening(app: ASGIApp, *, lifespan: bool = True, callers: ConnectionLimits | None = None) -> Generator[int]:
    """Serve it; gives the port."""
    config = uvicorn.Config(
        app,
        http=connections(callers),
        ws=Socket,
        lifespan="on" if lifespan else "off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
