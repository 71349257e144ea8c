"""Shared renders: a long video whose parts are jobs of the queue, and a job that joins them.

The worker that begins the task stores the parts and leaves the attempt to their jobs; the last of these adds the job
that joins them. In between the task's row has no worker, and each part has its own fence.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import patiently
from services.clock import now_ms
from services.errors import ErrorCode, Failed, Failure, StoreUnavailable, failed, out_of_disk
from services.exporter_protocol.lines import PartLine, PartsLine, PreviewLine, Stage
from services.files.store import FileStore
from services.live.task_cache import TaskCache
from services.settings import Settings
from services.store import parts, reads, writes
from services.store.database import Database
from services.store.parts import Part, PartStatus, StoredFile
from services.store.records import MAX_LOSSES, Status, Task, TaskChange
from services.telemetry.log_context import bind_task
from services.telemetry.traces import Traces
from services.worker.artifact_cleanup import ArtifactCleanup
from services.worker.eta import Eta
from services.worker.exporter_process import ProgressLine
from services.worker.failures import failure_of
from services.worker.progress import shared_progress
from services.worker.publish import put_preview
from services.worker.queue.queue import FencedOff, Job, JobKind, WorkQueue, task_job
from services.worker.shared_render.parts import discard, fetch_all, try_to_forget, upload
from services.worker.shared_render.renderers import Files, Renderer, Renderers
from services.worker.shared_render.stream import SharedStream

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.5
"""Interval at which the rendered frames of a part are stored."""
MAX_PARTS = 10_000
"""More than two days of video have."""


class SharedRenders:
    """Splits attempts into parts, renders parts, and joins them."""

    def __init__(
        self,
        database: Database,
        queue: WorkQueue,
        task_cache: TaskCache,
        files: FileStore,
        artifacts: ArtifactCleanup,
        worker: str,
        on_end: Callable[[Task], None],
        settings: Settings,
        traces: Traces,
    ) -> None:
        self._database = database
        self._queue = queue
        self._task_cache = task_cache
        self._files = files
        self._artifacts = artifacts
        self._worker = worker
        self._on_end = on_end
        self._traces = traces
        self._stream = SharedStream(database, task_cache, files)
        self.renderers = Renderers(settings, task_cache, self._forget)

    # The task

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
        async with self._database.write() as connection:
            if not await writes.share(connection, task):
                now = await reads.any_task(connection, task.id)
                # stored before, though the database did not answer
                return now is not None and (now.attempt, now.fence, now.worker) == (task.attempt, task.fence, None)
            left = await parts.share(connection, task, line.digest, line.spans)
            await self._enqueue(connection, task, left)
        self._queue.wake()
        log.info("shared: %d parts to render", len(left))
        return True

    async def files_of(self, task: Task, rows: list[Part], renderer: Renderer) -> Files | None:
        """The files of the parts that the renderer does not have, by their numbers; the stream is whole then, or none.
        None where they cannot be joined here, which is left to other jobs. Raises `Failed`.
        """
        if not renderer.fits(rows[0].digest):
            return await patiently(lambda: self._leave_to_one(task))
        await patiently(lambda: self._stream.end(task, renderer))
        files, unread = await fetch_all(self._files, renderer.missing(rows), renderer.folder)
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
        async with self._database.write() as connection:
            if await writes.share(connection, task):
                for part in unread:
                    await parts.release(connection, part, lost=True)
                await self._enqueue(connection, task, unread)
        self._queue.wake()

    async def _leave_to_one(self, task: Task) -> None:
        """Have one worker render the video alone: parts of this worker would not fit the others."""
        log.warning("the video would be drawn or encoded differently here; one worker renders it alone")
        async with self._database.write() as connection:
            if await writes.hand_back(connection, task):
                await parts.end(connection, task.id)
                await self._queue.cancel(connection, task.id, task.run)
                await self._queue.enqueue(connection, [task_job(task)])
        self._queue.wake()

    async def _enqueue(self, connection: AsyncConnection, task: Task, left: list[Part]) -> None:
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
        await self._queue.enqueue(connection, jobs or [joining])

    # A part

    async def render(self, job: Job) -> None:
        """Do the job of a part, see `services.worker.queue.queue.Handle`."""
        begun = await patiently(lambda: self._begin(job))
        if begun is None:
            return
        task, part = begun
        with bind_task(task.id, task.attempt):
            try:
                await self._work(task, part)
            except (asyncio.CancelledError, StoreUnavailable):
                await self._hand_back(task, part)
                raise
            except FencedOff:
                raise
            except Exception as error:
                failure = failure_of(error)
                if not await patiently(lambda: self._fail(task, part, failure)):
                    raise  # another worker may succeed

    async def _begin(self, job: Job) -> tuple[Task, Part] | None:
        """The task and the part, assigned to this worker; None when there is nothing to do. Raises `FencedOff`."""
        ended = None
        async with self._database.write() as connection:
            task = await reads.any_task(connection, job.task)
            part = await parts.one(connection, job.task, job.part)
            if task is None or part is None or not _is_open(task, part) or task.run != job.run:
                return None
            if (part.worker, part.fence) == (self._worker, job.token):
                return task, part  # stored before, though the database did not answer
            if part.worker is not None and part.losses >= MAX_LOSSES:
                ended = await self._end(connection, task, _lost(part))
            else:
                begun = await parts.begin(connection, part, self._worker, job.token)
                if begun is None:
                    raise FencedOff(f"part {part.number} of task {task.id} was handed out again meanwhile")
                return task, begun
        self._tell(ended)
        return None

    async def _work(self, task: Task, part: Part) -> None:
        began_ms = now_ms()
        previews: list[str] = []

        def on_line(line: ProgressLine) -> None:
            if isinstance(line, PreviewLine):
                previews[:] = [line.preview]

        async with self.renderers.renderer(task, on_line) as renderer:
            if not renderer.fits(part.digest):
                return await patiently(lambda: self._leave_to_one(task))
            log.info("renders part %d", part.number)
            line = await self._render_while_ours(renderer, task, part, previews)
            stored = None if line is None else await self._stored(part, renderer, line)
            if stored is not None and await patiently(lambda: self.made(task, part, stored)):
                self._traces.record_part(part, began_ms)
                return await self._stream.add(task, renderer)
        await discard(self._files, part)
        return await patiently(lambda: self._check(task, part))

    async def _render_while_ours(
        self, renderer: Renderer, task: Task, part: Part, previews: list[str]
    ) -> PartLine | None:
        """Render the part, and report its frames meanwhile. None when it has another worker."""
        rendering = asyncio.create_task(renderer.render(part))
        reporting = asyncio.create_task(self._report(renderer, task, part, previews))
        try:
            await asyncio.wait({rendering, reporting}, return_when=asyncio.FIRST_COMPLETED)
            return await rendering if rendering.done() else None
        finally:
            for each in (rendering, reporting):
                each.cancel()
            await asyncio.gather(rendering, reporting, return_exceptions=True)

    async def _report(self, renderer: Renderer, task: Task, part: Part, previews: list[str]) -> None:
        """Store the rendered frames and the newest preview; ends when the part has another worker."""
        eta = Eta()
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            key = None
            with suppress(Failed, OSError):  # the next preview follows
                key = await put_preview(self._files, task, renderer.folder, previews.pop()) if previews else None
            with suppress(StoreUnavailable):
                async with self._database.write(durable=False) as connection:
                    if await parts.advance(connection, part, renderer.frames_of(part)) is None:
                        return
                    changed = await self._progressed(connection, task, eta, key)
                self._task_cache.publish(*changed)

    async def _progressed(
        self, connection: AsyncConnection, task: Task, eta: Eta, preview_key: str | None = None
    ) -> list[TaskChange]:
        """The change of the task after one of its parts, if there is one."""
        now = await reads.any_task(connection, task.id)
        if now is None or now.status is not Status.PROCESSING or now.attempt != task.attempt:
            return []
        update = shared_progress(now, await parts.frames_done(connection, task.id), eta, now_ms(), preview_key)
        changed = None if update is None else await writes.advance(connection, now, update)
        return [] if changed is None else [changed]

    async def _stored(self, part: Part, renderer: Renderer, line: PartLine) -> StoredFile:
        """The uploaded part. Raises `Failed`."""
        try:
            return await upload(self._files, part, renderer.folder / line.path, renderer.folder)
        except OSError as error:
            raise out_of_disk(error) or failed(
                ErrorCode.PUBLISH_FAILED,
                f"A part of the video could not be stored: {error.strerror or type(error).__name__}.",
                f"无法保存视频的一个分段：{error.strerror or type(error).__name__}。",
            ) from error

    async def made(self, task: Task, part: Part, stored: StoredFile) -> bool:
        """Store that the part is made; after the last one they are joined. False when it has another worker."""
        async with self._database.write() as connection:
            if await parts.finish(connection, part, stored) is None:
                now = await parts.one(connection, task.id, part.number)
                # stored before, though the database did not answer
                return now is not None and (now.status, now.fence) == (PartStatus.DONE, part.fence)
            changed = await self._progressed(connection, task, Eta())
            if not await parts.left(connection, task.id):
                await self._enqueue(connection, task, [])
        self._task_cache.publish(*changed)
        self._queue.wake()
        return True

    async def _fail(self, task: Task, part: Part, failure: Failure) -> bool:
        """Count a loss of the part; after too many the task fails. False when the part is open again."""
        ended = None
        async with self._database.write() as connection:
            released = await parts.release(connection, part, lost=True)
            if released is not None and part.losses < MAX_LOSSES:
                return False
            if released is not None:
                ended = await self._end(connection, task, failure)
        if released is None:
            await self._check(task, part)
        self._tell(ended)
        return True

    async def _end(self, connection: AsyncConnection, task: Task, failure: Failure) -> TaskChange | None:
        """Fail the task, with all jobs of its parts."""
        ended = await writes.fail(connection, task, failure, Stage.EXPORTING)
        if ended is not None:
            await self._queue.cancel(connection, task.id, task.run)
        return ended

    def _tell(self, ended: TaskChange | None) -> None:
        """Tell of a task that was failed."""
        if ended is None:
            return
        self._queue.wake()
        self._task_cache.publish(ended)
        self._traces.record_attempt(ended.task, ended.task.stages, ended.task)
        self._on_end(ended.task)

    async def _hand_back(self, task: Task, part: Part) -> None:
        """Return the part to the queue. Raises `FencedOff`."""
        with suppress(StoreUnavailable):
            async with self._database.write() as connection:
                released = await parts.release(connection, part)
            if released is None:
                await self._check(task, part)

    async def _check(self, task: Task, part: Part) -> None:
        """Raises `FencedOff` when another worker has the part, and `StoreUnavailable`."""
        async with self._database.read() as connection:
            now = await reads.any_task(connection, task.id)
            there = await parts.one(connection, task.id, part.number)
        if now is None or there is None or now.run != task.run or not _is_open(now, there):
            return
        if there.fence > part.fence:
            raise FencedOff(f"part {part.number} of task {task.id} has another worker")

    async def _forget(self, ended: Task) -> None:
        """Remove what an ended task has left in the file storage."""
        await try_to_forget(self._database, self._files, ended.id)
        await self._artifacts.clean_attempt(ended.id, ended.attempt, ended)


def _is_open(task: Task, part: Part) -> bool:
    """Whether the part has to be rendered."""
    current = task.status is Status.PROCESSING and part.attempt == task.attempt
    return current and part.status in (PartStatus.OPEN, PartStatus.RUNNING)


def _lost(part: Part) -> Failure:
    return failed(
        ErrorCode.WORKER_LOST,
        f"The worker was lost each of {part.losses + 1} times that part {part.number} of the video was rendered.",
        f"视频的分段 {part.number} 渲染了 {part.losses + 1} 次，每次渲染进程均意外中断。",
    ).failure
