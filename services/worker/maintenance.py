"""Maintenance: the duties of the leader for all processes.

It unregisters dead processes, fails tasks that expired, adds missing jobs, and removes tasks and parts that are no
longer kept.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

from services.background import background, every
from services.clock import now_ms
from services.errors import ErrorCode, Failed, StoreUnavailable, failed
from services.files.store import FileStore
from services.live.task_cache import TaskCache
from services.store import parts, reads, workers, writes
from services.store.database import Changes, Database
from services.store.records import Task
from services.telemetry.log_context import bind_task
from services.telemetry.traces import NO_TRACES, Traces
from services.worker.queue.queue import WorkQueue, task_job
from services.worker.registry import WorkerRegistry
from services.worker.shared_render.parts import forget

log = logging.getLogger(__name__)

ROUND_SECONDS = 2.0
SWEEP_SECONDS = 600.0
"""Interval of the removal of parts and outdated tasks."""
MISSING_SECONDS = 60.0
"""Interval at which active tasks without a job are looked for: processes of the release before add none."""
DAY_MS = 24 * 3600 * 1000


class Maintenance:
    """Runs the duties while this process is the leader."""

    def __init__(
        self,
        database: Database,
        queue: WorkQueue,
        task_cache: TaskCache,
        files: FileStore,
        registry: WorkerRegistry,
        *,
        keep_days: int,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._database = database
        self._queue = queue
        self._task_cache = task_cache
        self._files = files
        self._registry = registry
        self._keep_days = keep_days
        self._traces = traces
        self._swept_at = self._added_at = float("-inf")
        self._changes = Changes(database)
        self._next_expiry_ms: int | None = None

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Run in the background while the block lasts."""
        rounds = every(ROUND_SECONDS, "maintenance", self._run_if_leader, at_once=True)
        async with background("maintenance", rounds):
            yield

    async def _run_if_leader(self) -> None:
        if self._registry.is_leader:
            await self.run_once()

    async def run_once(self) -> None:
        """Run each duty once; a failure of one does not stop the others. Raises `StoreUnavailable`."""
        await self._look()
        duties = [self._unregister_dead, self._expire_tasks]
        if monotonic() - self._added_at > MISSING_SECONDS:
            self._added_at = monotonic()
            duties.append(self.add_missing_jobs)
        if monotonic() - self._swept_at > SWEEP_SECONDS:
            self._swept_at = monotonic()
            duties.append(self.sweep)
        for duty in duties:
            try:
                await duty()
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("a maintenance duty failed; retrying in the next round")

    async def _look(self) -> None:
        """Read what there is to do, unless nothing has changed."""
        with self._changes.look() as changed:
            if changed:
                async with self._database.read() as connection:
                    self._next_expiry_ms = await reads.next_expiry_ms(connection)

    async def _unregister_dead(self) -> None:
        """Unregister dead processes."""
        dead = self._registry.dead_workers()
        for record in dead:
            log.warning(
                "%s (process %d on %s) is dead", "worker" if record.slots else "server", record.pid, record.host
            )
        if dead:
            async with self._database.write(serialized=False) as connection:
                await workers.unregister(connection, [record.id for record in dead])

    async def _expire_tasks(self) -> None:
        if self._next_expiry_ms is None or self._next_expiry_ms > now_ms():
            return
        async with self._database.read() as connection:
            late = await reads.expired(connection, now_ms())
        for task in late:
            async with self._database.write() as connection:
                ended = await writes.fail(connection, task, expired().failure)
                await self._queue.cancel(connection, task.id, task.run)
            if ended is not None:
                self._task_cache.publish(ended)
                self._traces.record_wait(ended.task)

    async def add_missing_jobs(self) -> None:
        """Add a job for each active task without one."""
        async with self._database.write() as connection:
            missing = await reads.active_besides(connection, self._queue.queued())
            if missing:
                log.warning("%d tasks had no job in the queue", len(missing))
                await self._queue.enqueue(connection, [task_job(task) for task in missing])
        self._queue.wake()

    async def sweep(self) -> None:
        """Remove parts of ended tasks, and tasks older than `keep_days`."""
        await self._remove_parts()
        if self._keep_days:
            await self._remove_outdated(now_ms() - self._keep_days * DAY_MS)

    async def _remove_outdated(self, before_ms: int) -> None:
        """Remove tasks that ended before; those whose files cannot be removed stay until the next sweep."""
        last, stuck = None, 0
        while True:
            async with self._database.read() as connection:
                found = await reads.outdated(connection, before_ms, last)
            for task in found:
                with bind_task(task.id):
                    stuck += not await self._removed(task)
                last = (task.completed_at_ms or 0, task.id)
            if not found:
                break
        if stuck:
            log.warning("%d outdated tasks stay until the next sweep: their files cannot be removed", stuck)

    async def _removed(self, task: Task) -> bool:
        """Remove the files, then the rows: files without a row would not be found again. False when files remain."""
        try:
            await self._files.delete(f"videos/{task.id}")
        except OSError as error:
            log.warning("the files of the task cannot be removed: %s", error)
            return False
        async with self._database.write() as connection:
            await writes.remove(connection, task)
        self._task_cache.forget(task)
        return True

    async def _remove_parts(self) -> None:
        """Remove parts of ended tasks that a dead worker could not remove."""
        async with self._database.read() as connection:
            left = await parts.of_ended_tasks(connection)
        for task_id in left:
            with bind_task(task_id):
                try:
                    await forget(self._database, self._files, task_id)
                except OSError as error:
                    log.warning("the parts of the task stay until the next sweep: %s", error)


def expired() -> Failed:
    """The error of a task that waited longer than `expiresInSeconds`."""
    return failed(
        ErrorCode.EXPIRED,
        "The task waited longer than expiresInSeconds allows.",
        "任务排队时间超过了 expiresInSeconds。",
    )
