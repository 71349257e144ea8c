"""Landlock: irrevocable restrictions of files and signals by the kernel.

It needs no privileges, no other program and no container settings, and child processes inherit it. Numbers and layouts
are those of Linux's `landlock.h`.
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from services.sandbox.kernel import NotConfined, called, no_new_rights, syscall

MIN_VERSION = 2
"""Older versions (Linux 5.13 to 5.18) allow no move of a file to another folder, not even within the task's."""
SIGNALS_VERSION = 6
"""Older versions (before Linux 6.12) cannot refuse signals to other processes of the user."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_READ = 0b1101
"""Execute a file, read a file, list a folder."""
_NEVER = 0b1_1110_0100_0001
"""Never granted for written files: execution, and making links, pipes, sockets and devices."""
_OF_A_FILE = 0b1100_0000_0000_0111
"""The rights that apply to a single file: execute, write, read, truncate, ioctl."""
_SCOPED = 0b11
"""No signals to outside processes, no connections to their abstract sockets."""


def landlock_version() -> int:
    """The kernel's Landlock version; 0: none."""
    return max(0, syscall(_CREATE_RULESET, None, 0, _VERSION))


def confine_files(*, read: Iterable[Path], write: Iterable[Path]) -> None:
    """Restrict this thread and its children to reading and running files of `read`, and changing those of `write`.

    Both are folders with all below them, and single files; missing ones are ignored. Call it before other threads are
    started. Raises `NotConfined`.
    """
    rights = _rights(landlock_version())
    ruleset = called("landlock_create_ruleset", _CREATE_RULESET, _ruleset(rights), 24, 0)
    try:
        for path in read:
            _allow(ruleset, path, rights & _READ)
        for path in write:
            _allow(ruleset, path, rights & ~_NEVER)
        no_new_rights()
        called("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def protected() -> tuple[int, ...]:
    """The process ids of the ancestors, where Landlock does not block signals to them. Call it before `confine_files`,
    which hides them.
    """
    if landlock_version() >= SIGNALS_VERSION:
        return ()
    found = [os.getppid()]
    while found[-1] > 1:
        found.append(_parent_of(found[-1]))
    return tuple(found)


def _parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _rights(version: int) -> int:
    """All file rights that a version can restrict."""
    if version < MIN_VERSION:
        raise NotConfined(f"Landlock: version {version}, {MIN_VERSION} is needed (Linux 5.19)")
    known = 14 + (version >= 3) + (version >= 5)
    return (1 << known) - 1


def _ruleset(rights: int) -> bytes:
    """The ruleset's attributes. Connections are refused later and for all threads, see `seccomp`."""
    scoped = _SCOPED if landlock_version() >= 6 else 0
    return struct.pack("=QQQ", rights, 0, scoped)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        given = rights if path.is_dir() else rights & _OF_A_FILE
        called("landlock_add_rule", _ADD_RULE, ruleset, _BENEATH, struct.pack("=Qi", given, place), 0)
    finally:
        os.close(place)
