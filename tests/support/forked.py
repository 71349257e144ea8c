"""Renderers without their start: a process that has imported everything forks one for each request.

What runs in each is the renderer's own `main`, sandbox and all. What is saved is the start, which takes longer than a
small broken file does. `python -m tests.support.forked` takes orders on stdin, a line of JSON each.
"""

import importlib
import io
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import services.drafts
import services.render
from tests.support.render import ROOT, Rendered, render_by

LIMIT_SECONDS = 40
"""After which a renderer is killed, by SIGALRM."""


class Forked:
    """Asks the process for one renderer after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def render(self, *arguments: Any, **changes: Any) -> Rendered:
        """As `tests.support.render.render`."""
        return render_by(self._run, *arguments, **changes)

    def _run(self, asked: dict[str, Any]) -> Rendered:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.NamedTemporaryFile() as said, tempfile.NamedTemporaryFile() as log:
            order = {"request": json.dumps(asked), "said": said.name, "log": log.name}
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            exit_code = int(self._process.stdout.readline())
            lines = [json.loads(line) for line in said.read().splitlines()]
            return Rendered(exit_code, lines, log.read().decode(errors="replace"), Path(asked["folder"]))


@contextmanager
def forked() -> Generator[Forked]:
    """A process that forks renderers while the block lasts."""
    command = (sys.executable, "-m", "tests.support.forked")
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        yield Forked(process)
        process.stdin.close()


def main() -> None:
    """Import everything, then fork a renderer for each order and say how it ended."""
    for package in (services.drafts, services.render):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become_renderer(order)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become_renderer(order: dict[str, str]) -> NoReturn:
    from services.render.__main__ import main as renderer

    os.setsid()
    signal.alarm(LIMIT_SECONDS)
    for number, path in ((0, os.devnull), (1, order["said"]), (2, order["log"])):
        os.dup2(os.open(path, os.O_RDWR), number)
    sys.stdin = io.StringIO(order["request"])
    code = renderer()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
