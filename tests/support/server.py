"""The real server as a process of its own, and a plain HTTP client for it."""

import http.client
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.render.process.ffmpeg import find_ffmpeg
from tests.support.forked import FORKS, serve

ROOT = Path(__file__).parent.parent.parent
EXPORTER = Path(__file__).parent / "exporter.py"
SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; the names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """The URL of its websocket endpoint."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        """GET an absolute URL of this server, or a path."""
        return self.request("GET", url.removeprefix(self.url), None, headers)

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Answer:
        """POST a value as JSON."""
        return self.request(
            "POST", path, json.dumps(body).encode(), {"content-type": "application/json", **(headers or {})}
        )

    def graphql(self, query: str, **variables: object) -> Any:
        """The whole result of a query or mutation."""
        return self.post("/graphql", {"query": query, "variables": variables}).json

    def data(self, query: str, **variables: object) -> Any:
        """The data of a query or mutation that must have no errors."""
        result = self.graphql(query, **variables)
        assert "errors" not in result, result
        return result["data"]

    def draft_url(self, act: str = "render") -> str:
        """An unused draft URL; `act` is the behaviour of the test exporter."""
        return f"http://127.0.0.1:9/get_draft?draft_id={uuid.uuid4().hex}&act={act}"

    def open_gate(self, times: int = 1) -> None:
        """Let the gated exporter go on to its next stage."""
        with (self.folder / "gate").open("w", encoding="utf-8") as gate:
            gate.write("\n" * times)


@contextmanager
def serving(folder: Path, timezone: str = "UTC", **settings: str) -> Generator[Server]:
    """A server with the test exporter, its data in `folder`. Fails when a traceback stands in its log."""
    with _forked(folder, timezone, settings, work=True) as server:
        yield server


@contextmanager
def serving_api(folder: Path, **settings: str) -> Generator[Server]:
    """The same without a worker: its tasks wait until they are canceled."""
    with _forked(folder, "UTC", settings, work=False) as server:
        yield server


@contextmanager
def _forked(folder: Path, timezone: str, settings: dict[str, str], *, work: bool) -> Generator[Server]:
    log = folder / "log"
    environment = {**_environment(folder, settings), "TZ": timezone}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1], folder)
        process = FORKS.Process(target=serve, args=(listener, ROOT, environment, log, work))
        process.start()
    try:
        _wait_until_up(server)
        yield server
    finally:
        process.terminate()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
    assert process.exitcode is not None, "it did not stop"
    assert "Traceback" not in log.read_text(), log.read_text()[-5000:]


def _wait_until_up(server: Server) -> None:
    """The listener takes connections before the application is up, so one request is enough."""
    assert server.get("/").status == 200


def _environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}
    video, thumbnail = make_media(folder)
    gate = folder / "gate"
    os.mkfifo(gate)
    return {
        **inherited,
        "DRAFTCAST_DATA_DIR": str(folder / "data"),
        "DRAFTCAST_EXPORTER": shlex.join(map(str, (sys.executable, EXPORTER, video, thumbnail, gate))),
        **{f"DRAFTCAST_{name.upper()}": value for name, value in settings.items()},
    }


def make_media(folder: Path) -> tuple[Path, Path]:
    """A video of one second and a picture of it."""
    paths = folder / "video.mp4", folder / "thumbnail.jpg"
    for path, content in zip(paths, _media(), strict=True):
        path.write_bytes(content)
    return paths


@cache
def _media() -> tuple[bytes, bytes]:
    """What `make_media` writes, drawn once."""
    with tempfile.TemporaryDirectory() as folder:
        video, thumbnail = Path(folder) / "video.mp4", Path(folder) / "thumbnail.jpg"
        inputs = ["-f", "lavfi", "-i", "testsrc=size=64x36:rate=25:duration=1", "-f", "lavfi", "-i", "sine=duration=1"]
        command = [find_ffmpeg().path, "-v", "error", "-y"]
        subprocess.run([*command, *inputs, "-pix_fmt", "yuv420p", str(video)], check=True)
        subprocess.run([*command, "-i", str(video), "-frames:v", "1", str(thumbnail)], check=True)
        return video.read_bytes(), thumbnail.read_bytes()
