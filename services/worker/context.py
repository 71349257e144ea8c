"""The collaborators of a worker and of the jobs that it does."""

from collections.abc import Callable
from dataclasses import dataclass

from services.files.store import FileStore
from services.live.task_cache import TaskCache
from services.settings import Settings
from services.store.database import Database
from services.store.records import Task
from services.telemetry.traces import Traces
from services.worker.queue.queue import WorkQueue
from services.worker.registry import WorkerRegistry


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The collaborators. `on_end` is called with each task that a job has ended."""

    database: Database
    queue: WorkQueue
    task_cache: TaskCache
    files: FileStore
    registry: WorkerRegistry
    on_end: Callable[[Task], None]
    settings: Settings
    traces: Traces
