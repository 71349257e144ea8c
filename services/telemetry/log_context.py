"""Which task the code that runs now is about. Whoever takes a task in hand says so; the log adds it to its lines."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogContext:
    """A task, and the number of its attempt where one runs."""

    task_id: str
    attempt: int | None = None


_present: ContextVar[LogContext | None] = ContextVar("concern", default=None)


@contextmanager
def bind_task(task_id: str, attempt: int | None = None) -> Generator[None]:
    """What happens in the block, and in all that it starts, is about this task."""
    before = _present.set(LogContext(task_id, attempt))
    try:
        yield
    finally:
        _present.reset(before)


def bound_task() -> LogContext | None:
    """The task that the present code is about."""
    return _present.get()
