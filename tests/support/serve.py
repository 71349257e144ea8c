"""Serves the application on a free port, as a process of its own; says the port on stdout."""

import socket
import sys

from draftcast.server.serving import server
from services.settings import load
from services.telemetry.logs import keep_log


def main() -> None:
    """Serve until SIGTERM."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        settings = load(port=listener.getsockname()[1])
        sys.stdout.write(f"{settings.port}\n")
        sys.stdout.flush()
        keep_log(settings.log_format)
        server(settings).run(sockets=[listener])


if __name__ == "__main__":
    main()
