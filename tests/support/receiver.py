"""A receiver of webhooks, written from Standard Webhooks' specification."""

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECONDS = 30


@dataclass(frozen=True)
class Message:
    """A received request; the names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    def genuine(self, secret: str) -> bool:
        """Whether its signature is right, by the words of Standard Webhooks' specification."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split(" ")


class Receiver:
    """Stores requests and answers with the next of `statuses`, 204 when there are no more."""

    def __init__(self, port: int, statuses: list[int]) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/hook?token=hush"
        self.statuses = statuses
        self.came: queue.Queue[Message] = queue.Queue()

    def next(self) -> Message:
        """The next message."""
        return self.came.get(timeout=SECONDS)


@contextmanager
def receiving(*statuses: int) -> Generator[Receiver]:
    """A receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.statuses.pop(0) if receiver.statuses else 204
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("location", f"http://{receiver.host}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
            receiver.came.put(Message(self.path, {name.lower(): text for name, text in self.headers.items()}, body))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gave it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1], list(statuses))
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            serving.join()
