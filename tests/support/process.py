"""The command line's own server as a process that a test may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.server import EXPORTER, ROOT, Server, make_media

DRAFTCAST = (sys.executable, "-m", "tests.support.draftcast")
SECONDS = 60


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a process of ours: its data in `folder`, nothing inherited but what it needs."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}
    chosen = {f"DRAFTCAST_{name.upper()}": value for name, value in settings.items()}
    return {**inherited, "DRAFTCAST_DATA_DIR": str(folder / "data"), **chosen}


class Served:
    """`draftcast serve` on a port of its own, over and over on the same data."""

    def __init__(self, folder: Path, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = Server(self.port, folder)
        self._environment = environment(folder, port=str(self.port), **settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start it and wait until it answers."""
        log = (self.server.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen([*DRAFTCAST, "serve"], cwd=ROOT, env=self._environment, stderr=log)
        self._wait()
        return self.server

    def _wait(self) -> None:
        """Until the port is listened on: connecting is refused at once before, so this turns quickly."""
        assert self._process is not None
        for _ in range(SECONDS * 50):
            assert self._process.poll() is None, (self.server.folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except ConnectionRefusedError:
                psutil.wait_procs([psutil.Process(self._process.pid)], timeout=0.02)
            else:
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """SIGKILL to the server alone; its children are on their own."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait for its orderly end."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS)
            self._process = None


@contextmanager
def served(folder: Path, **settings: str) -> Generator[Served]:
    """A server that is stopped at the end; the test starts it."""
    found = Served(folder, **settings)
    try:
        yield found
    finally:
        found.stop()


def gated_exporter(folder: Path) -> str:
    """The setting EXPORTER for the test exporter, whose gate lies in `folder`."""
    video, thumbnail = make_media(folder)
    gate = folder / "gate"
    os.mkfifo(gate)
    return f"{sys.executable} {EXPORTER} {video} {thumbnail} {gate}"


def children_of(folder: Path) -> list[psutil.Process]:
    """Processes that name the folder in their command line: exporters and ffmpegs of its tasks."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ()) and process.pid != os.getpid()
    ]
