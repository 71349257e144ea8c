"""Folders for work that is thrown away: locked while they are in use, so that what a killed process left is known."""

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
    """A new folder whose name begins so, gone when the block is left. Raises `OSError`.

    It is locked, so that nobody takes it for abandoned: a lock ends with its process. `remove` is for folders in which
    others write.
    """
    folder = await asyncio.to_thread(_new_folder, parent, prefix)
    with _locked(folder):
        try:
            yield folder
        finally:
            await asyncio.shield(asyncio.to_thread(remove, folder))


def clear_abandoned(parent: Path, prefix: str, remove: Remove = _REMOVE) -> None:
    """Remove the folders of that prefix whose process was killed. Blocks."""
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError), _locked(folder):  # it is in use, or gone by now
            remove(folder)


def _new_folder(parent: Path, prefix: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """The folder, ours alone. Raises `OSError` when another process has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
