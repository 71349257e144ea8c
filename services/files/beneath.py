"""Access to files of a folder that an untrusted process writes to.

A name in such a folder may be replaced by a link or a pipe at any moment. So a file is opened once, component by
component and never through a link, and everything after works on the descriptor.
"""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path, PurePath
from typing import BinaryIO

MAX_FILE_BYTES = 1 << 40
"""Larger than any video."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HANDLE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
BATCH = 10_000
"""Names of a folder held in memory at once while it is removed."""


class NotAFile(OSError):
    """The name is not that of a regular file in the folder, or the file is too large."""


def open_beneath(folder: Path, name: str, largest_bytes: int = MAX_FILE_BYTES) -> BinaryIO:
    """Open the file `name` (relative or absolute) of `folder` for reading: a regular file with one name and at most
    `largest_bytes`. Blocks. Raises `NotAFile`, FileNotFoundError and other `OSError`s.
    """
    with _parent(folder, name) as (parent, last):
        descriptor = os.open(last, _FILE, dir_fd=parent)
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size <= largest_bytes:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise NotAFile(f"{name!r} is not a plain file of at most {largest_bytes} bytes")


def read_beneath(folder: Path, name: str, largest_bytes: int) -> bytes:
    """The content of a small file, opened by `open_beneath`. Raises `NotAFile` also for one that grows meanwhile."""
    with open_beneath(folder, name, largest_bytes) as file:
        content = file.read(largest_bytes + 1)
    if len(content) > largest_bytes:
        raise NotAFile(f"{name!r} has more than {largest_bytes} bytes")
    return content


def create_beneath(folder: Path, name: str) -> BinaryIO:
    """Create a file of `folder` for writing and reading, replacing one of that name. Blocks. Raises `OSError`."""
    with _parent(folder, name) as (parent, last):
        with suppress(FileNotFoundError):
            os.unlink(last, dir_fd=parent)
        return os.fdopen(os.open(last, _NEW, 0o600, dir_fd=parent), "w+b")


@contextmanager
def _parent(folder: Path, name: str) -> Generator[tuple[int, str]]:
    """A descriptor of the parent folder of `name`, and its last component; links are not followed."""
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
    """Remove a folder and its content as far as the system allows; links are not followed. Blocks."""
    with suppress(OSError):
        empty_tree(folder)
    with suppress(OSError):
        folder.rmdir()


def empty_tree(folder: Path) -> None:
    """Remove the content of a folder, as `remove_tree` does. Raises `OSError` when there is no such folder.

    Nested folders are moved up into `folder` first, so their depth does not matter.
    """
    top = os.open(folder, _FOLDER)
    try:
        while sum(_removed(top, name, is_folder) for name, is_folder in _entries(top)):
            pass
    finally:
        os.close(top)


def _entries(at: int) -> list[tuple[str, bool]]:
    """At most `BATCH` names of a folder, and whether they are folders."""
    with os.scandir(at) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, BATCH)]


def _removed(top: int, name: str, is_folder: bool) -> bool:
    """Remove an entry of `top`, or part of its content. False when nothing could be removed."""
    try:
        if not is_folder:
            os.unlink(name, dir_fd=top)
            return True
        return _flattened(top, name)
    except OSError:
        return False


def _flattened(top: int, name: str) -> bool:
    """Remove the files of a folder in `top`, move its subfolders up to `top`, and remove it when it is empty."""
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
    """Restore the permissions of a folder; moving it needs them, too."""
    handle = os.open(name, _HANDLE, dir_fd=at)
    try:
        Path(f"/proc/self/fd/{handle}").chmod(0o700)
    finally:
        os.close(handle)
