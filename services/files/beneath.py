"""Files of a folder that somebody else writes to: they are opened once, and everything after reads the descriptor.

A name that such a folder holds may be exchanged for a link or a pipe at any moment. So nothing is asked of a name but
to open it, step by step from the folder and never through a link, and what was opened is looked at then.
"""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path, PurePath
from typing import BinaryIO

MAX_FILE_BYTES = 1 << 40
"""More than any video has."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HANDLE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
BATCH = 10_000
"""Names of a folder that are held at once, while it is removed."""


class NotAFile(OSError):
    """What the name stands for is no plain file of the folder, or is too large."""


def open_beneath(folder: Path, name: str, largest_bytes: int = MAX_FILE_BYTES) -> BinaryIO:
    """The file that `name`, relative or absolute, has in `folder`, to be read: a regular one with no other name and of
    at most `largest_bytes`. Blocks. Raises `NotAFile`, FileNotFoundError and other `OSError`s.
    """
    with _parent(folder, name) as (parent, last):
        descriptor = os.open(last, _FILE, dir_fd=parent)
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size <= largest_bytes:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise NotAFile(f"{name!r} is not a plain file of at most {largest_bytes} bytes")


def read_beneath(folder: Path, name: str, largest_bytes: int) -> bytes:
    """The whole of a small file, as `open_beneath` has it; one that grows meanwhile is `NotAFile`, too."""
    with open_beneath(folder, name, largest_bytes) as file:
        content = file.read(largest_bytes + 1)
    if len(content) > largest_bytes:
        raise NotAFile(f"{name!r} has more than {largest_bytes} bytes")
    return content


def create_beneath(folder: Path, name: str) -> BinaryIO:
    """A new file of `folder`, to be written and read again, in place of what had its name. Blocks. Raises `OSError`."""
    with _parent(folder, name) as (parent, last):
        with suppress(FileNotFoundError):
            os.unlink(last, dir_fd=parent)
        return os.fdopen(os.open(last, _NEW, 0o600, dir_fd=parent), "w+b")


@contextmanager
def _parent(folder: Path, name: str) -> Generator[tuple[int, str]]:
    """A descriptor of the folder in which `name` lies, and its last part. No step leaves `folder` or takes a link."""
    *folders, last = _steps(folder, name)
    at = os.open(folder, _FOLDER)
    try:
        for step in folders:
            inner = os.open(step, _FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        yield at, last
    finally:
        os.close(at)


def _steps(folder: Path, name: str) -> tuple[str, ...]:
    path = PurePath(name)
    for whole in (folder, folder.resolve()) if path.is_absolute() else ():
        if path.is_relative_to(whole):
            path = path.relative_to(whole)
    if "\0" in name or path.is_absolute() or ".." in path.parts or not path.parts:
        raise NotAFile(f"{name!r} is not a name of the folder")
    return path.parts


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as the system lets us; no link is followed. Blocks."""
    with suppress(OSError):
        empty_tree(folder)
    with suppress(OSError):
        folder.rmdir()


def empty_tree(folder: Path) -> None:
    """Remove what is in a folder, as `remove_tree` does. Raises `OSError` when there is no such folder.

    Folders within folders are moved up into `folder` first, so neither their depth nor their number matters.
    """
    top = os.open(folder, _FOLDER)
    try:
        while sum(_removed(top, name, is_folder) for name, is_folder in _entries(top)):
            pass
    finally:
        os.close(top)


def _entries(at: int) -> list[tuple[str, bool]]:
    """Some names of a folder, and whether they are folders."""
    with os.scandir(at) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, BATCH)]


def _removed(top: int, name: str, is_folder: bool) -> bool:
    """Remove an entry of `top`, or at least something in it. False when nothing could be done."""
    try:
        if not is_folder:
            os.unlink(name, dir_fd=top)
            return True
        return _flattened(top, name)
    except OSError:
        return False


def _flattened(top: int, name: str) -> bool:
    """Remove the files of a folder of `top`, move its folders up beside it, and remove it when it is empty."""
    _unlock(top, name)
    inner = os.open(name, _FOLDER, dir_fd=top)
    changed = False
    try:
        for entry, is_folder in _entries(inner):
            with suppress(OSError):
                if is_folder:
                    _unlock(inner, entry)
                    os.rename(entry, os.urandom(16).hex(), src_dir_fd=inner, dst_dir_fd=top)
                else:
                    os.unlink(entry, dir_fd=inner)
                changed = True
    finally:
        os.close(inner)
    with suppress(OSError):
        os.rmdir(name, dir_fd=top)
        changed = True
    return changed


def _unlock(at: int, name: str) -> None:
    """Take back the rights over a folder; they are needed to move it, too."""
    handle = os.open(name, _HANDLE, dir_fd=at)
    try:
        Path(f"/proc/self/fd/{handle}").chmod(0o700)
    finally:
        os.close(handle)
