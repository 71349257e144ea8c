"""Shared renders: a long video whose parts are jobs of the queue, and a job that joins them.

The worker that begins the task stores the parts and leaves the attempt to their jobs (see `part_jobs`); the last of
these adds the job that joins them. In between the task's row has no worker, and each part has its own fence.
"""

import logging

from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import patiently
from services.clock import now_ms
from services.errors import ErrorCode, Failure, failed
from services.exporter_protocol.lines import PartsLine, Stage
from services.store import parts, reads, writes
from services.store.parts import Part
from services.store.records import MAX_LOSSES, Status, Task, TaskChange
from services.worker.artifact_cleanup import ArtifactCleanup
from services.worker.context import WorkerContext
from services.worker.eta import Eta
from services.worker.kept_store import KeptStore
from services.worker.progress import shared_progress
from services.worker.queue.queue import Job, JobKind, task_job
from services.worker.shared_render.parts import fetch_all, try_to_forget
from services.worker.shared_render.renderers import Files, Renderer, Renderers
from services.worker.shared_render.stream import SharedStream

log = logging.getLogger(__name__)

MAX_PARTS = 10_000
"""More than two days of video have."""


class SharedTasks:
    """Splits attempts into parts, joins them, and ends their tasks."""

    def __init__(self, context: WorkerContext, artifacts: ArtifactCleanup, kept: KeptStore) -> None:
        self._context = context
        self._artifacts = artifacts
        self.stream = SharedStream(context.database, context.task_cache, context.files)
        self.renderers = Renderers(context.settings, context.task_cache, kept, self._forget)

    async def split(self, task: Task, line: PartsLine) -> bool:
        """Leave the attempt to the jobs of its parts. False when it has another worker. Raises `StoreUnavailable`, and
        `Failed` for an invalid number of parts.
        """
        if not 0 < len(line.spans) <= MAX_PARTS:
            raise failed(
                ErrorCode.INTERNAL,
                f"The renderer asked for {len(line.spans)} parts; 1 to {MAX_PARTS} are made.",
                f"渲染程序要求 {len(line.spans)} 个分段，只能为 1 到 {MAX_PARTS} 个。",
            )
        async with self._context.database.write() as connection:
            if not await writes.share(connection, task):
                now = await reads.any_task(connection, task.id)
                # stored before, though the database did not answer
                return now is not None and (now.attempt, now.fence, now.worker) == (task.attempt, task.fence, None)
            left = await parts.share(connection, task, line.digest, line.spans)
            await self.enqueue(connection, task, left)
        self._context.queue.wake()
        log.info("shared: %d parts to render", len(left))
        return True

    async def files_of(self, task: Task, rows: list[Part], renderer: Renderer) -> Files | None:
        """The files of the parts that the renderer does not have, by their numbers; the stream is whole then, or none.
        None where they cannot be joined here, which is left to other jobs. Raises `Failed`.
        """
        if not renderer.fits(rows[0].digest):
            return await patiently(lambda: self.leave_to_one(task))
        await patiently(lambda: self.stream.end(task, renderer))
        files, unread = await fetch_all(self._context.files, renderer.missing(rows), renderer.folder)
        if unread:
            return await patiently(lambda: self._reopen(task, unread))
        return files

    async def _reopen(self, task: Task, unread: list[Part]) -> None:
        """Have these parts rendered again. Raises `Failed` for one that was lost too often."""
        if any(part.losses >= MAX_LOSSES for part in unread):
            raise failed(
                ErrorCode.PUBLISH_FAILED,
                "A stored part of the video cannot be read from the file storage.",
                "无法从文件存储读取视频的一个分段。",
            )
        async with self._context.database.write() as connection:
            if await writes.share(connection, task):
                for part in unread:
                    await parts.release(connection, part, lost=True)
                await self.enqueue(connection, task, unread)
        self._context.queue.wake()

    async def leave_to_one(self, task: Task) -> None:
        """Have one worker render the video alone: parts of this worker would not fit the others."""
        log.warning("the video would be drawn or encoded differently here; one worker renders it alone")
        async with self._context.database.write() as connection:
            if await writes.hand_back(connection, task):
                await parts.end(connection, task.id)
                await self._context.queue.cancel(connection, task.id, task.run)
                await self._context.queue.enqueue(connection, [task_job(task)])
        self._context.queue.wake()

    async def enqueue(self, connection: AsyncConnection, task: Task, left: list[Part]) -> None:
        """Add the jobs of these parts, each a turn of the owner; without one, that which joins them."""
        jobs = [
            Job(
                task=task.id,
                run=task.run,
                kind=JobKind.PART,
                part=part.number,
                priority=task.priority,
                turn=task.turn + part.number,
            )
            for part in left
        ]
        joining = Job(task=task.id, run=task.run, kind=JobKind.JOIN, priority=task.priority, turn=task.turn)
        await self._context.queue.enqueue(connection, jobs or [joining])

    async def progressed(
        self, connection: AsyncConnection, task: Task, eta: Eta, preview_key: str | None = None
    ) -> list[TaskChange]:
        """The change of the task after one of its parts, if there is one."""
        now = await reads.any_task(connection, task.id)
        if now is None or now.status is not Status.PROCESSING or now.attempt != task.attempt:
            return []
        update = shared_progress(now, await parts.frames_done(connection, task.id), eta, now_ms(), preview_key)
        changed = None if update is None else await writes.advance(connection, now, update)
        return [] if changed is None else [changed]

    async def end(self, connection: AsyncConnection, task: Task, failure: Failure) -> TaskChange | None:
        """Fail the task, with all jobs of its parts."""
        ended = await writes.fail(connection, task, failure, Stage.EXPORTING)
        if ended is not None:
            await self._context.queue.cancel(connection, task.id, task.run)
        return ended

    def tell(self, ended: TaskChange | None) -> None:
        """Tell of a task that was failed."""
        if ended is None:
            return
        self._context.queue.wake()
        self._context.task_cache.publish(ended)
        self._context.traces.record_attempt(ended.task, ended.task.stages, ended.task)
        self._context.on_end(ended.task)

    async def _forget(self, ended: Task) -> None:
        """Remove what an ended task has left in the file storage."""
        await try_to_forget(self._context.database, self._context.files, ended.id)
        await self._artifacts.clean_attempt(ended.id, ended.attempt, ended)
