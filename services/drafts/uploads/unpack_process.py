"""Unpacking of uploaded zips in a separate process, in the sandbox, without network, with limits of memory and time.

As a program it takes the zip, the folder and the limits as arguments, and writes an error as JSON to stdout.
"""

import asyncio
import json
import os
import resource
import sys
from dataclasses import astuple
from pathlib import Path

from services.drafts.uploads.unpack import UnpackLimits, unpack, unreadable
from services.errors import Bilingual, DiskFull, InvalidInput, UploadTooLarge
from services.sandbox.process_limits import die_with_parent, write_no_core
from services.sandbox.process_sandbox import confine_process, program_trees

TIMEOUT_SECONDS = 240
"""Shorter than clients wait for a response."""
MEMORY_BYTES = 512 << 20
OPEN_FILES = 64
MAX_ANSWER_BYTES = 64 << 10
_UnpackError = InvalidInput | UploadTooLarge | DiskFull
_KINDS: dict[str, type[_UnpackError]] = {"invalid": InvalidInput, "too large": UploadTooLarge, "full": DiskFull}
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "LC_ALL")
"""The variables that the process inherits; others may hold passwords."""


async def unpack_in_process(archive: Path, folder: Path, limits: UnpackLimits) -> None:
    """Run `unpack` in another process, which has ended on return. Raises the errors of `unpack`."""
    numbers = [str(number) for number in astuple(limits) if number is not None]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(archive), str(folder), *numbers),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await process.stdout.read(MAX_ANSWER_BYTES)
            code = await process.wait()
    except TimeoutError:
        raise unreadable(f"unpacking takes longer than {TIMEOUT_SECONDS} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    if code:
        raise _error(answer)


def _error(answer: bytes) -> _UnpackError:
    """The error that the process reported; for a process that died without a report, that its limits were exceeded."""
    try:
        kind, en, zh = json.loads(answer)
        found, text = _KINDS[kind], Bilingual(str(en), str(zh))
        return InvalidInput(text, path=("zip",)) if found is InvalidInput else found(text)
    except (ValueError, KeyError, TypeError):
        return unreadable("unpacking exceeds the limits of memory or time")


def main(archive: str, folder: str, *limits: str) -> int:
    """Unpack with limits set; returns 0, or 1 with the error written to stdout."""
    die_with_parent()
    write_no_core()
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_CPU, TIMEOUT_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(what, (most, most))
    confine_process(read=(*program_trees(), Path(archive)), write=(Path(folder),), network=False)
    try:
        unpack(Path(archive), Path(folder), UnpackLimits(*map(int, limits)))
    except (InvalidInput, UploadTooLarge, DiskFull) as error:
        kind = next(kind for kind, each in _KINDS.items() if isinstance(error, each))
        sys.stdout.write(json.dumps([kind, error.message.en, error.message.zh]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
