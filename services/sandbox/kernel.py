"""Calls of the kernel that Python has no name for."""

import ctypes
import os
from typing import Any

from services.errors import DraftcastError

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS = 38


class NotConfined(DraftcastError):
    """The kernel does not take this; the text says which call and why."""


def syscall(number: int, *arguments: Any) -> int:
    """The result of a call by its number; -1 for an error."""
    return int(_libc.syscall(number, *arguments))


def called(name: str, number: int, *arguments: int | bytes) -> int:
    """The result of a call. Raises `NotConfined`."""
    result = syscall(number, *arguments)
    if result < 0:
        raise NotConfined(f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def no_new_rights() -> None:
    """From now on no program that is started has more rights than this process. Raises `NotConfined`."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise NotConfined(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
