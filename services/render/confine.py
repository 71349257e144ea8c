"""What the kernel can be asked to take from a process for good: Landlock for files, seccomp for system calls.

Both need no rights, no other program and no container settings, and all that is started later inherits them.
Numbers and layouts are those of Linux's `landlock.h`, `seccomp.h` and system call tables.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

from services.errors import DraftcastError

LEAST_LANDLOCK = 2
"""Before (Linux 5.13 to 5.18) no file could be moved to another folder, not even within the task's."""

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_READ = 0b1101
"""Execute a file, read a file, list a folder."""
_OF_A_FILE = 0b1100_0000_0000_0111
"""The rights that mean something for a single file: execute, write, read, truncate, ioctl."""
_SCOPED = 0b11
"""No signals to processes outside, no abstract sockets of theirs."""
_FILTER, _SYNC_THREADS = 1, 1
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EACCES = 13
_X32 = 0x40000000
"""From this number on, x86-64 takes calls of another table."""
_EVERYWHERE = (425, 438)
"""io_uring_setup, which can do what is refused here by other ways, and pidfd_getfd."""
_MACHINES: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        317,
        (
            *(41, 42, 43, 49, 50, 288),
            *(101, 155, 165, 166, 248, 249, 250, 272, 298, 304, 308, 310, 311, 321, 323),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        277,
        (
            *(198, 203, 202, 200, 201, 242),
            *(117, 41, 40, 39, 217, 218, 219, 97, 241, 265, 268, 270, 271, 280, 282),
        ),
    ),
}
"""By machine: its number in audit.h, its call `seccomp`, and the calls that are refused. First those of the network:
socket, connect, accept, bind, listen, accept4. Then those that reach other processes, mounts or the kernel's own parts:
ptrace, pivot_root, mount, umount2, add_key, request_key, keyctl, unshare, perf_event_open, open_by_handle_at, setns,
process_vm_readv, process_vm_writev, bpf, userfaultfd. Pairs of sockets can be made still: an event loop needs one.
"""


class NotConfined(DraftcastError):
    """The kernel does not take this; the text says which call and why."""


def landlock_version() -> int:
    """The version of Landlock here; 0: none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, _VERSION)))


def seccomp_here() -> bool:
    """Whether system calls can be filtered."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    errno_action = ctypes.c_uint32(_ERRNO)
    get_action_avail = 2
    return int(_libc.syscall(machine[1], get_action_avail, 0, ctypes.byref(errno_action))) == 0


def confine_files(*, read: Iterable[Path], write: Iterable[Path]) -> None:
    """From now on this thread, and what it starts, reads and runs files of `read` only, and changes those of `write`.

    Both hold folders, with all below them, and single files; what is not there is passed over. Call it before
    there are other threads. Raises `NotConfined`.
    """
    rights = _rights(landlock_version())
    ruleset = _called("landlock_create_ruleset", _CREATE_RULESET, _ruleset(rights), 24, 0)
    try:
        for path in read:
            _allow(ruleset, path, rights & _READ)
        for path in write:
            _allow(ruleset, path, rights)
        _no_new_rights()
        _called("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def refuse_network() -> None:
    """From now on no thread of this process, and nothing that it starts, gets a socket to anywhere, nor the calls of
    `_MACHINES` and `_EVERYWHERE`. Raises `NotConfined`.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise NotConfined(f"seccomp: the calls of {platform.machine()} are not known")
    audit_number, seccomp, refused = machine
    program = _program(audit_number, (*refused, *_EVERYWHERE))
    code = ctypes.create_string_buffer(program, len(program))
    given = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _no_new_rights()
    left_out = _called("seccomp", seccomp, _FILTER, _SYNC_THREADS, given)
    if left_out:
        raise NotConfined(f"seccomp: thread {left_out} has a filter of its own")


def _rights(version: int) -> int:
    """All the rights over files that a version can take away: each newer one knows more of them."""
    if version < LEAST_LANDLOCK:
        raise NotConfined(f"Landlock: version {version}, {LEAST_LANDLOCK} is needed (Linux 5.19)")
    known = 14 + (version >= 3) + (version >= 5)
    return (1 << known) - 1


def _ruleset(rights: int) -> bytes:
    """Connections are no part of it: they are refused later, and for all threads, see `refuse_network`."""
    scoped = _SCOPED if landlock_version() >= 6 else 0
    return struct.pack("=QQQ", rights, 0, scoped)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        given = rights if path.is_dir() else rights & _OF_A_FILE
        _called("landlock_add_rule", _ADD_RULE, ruleset, _BENEATH, struct.pack("=Qi", given, place), 0)
    finally:
        os.close(place)


def _program(audit_number: int, refused: Iterable[int]) -> bytes:
    """The filter in BPF: calls of another machine's table and those of `refused` end with EACCES."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    number_at, machine_at = 0, 4
    numbers = sorted(refused)
    steps = [
        (load, 0, 0, machine_at),
        (equal, 0, len(numbers) + 3, audit_number),
        (load, 0, 0, number_at),
        (at_least, len(numbers) + 1, 0, _X32),
        *((equal, len(numbers) - index, 0, number) for index, number in enumerate(numbers)),
        (answer, 0, 0, _ALLOW),
        (answer, 0, 0, _ERRNO | _EACCES),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _no_new_rights() -> None:
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise NotConfined(f"no_new_privs: {os.strerror(ctypes.get_errno())}")


def _called(name: str, number: int, *arguments: int | bytes) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        raise NotConfined(f"{name}: {os.strerror(ctypes.get_errno())}")
    return result
