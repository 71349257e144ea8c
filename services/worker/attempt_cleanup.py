"""What a worker that was killed leaves behind: child processes and folders.

An attempt's folder is its child's to write. What is noted of the child lies elsewhere, where it cannot be written.
"""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.files.beneath import empty_tree, remove_tree

CHILDREN = "children"
"""The folder beside that of all work, in which the children of attempts are noted."""
KEEP_SECONDS = 24 * 3600
"""How long a failed task's materials wait for a retry."""


def note_child(folder: Path, pid: int) -> None:
    """Remember an attempt's child, so that a later process can stop it."""
    note = _note(folder)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps([pid, _started(pid)]))


def clear_attempts(task_folder: Path) -> None:
    """Stop what earlier attempts of a task left running and remove their folders; materials stay."""
    for folder in sorted(task_folder.iterdir()) if task_folder.is_dir() else ():
        if folder.name.isdecimal():
            clear_attempt(folder)
    with suppress(OSError):
        task_folder.rmdir()  # only when nothing is left in it


def clear_attempt(folder: Path) -> None:
    """Stop what an attempt left running, and remove its folder."""
    _stop_child(folder)
    remove_tree(folder)
    with suppress(OSError):
        folder.parent.rmdir()  # only when nothing is left in it


def empty_attempt(folder: Path) -> None:
    """Stop what an attempt left running, and remove its files. The empty folder says that it has been here."""
    _stop_child(folder)
    with suppress(OSError):
        empty_tree(folder)


def attempts_in(work_dir: Path) -> list[tuple[str, int]]:
    """Attempts that have left a folder: task ids and numbers."""
    return sorted((path.parent.name, int(path.name)) for path in work_dir.glob("*/*") if path.name.isdecimal())


def clear_all(work_dir: Path, active: set[str]) -> None:
    """Before anything runs: no attempt of an earlier process goes on, and old materials go away. Empty folders stay,
    by which `attempts_in` knows the attempts.
    """
    for task_id, number in attempts_in(work_dir):
        empty_attempt(work_dir / task_id / str(number))
    remove_tree(work_dir.parent / CHILDREN)
    clear_old(work_dir, active, time.time())


def clear_old(work_dir: Path, active: set[str], now_seconds: float) -> None:
    """Materials that nobody has wanted for a day go away."""
    for folder in sorted(work_dir.iterdir()) if work_dir.is_dir() else ():
        if folder.name not in active and now_seconds - folder.stat().st_mtime > KEEP_SECONDS:
            remove_tree(folder)


def fresh_folder(folder: Path) -> None:
    """An attempt's folder, empty and alone: those of earlier attempts are removed. Raises `OSError`."""
    clear_attempts(folder.parent)
    folder.mkdir(parents=True)


def _note(folder: Path) -> Path:
    work_dir = folder.parent.parent
    return work_dir.parent / CHILDREN / f"{folder.parent.name}.{folder.name}"


def _stop_child(folder: Path) -> None:
    """Kill the group of the child that is noted. The note goes first: killing the wrong one is not done twice."""
    note = _note(folder)
    try:
        noted = json.loads(note.read_text())
    except (OSError, ValueError):
        noted = None
    note.unlink(missing_ok=True)
    child = _noted(noted)
    if child is None:
        return
    pid, started = child
    with suppress(OSError):
        handle = os.pidfd_open(pid)  # from here on the number is not given to another process
        try:
            if _started(pid) == started:
                os.killpg(pid, signal.SIGKILL)
        finally:
            os.close(handle)


def _noted(noted: Any) -> tuple[int, str] | None:
    """The process id and start time of a note, if it is one."""
    match noted:
        case [int(pid), str(started)] if type(pid) is int and pid > 1:
            return pid, started
        case _:
            return None


def _started(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]
