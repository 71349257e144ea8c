"""A child process in a group of its own, which is gone when its owner leaves."""

import asyncio
import os
import shutil
import signal
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

KILL_AFTER_SECONDS = 1.0
"""How long a child may take to stop after SIGTERM."""
LONGEST_LINE_BYTES = 1 << 20
OURS = ("DRAFTCAST_", "AWS_", "PG", "OTEL_")
"""Beginnings of the names of variables that may hold a password."""


@asynccontextmanager
async def child(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The command, running in `folder` with pipes to all its ends; its group is gone when the block is left.
    It has our own environment, without what may be secret in it, unless it is given one.

    Raises `OSError` when it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *_leashed(command),
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


def _leashed(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command, to be killed by the kernel when we die, where setpriv is there to ask for that (Linux)."""
    setpriv = shutil.which("setpriv")
    if setpriv is None or shutil.which(command[0]) is None:
        return command
    return (setpriv, "--pdeathsig", "KILL", *command)


def _without_secrets() -> dict[str, str]:
    """Our environment less what is ours alone: strangers' files are decoded there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


async def collect(stream: asyncio.StreamReader, lines: deque[str]) -> None:
    """Keep what a stream says, each line cut to 500 characters, until it ends."""
    while True:
        try:
            text = await stream.readline()
        except ValueError:
            continue
        if not text:
            return
        lines.append(text.decode(errors="replace").rstrip()[:500])


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(KILL_AFTER_SECONDS):
                await process.wait()
    _signal(process.pid, signal.SIGKILL)
    await process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
