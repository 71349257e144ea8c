"""Tests the Dockerfile and compose.yaml without a container engine: `make try-image`, as root.

The image is built in a folder; then two API processes and two workers run from it, as its user and with the settings
of compose.yaml, with a real Postgres and Redis, and render the sample.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from setup.image import Stage, build, debian
from tests.support.dockerfile import compose
from tests.support.programs import free_port, postgres_server, redis_server
from tests.support.server import Server

READY_SECONDS = 60
USER = "10001"


class Trial:
    """A composed site whose containers are processes in the image's folder; each has a port of its own."""

    def __init__(self, image: Stage, work: Path, database_url: str, broadcast_url: str) -> None:
        self._image = image
        self._work = work
        self.ports = {name: free_port() for name in ("api", "api too", "worker", "worker too")}
        told = {"POSTGRES_PASSWORD": "any", "DRAFTCAST_SIGNING_KEY": secrets.token_hex(32)}
        address = f"http://127.0.0.1:{self.ports['api']}"
        self._services: dict[str, Any] = compose(**told, DRAFTCAST_PUBLIC_URL=address)["services"]
        settings: dict[str, str] = self._services["api"]["environment"]
        here = {"DRAFTCAST_DATABASE_URL": database_url, "DRAFTCAST_BROADCAST_URL": broadcast_url}
        self._settings = {**settings, **here, "DRAFTCAST_HOST": "127.0.0.1"}
        _own(image.path("/videos"))

    def make_key(self) -> str:
        """A key, made by the image's command."""
        command = self._command("api", ["keys", "create", "trial"])
        return subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, timeout=READY_SECONDS
        ).stdout.strip()

    @contextmanager
    def running(self) -> Generator[None]:
        """All services, ready, as long as the block lasts."""
        with ExitStack() as stack:
            for name in self.ports:
                stack.enter_context(self._service(name))
            for port in self.ports.values():
                print(_ready(port), flush=True)
            yield

    def server(self, name: str) -> Server:
        """One of the API processes."""
        return Server(self.ports[name], self._work)

    @contextmanager
    def _service(self, name: str) -> Generator[None]:
        with subprocess.Popen(self._command(name, self._services[name.removesuffix(" too")]["command"])) as process:
            try:
                yield
            finally:
                process.terminate()

    def _command(self, name: str, words: list[str]) -> list[str]:
        """The data folder of a service: one for both API processes, and one for each worker, as in compose.yaml."""
        data = self._work / (name if name.startswith("worker") else "api")
        data.mkdir(exist_ok=True)
        _own(data)
        port = str(self.ports[name])
        own = {**self._settings, "DRAFTCAST_PORT": port, "DRAFTCAST_WATCH_PORT": port}
        return self._image.command([*self._image.entrypoint, *words], own, data)


def _own(folder: Path) -> None:
    subprocess.run(["chown", "-R", USER, folder], check=True)


def _ready(port: int) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as said:
                return f"{port}: {said.read().decode()}"
        except (URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def render_sample(one: Server, other: Server, key: str) -> None:
    """Submit at one API process, wait at the other, and fetch the video from both."""
    draft = {"draft_url": f"{one.url}/sample/get_draft?draft_id=20261101120000c0ffee01", "apiKey": key}
    assert one.post("/v1/gen_video", draft).status == 200
    said: dict[str, Any] = {"status": ""}
    while said["status"] not in ("completed", "failed"):
        said = other.post("/v1/gen_video_status", {**draft, "wait_seconds": 30, "since": said.get("seq", 0)}).json
    assert said["status"] == "completed", said
    for server in (one, other):
        video = server.get(said["video_url"].removeprefix(one.url))
        assert video.status == 200, video
        assert video.body[4:8] == b"ftyp"
        print(f"{len(video.body)} bytes of video from {server.url}", flush=True)


def main() -> None:
    """Build the image, start the site and render the sample."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        sys.exit("try-image: needs root and debootstrap (`apt install debootstrap`)")
    with tempfile.TemporaryDirectory(prefix="draftcast-trial-") as folder, debian() as base:
        image = build(Path(folder), base)
        subprocess.run(["du", "-sm", image.root], check=True)
        image.run([*image.entrypoint, "doctor"], {"DRAFTCAST_HOST": "127.0.0.1"})
        with postgres_server() as postgres, redis_server() as redis:
            trial = Trial(image, Path(folder), postgres.empty_database(), redis.url)
            key = trial.make_key()
            with trial.running():
                render_sample(trial.server("api"), trial.server("api too"), key)


if __name__ == "__main__":
    main()
