"""Programs without their start: a process that has imported everything forks one for each order.

What runs in each is the program's own `main`, signals, sandbox and all. What is saved is the start, which takes longer
than most of what tests ask of it.
"""

import io
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from services.render.__main__ import main as render

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("services.render.program", "services.render.text.captions", "services.render.text.outline"),
        *("services.render.media.animated_pictures", "services.render.effects.masks"),
        *(
            "draftcast.server.serving",
            "draftcast.cli.app",
            "draftcast.cli.tables",
            "draftcast.cli.report_display",
            "draftcast.cli.remote_api",
        ),
        *("draftcast.cli.chinese", "draftcast.cli.doctor", "aiohttp", "alembic.command", "sqlalchemy.dialects.sqlite"),
        *("services.live.broadcast_postgres", "services.live.broadcast_redis", "tests.support.forked"),
        "tests.support.warm",  # the last
    ]
)
PROGRAM = ("-m", "tests.support.draftcast")
"""Arguments of Python that run `draftcast`."""


class Command:
    """A command of `draftcast` in a forked process, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: tuple[str, ...], folder: Path, environment: dict[str, str], out: str, err: str):
        streams = {0: os.devnull, 1: out, 2: err}
        self._process = FORKS.Process(target=_command, args=(arguments, folder, environment, streams), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """The exit code at its end. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("draftcast", timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def run_command(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str], seconds: float
) -> "subprocess.CompletedProcess[str]":
    """Run a command of `draftcast` to its end. Raises `subprocess.TimeoutExpired`."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        command = Command(arguments, folder, environment, out.name, err.name)
        try:
            code = command.wait(seconds)
        finally:
            command.send_signal(signal.SIGKILL)
        return subprocess.CompletedProcess(arguments, code, out.read().decode(), err.read().decode())


def run_renderer(request: str, folder: Path, seconds: float) -> tuple[int, str, str]:
    """The exit code of a renderer, what it said on stdout and on stderr. Raises `TimeoutError`."""
    with tempfile.NamedTemporaryFile() as said, tempfile.NamedTemporaryFile() as log:
        streams = {0: os.devnull, 1: said.name, 2: log.name}
        child = FORKS.Process(target=_render, args=(request, folder, dict(os.environ), streams))
        child.start()
        child.join(seconds)
        if child.exitcode is None:
            child.kill()
            raise TimeoutError(f"{log.read().decode(errors='replace')}: no end within {seconds} seconds")
        return child.exitcode, said.read().decode(), log.read().decode(errors="replace")


def serve(listener: socket.socket, folder: Path, environment: dict[str, str], log: Path, work: bool = True) -> None:
    """Serve the application on the socket until SIGTERM, with a worker when `work` is set; the target of a process."""
    _become(folder, environment, {0: os.devnull, 1: os.devnull, 2: str(log)})

    from draftcast.server.serving import server
    from services.settings import load
    from services.telemetry.logs import configure_logging

    settings = load(port=listener.getsockname()[1])
    configure_logging(settings.log_format)
    server(settings, work=work).run(sockets=[listener])


def _command(arguments: tuple[str, ...], folder: Path, environment: dict[str, str], streams: dict[int, str]) -> None:
    _become(folder, environment, streams)
    sys.argv = ["draftcast", *arguments]
    sys.orig_argv = [sys.executable, *PROGRAM, *arguments]

    from draftcast.cli.main import main

    main()


def _render(request: str, folder: Path, environment: dict[str, str], streams: dict[int, str]) -> NoReturn:
    _become(folder, environment, streams)
    sys.stdin = io.StringIO(request)
    code = render()
    sys.stderr.flush()
    os._exit(code)


def _become(folder: Path, environment: dict[str, str], streams: dict[int, str]) -> None:
    """Work in the folder with the environment, and read and write these files."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, path in streams.items():
        os.dup2(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT), number)
