"""A child process with a supervisor: it and all that came of it are gone when its owner leaves."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

from services.worker import supervisor

KILL_AFTER_SECONDS = supervisor.PATIENCE_SECONDS
"""How long a child may take to stop after SIGTERM."""
STOP_SECONDS = 2 * KILL_AFTER_SECONDS + 1
"""How long the supervisor may take to stop all after SIGTERM."""
LONGEST_LINE_BYTES = 1 << 20
LINES_PER_SECOND = 200
"""More lines than this are read no faster: the protocol asks for ten of a stage, and every line costs the server."""
BYTES_PER_SECOND = 4 * LONGEST_LINE_BYTES
PIECE_BYTES = 1 << 16
KEPT_CHARACTERS = 500
OURS = ("DRAFTCAST_", "AWS_", "PG", "OTEL_")
"""Beginnings of the names of variables that may hold a password."""


@asynccontextmanager
async def child(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The command, running in `folder` with pipes to all its ends; when the block is left it is gone, with all its
    descendants. The process is that of its supervisor, which ends as the command does.
    It has our own environment, without what may be secret in it, unless it is given one.

    Raises `OSError` when it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *_supervised(command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=_without_secrets() if environment is None else environment,
        start_new_session=True,
        limit=LONGEST_LINE_BYTES,
    )
    try:
        yield process
    finally:
        await asyncio.shield(_stop(process))


def _supervised(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command under its supervisor (Linux). One that is not there is given back, and fails to start. It is handed
    over in digits: who looks for a program by the words of its command finds it once.
    """
    if sys.platform != "linux" or shutil.which(command[0]) is None:
        return command
    return (sys.executable, "-I", "-S", supervisor.__file__, str(os.getpid()), json.dumps(command).encode().hex())


def _without_secrets() -> dict[str, str]:
    """Our environment less what is ours alone: strangers' files are decoded there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


class Pace:
    """Lets what a child says in, no faster than it may come; one that says more waits at its pipe."""

    def __init__(self) -> None:
        self._since = 0.0
        self._lines = self._bytes = 0

    async def keep(self, size_bytes: int) -> None:
        """A line, or a piece, has come: others get their turn now, and a whole second of turns if it was too much."""
        now = monotonic()
        if now - self._since >= 1.0:
            self._since, self._lines, self._bytes = now, 0, 0
        self._lines += 1
        self._bytes += size_bytes
        fast = self._lines > LINES_PER_SECOND or self._bytes > BYTES_PER_SECOND
        await asyncio.sleep(self._since + 1.0 - now if fast else 0)


async def collect(stream: asyncio.StreamReader, lines: deque[str]) -> None:
    """Keep what a stream says, each line cut to 500 characters, until it ends."""
    pace = Pace()
    rest = b""
    while piece := await stream.read(PIECE_BYTES):
        await pace.keep(len(piece))
        *whole, rest = (rest + piece).split(b"\n")
        rest = rest[:KEPT_CHARACTERS]
        lines.extend(_shown(line) for line in whole[-(lines.maxlen or len(whole)) :])
    if rest:
        lines.append(_shown(rest))


def _shown(line: bytes) -> str:
    return line[: 4 * KEPT_CHARACTERS].decode(errors="replace").rstrip()[:KEPT_CHARACTERS]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Have the supervisor stop everything. One that does not manage is killed with its group: it has not been waited
    for then, so the number is its still.
    """
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, None)):
        if process.returncode is None:
            _signal(process.pid, number)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await process.wait()
    await _emptied(process)


async def _emptied(process: asyncio.subprocess.Process) -> None:
    """Read what is left in the pipes: asyncio closes one only at its end. Nobody is there to write more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(KILL_AFTER_SECONDS):
            for stream in (process.stdout, process.stderr):
                while stream is not None and await stream.read(PIECE_BYTES):
                    pass


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if number is signal.SIGKILL:
            os.killpg(group, number)
        else:
            os.kill(group, number)
            os.kill(group, signal.SIGCONT)  # one that was stopped could not see to its command
