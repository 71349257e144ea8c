"""A child process under a supervisor: it and all its descendants end with its owner."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

from services.worker import supervisor

KILL_AFTER_SECONDS = supervisor.GRACE_SECONDS
"""Time a child may take to stop after SIGTERM."""
STOP_SECONDS = 2 * KILL_AFTER_SECONDS + 1
"""Time the supervisor may take to stop all processes after SIGTERM."""
MAX_LINE_BYTES = 1 << 20
LINES_PER_SECOND = 200
"""Maximum rate at which lines are read: the protocol allows ten of a stage, and each costs the server time."""
BYTES_PER_SECOND = 4 * MAX_LINE_BYTES
CHUNK_BYTES = 1 << 16
MAX_LINE_CHARACTERS = 500
SECRET_PREFIXES = ("DRAFTCAST_", "AWS_", "PG", "OTEL_")
"""Prefixes of environment variables that may hold a password."""


@asynccontextmanager
async def child(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run the command in `folder` with pipes for all its streams; at the end of the block it and all its descendants
    have ended. The process is that of its supervisor, which exits as the command does. Its environment is that of this
    process without secrets, unless one is given.

    Raises `OSError` when it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *supervised(command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=_without_secrets() if environment is None else environment,
        start_new_session=True,
        limit=MAX_LINE_BYTES,
    )
    try:
        yield process
    finally:
        await _whole(_stop(process))


async def _whole(work: Coroutine[None, None, None]) -> None:
    """Await the work to its end, however often the caller is cancelled meanwhile; it is cancelled after that."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()


def supervised(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command under its supervisor (Linux), to be started in a session of its own. A program that does not exist is
    returned as it is, and fails to start.
    The command is passed in hex: a search for processes by its words then finds it once.
    """
    if sys.platform != "linux" or shutil.which(command[0]) is None:
        return command
    return (sys.executable, "-I", "-S", supervisor.__file__, str(os.getpid()), json.dumps(command).encode().hex())


def _without_secrets() -> dict[str, str]:
    """The environment of this process without secrets: untrusted files are decoded in the child."""
    return {name: value for name, value in os.environ.items() if not name.startswith(SECRET_PREFIXES)}


class OutputRate:
    """A rate limit on the output of a child process; one that writes faster blocks on its pipe."""

    def __init__(self) -> None:
        self._since = 0.0
        self._lines = self._bytes = 0

    async def keep(self, size_bytes: int) -> None:
        """Account for a line or chunk of output: yields to other tasks, and pauses for the rest of the second above the
        limit.
        """
        now = monotonic()
        if now - self._since >= 1.0:
            self._since, self._lines, self._bytes = now, 0, 0
        self._lines += 1
        self._bytes += size_bytes
        fast = self._lines > LINES_PER_SECOND or self._bytes > BYTES_PER_SECOND
        await asyncio.sleep(self._since + 1.0 - now if fast else 0)


async def collect(stream: asyncio.StreamReader, lines: deque[str]) -> None:
    """Collect the lines of a stream, each cut to 500 characters, until it ends."""
    rate = OutputRate()
    rest = b""
    while piece := await stream.read(CHUNK_BYTES):
        await rate.keep(len(piece))
        *whole, rest = (rest + piece).split(b"\n")
        rest = rest[:MAX_LINE_CHARACTERS]
        lines.extend(_line_text(line) for line in whole[-(lines.maxlen or len(whole)) :])
    if rest:
        lines.append(_line_text(rest))


def _line_text(line: bytes) -> str:
    return line[: 4 * MAX_LINE_CHARACTERS].decode(errors="replace").rstrip()[:MAX_LINE_CHARACTERS]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Have the supervisor stop all processes. One that takes too long is killed with its group: it was not waited for,
    so the process id is still its own.
    """
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, None)):
        if process.returncode is None:
            _signal(process.pid, number)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await process.wait()
    await _drain(process)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read the rest of the pipes: asyncio closes a pipe only at its end. No process writes any more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(KILL_AFTER_SECONDS):
            for stream in (process.stdout, process.stderr):
                while stream is not None and await stream.read(CHUNK_BYTES):
                    pass


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if number is signal.SIGKILL:
            os.killpg(group, number)
        else:
            os.kill(group, number)
            os.kill(group, signal.SIGCONT)  # one that was stopped could not see to its command
