"""The work queue: an interface with one adapter for each kind of database, `queue_local` and `queue_postgres`.

A job names a row that has work to do. The row holds what is known of that work; the queue decides only which job runs
next, and in which process. Jobs are added and cancelled in the transaction of the row's change.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import DraftcastError
from services.store.records import Task


class JobKind(StrEnum):
    """The work of a job, as it is stored, in eight characters at most. The release before knows the words `part` and
    `join`, but would begin the whole task: it leaves jobs of other kinds to others.
    """

    TASK = "task"
    """Render a video, or split it into parts."""
    PART = "one part"
    """Render one part of a video."""
    JOIN = "join all"
    """Join the parts of a video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job of a task's run. `part` is the number of the part, for jobs of that kind only.

    The job of the highest `priority` (-1000 to 1000) is handed out first, then one that was handed out before, then
    the one of the lowest `turn`, then the oldest.
    """

    task: str
    run: int
    kind: JobKind = JobKind.TASK
    part: int | None = None
    priority: int = 0
    turn: int = 0
    token: int = 0
    """The fencing token: it rises each time that the job is handed out, and from an older job to a newer one. 0 for a
    job that was not handed out.
    """


def task_job(task: Task) -> Job:
    """The job of a task that waits."""
    return Job(task=task.id, run=task.run, priority=task.priority, turn=task.turn)


class FencedOff(DraftcastError):
    """Another process has taken this process for dead and has its work."""


Handle: TypeAlias = Callable[[Job], Awaitable[None]]
"""Does a job. It returns: the job is over. It is cancelled or raises: the job is handed out again, after an error one
second later. It raises `FencedOff`: all handles are cancelled, and `WorkQueue.run` raises it.
"""


class WorkQueue(ABC):
    """A queue of jobs, handed out to the workers of all processes."""

    @abstractmethod
    async def enqueue(self, connection: AsyncConnection, added: Sequence[Job]) -> None:
        """Add jobs, effective with the commit of the transaction of `connection`. Call `wake` after it."""

    @abstractmethod
    async def cancel(self, connection: AsyncConnection, task: str, run: int) -> None:
        """Remove the jobs of the run, effective with the commit of the transaction of `connection`; the handles of
        those that run are cancelled. Call `wake` after it.
        """

    @abstractmethod
    def queued(self) -> sa.Select[str, int]:
        """A query for the task and run of each job, waiting or running."""

    @abstractmethod
    def wake(self) -> None:
        """Notify `run` in this process of committed changes. Does nothing where it does not run."""

    @abstractmethod
    async def run(self, slots: int, handle: Handle) -> None:
        """Hand out jobs until `stop`, at most `slots` at a time. An unavailable database is waited for.

        Raises `FencedOff` when a handle did, once all handles have ended: the caller starts the process anew.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Cancel the running handles, whose jobs are handed out again elsewhere, and end `run`."""
