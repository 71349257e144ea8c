"""Renderers without their start: a process that has imported everything forks one for each request.

What runs in each is the renderer's own `main`, sandbox and all. What is saved is the start, which takes longer than
most of what tests draw.
"""

import io
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from services.render.__main__ import main as renderer

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["services.render.program"])


def run(request: str, folder: Path, seconds: float) -> tuple[int, str, str]:
    """The exit code of a renderer, what it said on stdout and on stderr. Raises `TimeoutError`."""
    with tempfile.NamedTemporaryFile() as said, tempfile.NamedTemporaryFile() as log:
        streams = {0: os.devnull, 1: said.name, 2: log.name}
        child = _FORKS.Process(target=_become_renderer, args=(request, folder, dict(os.environ), streams))
        child.start()
        child.join(seconds)
        if child.exitcode is None:
            child.kill()
            raise TimeoutError(f"{log.read().decode(errors='replace')}: no end within {seconds} seconds")
        return child.exitcode, said.read().decode(), log.read().decode(errors="replace")


def _become_renderer(request: str, folder: Path, environment: dict[str, str], streams: dict[int, str]) -> NoReturn:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in streams.items():
        os.dup2(os.open(path, os.O_RDWR), number)
    sys.stdin = io.StringIO(request)
    code = renderer()
    sys.stderr.flush()
    os._exit(code)
