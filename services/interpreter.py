"""A check of whether a Python can run draftcast. `PYTHON services/interpreter.py` prints the reason and exits with 1
where it cannot.

Set-up runs it with the Pythons of the machine, old ones too: only features of Python 3.7 are used here.
"""

from __future__ import annotations

import sys

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)
"""The first SQLite with RETURNING (sqlite.org/changes.html)."""


def unsupported_reason(python: tuple[int, ...], sqlite: tuple[int, ...]) -> str:
    """Why these versions of Python and SQLite cannot run draftcast; empty if they can."""
    name = "Python " + ".".join(map(str, python[:3]))
    if python < OLDEST_PYTHON:
        return f"{name} is too old: 3.11 or newer is needed"
    if not sqlite:
        return f"{name} was built without SQLite"
    if sqlite < OLDEST_SQLITE:
        return f"{name} uses SQLite {'.'.join(map(str, sqlite))}: 3.35 or newer is needed"
    return ""


def unsupported_here() -> str:
    """`unsupported_reason` for the running Python."""
    try:
        import sqlite3
    except ImportError:
        return unsupported_reason(sys.version_info[:3], ())
    return unsupported_reason(sys.version_info[:3], sqlite3.sqlite_version_info)


if __name__ == "__main__":
    sys.exit(unsupported_here() or None)
