"""Whether a Python can run draftcast. `PYTHON services/interpreter.py` ends with 1 where it cannot, and says why.

Set-up asks Pythons of the machine so, old ones too: nothing but what comes with Python 3.7 is used here.
"""

from __future__ import annotations

import sys

OLDEST_PYTHON = (3, 11)
SUBSECONDS_PYTHON = (3, 12)
"""From here on DBOS lets SQLite tell milliseconds, whichever SQLite there is (`dbos/_migration.py`)."""
SUBSECONDS_SQLITE = (3, 42)
"""The first SQLite whose `unixepoch` knows 'subsec' (sqlite.org/changes.html); before, it gives NULL."""


def unsupported_reason(python: tuple[int, ...], sqlite: tuple[int, ...]) -> str:
    """Why a Python of this version over an SQLite of that one cannot run draftcast; empty if it can."""
    name = "Python " + ".".join(map(str, python[:3]))
    if python < OLDEST_PYTHON:
        return f"{name} is too old: 3.11 or newer is needed"
    if not sqlite:
        return f"{name} was built without SQLite"
    if python >= SUBSECONDS_PYTHON and sqlite < SUBSECONDS_SQLITE:
        return f"{name} uses SQLite {'.'.join(map(str, sqlite))}: from Python 3.12 on, SQLite 3.42 or newer is needed"
    return ""


def unsupported_here() -> str:
    """The same of this Python."""
    try:
        import sqlite3
    except ImportError:
        return unsupported_reason(sys.version_info[:3], ())
    return unsupported_reason(sys.version_info[:3], sqlite3.sqlite_version_info)


if __name__ == "__main__":
    sys.exit(unsupported_here() or None)
