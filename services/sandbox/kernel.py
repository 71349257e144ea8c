"""System calls without a Python function."""

import ctypes
import os
from typing import Any

from services.errors import DraftcastError

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS = 38


class NotConfined(DraftcastError):
    """The kernel rejects a restriction; the text names the call and the error."""


def syscall(number: int, *arguments: Any) -> int:
    """The result of a system call by number; -1: error."""
    return int(_libc.syscall(number, *arguments))


def called(name: str, number: int, *arguments: int | bytes) -> int:
    """The result of a system call. Raises `NotConfined`."""
    result = syscall(number, *arguments)
    if result < 0:
        raise NotConfined(f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def no_new_rights() -> None:
    """Deny privileges to programs started from now on (no_new_privs). Raises `NotConfined`."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise NotConfined(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
