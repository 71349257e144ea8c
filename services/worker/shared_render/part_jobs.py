"""The jobs of parts: each renders one part of a shared video, under the part's own fence."""

import asyncio
import logging
from contextlib import suppress

from services.background import patiently
from services.clock import now_ms
from services.errors import ErrorCode, Failed, Failure, StoreUnavailable, failed, out_of_disk
from services.exporter_protocol.lines import PartLine, PreviewLine
from services.store import parts, reads
from services.store.parts import Part, PartStatus, StoredFile
from services.store.records import MAX_LOSSES, Status, Task
from services.telemetry.log_context import bind_task
from services.worker.context import WorkerContext
from services.worker.eta import Eta
from services.worker.exporter_process import ProgressLine
from services.worker.failures import failure_of
from services.worker.publish import put_preview
from services.worker.queue.queue import FencedOff, Job
from services.worker.shared_render.parts import discard, upload
from services.worker.shared_render.renderers import Renderer
from services.worker.shared_render.shared import SharedTasks

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.5
"""Interval at which the rendered frames of a part are stored."""


class PartJobs:
    """Renders parts of shared tasks."""

    def __init__(self, context: WorkerContext, shared: SharedTasks) -> None:
        self._context = context
        self._shared = shared

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
        async with self._context.database.write() as connection:
            task = await reads.any_task(connection, job.task)
            part = await parts.one(connection, job.task, job.part)
            if task is None or part is None or not _is_open(task, part) or task.run != job.run:
                return None
            if (part.worker, part.fence) == (self._context.registry.me.id, job.token):
                return task, part  # stored before, though the database did not answer
            if part.worker is not None and part.losses >= MAX_LOSSES:
                ended = await self._shared.end(connection, task, _lost(part))
            else:
                begun = await parts.begin(connection, part, self._context.registry.me.id, job.token)
                if begun is None:
                    raise FencedOff(f"part {part.number} of task {task.id} was handed out again meanwhile")
                return task, begun
        self._shared.tell(ended)
        return None

    async def _work(self, task: Task, part: Part) -> None:
        began_ms = now_ms()
        previews: list[str] = []

        def on_line(line: ProgressLine) -> None:
            if isinstance(line, PreviewLine):
                previews[:] = [line.preview]

        async with self._shared.renderers.renderer(task, on_line) as renderer:
            if not renderer.fits(part.digest):
                return await patiently(lambda: self._shared.leave_to_one(task))
            log.info("renders part %d", part.number)
            line = await self._render_while_ours(renderer, task, part, previews)
            stored = None if line is None else await self._stored(part, renderer, line)
            if stored is not None and await patiently(lambda: self.made(task, part, stored)):
                self._context.traces.record_part(part, began_ms)
                return await self._shared.stream.add(task, renderer)
        await discard(self._context.files, part)
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
                key = (
                    await put_preview(self._context.files, task, renderer.folder, previews.pop()) if previews else None
                )
            with suppress(StoreUnavailable):
                async with self._context.database.write(durable=False) as connection:
                    if await parts.advance(connection, part, renderer.frames_of(part)) is None:
                        return
                    changed = await self._shared.progressed(connection, task, eta, key)
                self._context.task_cache.publish(*changed)

    async def _stored(self, part: Part, renderer: Renderer, line: PartLine) -> StoredFile:
        """The uploaded part. Raises `Failed`."""
        try:
            return await upload(self._context.files, part, renderer.folder / line.path, renderer.folder)
        except OSError as error:
            raise out_of_disk(error) or failed(
                ErrorCode.PUBLISH_FAILED,
                f"A part of the video could not be stored: {error.strerror or type(error).__name__}.",
                f"无法保存视频的一个分段：{error.strerror or type(error).__name__}。",
            ) from error

    async def made(self, task: Task, part: Part, stored: StoredFile) -> bool:
        """Store that the part is made; after the last one they are joined. False when it has another worker."""
        async with self._context.database.write() as connection:
            if await parts.finish(connection, part, stored) is None:
                now = await parts.one(connection, task.id, part.number)
                # stored before, though the database did not answer
                return now is not None and (now.status, now.fence) == (PartStatus.DONE, part.fence)
            changed = await self._shared.progressed(connection, task, Eta())
            if not await parts.left(connection, task.id):
                await self._shared.enqueue(connection, task, [])
        self._context.task_cache.publish(*changed)
        self._context.queue.wake()
        return True

    async def _fail(self, task: Task, part: Part, failure: Failure) -> bool:
        """Count a loss of the part; after too many the task fails. False when the part is open again."""
        ended = None
        async with self._context.database.write() as connection:
            released = await parts.release(connection, part, lost=True)
            if released is not None and part.losses < MAX_LOSSES:
                return False
            if released is not None:
                ended = await self._shared.end(connection, task, failure)
        if released is None:
            await self._check(task, part)
        self._shared.tell(ended)
        return True

    async def _hand_back(self, task: Task, part: Part) -> None:
        """Return the part to the queue. Raises `FencedOff`."""
        with suppress(StoreUnavailable):
            async with self._context.database.write() as connection:
                released = await parts.release(connection, part)
            if released is None:
                await self._check(task, part)

    async def _check(self, task: Task, part: Part) -> None:
        """Raises `FencedOff` when another worker has the part, and `StoreUnavailable`."""
        async with self._context.database.read() as connection:
            now = await reads.any_task(connection, task.id)
            there = await parts.one(connection, task.id, part.number)
        if now is None or there is None or now.run != task.run or not _is_open(now, there):
            return
        if there.fence > part.fence:
            raise FencedOff(f"part {part.number} of task {task.id} has another worker")


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
