"""Temporary work folders, locked while in use, so that those of killed processes are recognized."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

Remove = Callable[[Path], None]
_REMOVE: Remove = partial(shutil.rmtree, ignore_errors=True)


@asynccontextmanager
async def scratch_folder(parent: Path, prefix: str, remove: Remove = _REMOVE) -> AsyncGenerator[Path]:
    """A new folder with this prefix, removed at the end of the block. Raises `OSError`.

    Its lock, which ends with the process, keeps others from removing it. `remove` suits folders that untrusted
    processes write to.
    """
    folder = await asyncio.to_thread(_new_folder, parent, prefix)
    with _locked(folder):
        try:
            yield folder
        finally:
            await asyncio.shield(asyncio.to_thread(remove, folder))


def clear_abandoned(parent: Path, prefix: str, remove: Remove = _REMOVE) -> None:
    """Remove the folders with this prefix whose process was killed. Blocks."""
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError), _locked(folder):  # it is in use, or gone by now
            remove(folder)


def _new_folder(parent: Path, prefix: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Lock the folder. Raises `OSError` when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
