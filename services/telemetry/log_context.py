"""The log context: the task that the current code works on; log lines carry it."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogContext:
    """A task, and the number of its attempt while one runs."""

    task_id: str
    attempt: int | None = None


_present: ContextVar[LogContext | None] = ContextVar("concern", default=None)


@contextmanager
def bind_task(task_id: str, attempt: int | None = None) -> Generator[None]:
    """Log lines of the block, and of everything started in it, name this task."""
    before = _present.set(LogContext(task_id, attempt))
    try:
        yield
    finally:
        _present.reset(before)


def bound_task() -> LogContext | None:
    """The task bound to the current code."""
    return _present.get()
