"""The command line's own server as a process that a test may kill and start again."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.forked import PROGRAM, Command
from tests.support.programs import free_port
from tests.support.server import EXPORTER, ROOT, Server, make_media

DRAFTCAST = (sys.executable, *PROGRAM)
WORKS = "draftcast works"
SECONDS = 60


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a process of ours: its data in `folder`, nothing inherited but what it needs."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}
    chosen = {f"DRAFTCAST_{name.upper()}": value for name, value in settings.items()}
    return {**inherited, "DRAFTCAST_DATA_DIR": str(folder / "data"), **chosen}


class Process:
    """A command of `draftcast` that a test may kill, stop and start again on the same data."""

    prefix: tuple[str, ...] = ()
    """What it is started by, for instance to see a disk that others do not."""
    forks: bool = False
    """Whether it is forked from a process that has imported everything, as in the tests; benches measure the start."""

    def __init__(self, folder: Path, command: tuple[str, ...], **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._command = command
        self._environment = environment(folder, **settings)
        self._process: subprocess.Popen[bytes] | Command | None = None

    @property
    def log(self) -> str:
        """What it has said so far."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def launch(self) -> None:
        """Start it."""
        if self.forks and not self.prefix:
            self._process = Command(self._command, ROOT, self._environment, os.devnull, str(self.folder / "log"))
            return
        with (self.folder / "log").open("ab") as log:
            command = [*self.prefix, *DRAFTCAST, *self._command]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=log)

    def wait(self) -> None:
        """Wait until it is ready."""
        assert self._process is not None
        for _ in range(SECONDS * 50):
            assert self._process.poll() is None, self.log
            if self._ready():
                return
            psutil.wait_procs([psutil.Process(self._process.pid)], timeout=0.02)
        raise AssertionError(f"it did not start: {self.log}")

    def begin(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait()

    def _ready(self) -> bool:
        raise NotImplementedError

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it alone; its children are on their own."""
        assert self._process is not None
        self._process.send_signal(number)

    def family(self) -> list[psutil.Process]:
        """What it has started, and what those have started."""
        try:
            return [] if self._process is None else psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait for its orderly end."""
        self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> None:
        """Send a signal that ends it, and wait."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS)
            self._process = None


class Served(Process):
    """`draftcast serve` on a port of its own, over and over on the same data."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        self.port = free_port()
        super().__init__(folder, ("serve", *options), port=str(self.port), **settings)
        self.server = Server(self.port, folder)

    def start(self) -> Server:
        """Start it and wait until it answers."""
        self.begin()
        return self.server

    def _ready(self) -> bool:
        """Whether the port is listened on: connecting is refused at once before."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True


class Working(Process):
    """`draftcast work`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, ("work",), **settings)

    def launch(self) -> None:
        """Start it."""
        self._before = self.log.count(WORKS)
        super().launch()

    def _ready(self) -> bool:
        """Whether it takes tasks."""
        return self.log.count(WORKS) > self._before


@contextmanager
def served(folder: Path, *options: str, **settings: str) -> Generator[Served]:
    """A server that is stopped at the end; the test starts it."""
    found = Served(folder, *options, **settings)
    try:
        yield found
    finally:
        found.stop()


def gated_exporter(folder: Path) -> str:
    """The setting EXPORTER for the test exporter, whose gate lies in `folder`."""
    video, thumbnail = make_media(folder)
    gate = folder / "gate"
    os.mkfifo(gate)
    return shlex.join(map(str, (sys.executable, EXPORTER, video, thumbnail, gate)))


def children_of(folder: Path) -> list[psutil.Process]:
    """Processes that name the folder in their command line: exporters and ffmpegs of its tasks."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ()) and process.pid != os.getpid()
    ]
