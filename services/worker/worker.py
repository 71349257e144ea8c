"""The worker: does the jobs of the queue: runs the exporter, stores progress and publishes videos.

Every write after the claim carries the attempt and its fencing token. When one has no effect on an active task, another
process has the task, and this one is fenced off.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.background import background, every, patiently
from services.clock import SteadyClock, now_ms
from services.drafts.draft_urls import is_self_reference
from services.errors import DraftWarning, ErrorCode, Failed, Failure, StoreUnavailable, failed
from services.exporter_protocol.lines import FragmentLine, PartsLine, PreviewLine, Result, StageLine, StreamLine
from services.files.beneath import remove_tree
from services.store import parts, reads, workers, writes
from services.store.parts import Part, PartStatus
from services.store.records import Status, Task, TaskChange
from services.telemetry.log_context import bind_task
from services.worker import attempt_cleanup
from services.worker.artifact_cleanup import ArtifactCleanup
from services.worker.context import WorkerContext
from services.worker.exporter_process import OWN_EXPORTER, OnLine, ProgressLine, export, request_of
from services.worker.failures import failure_of
from services.worker.kept import evict
from services.worker.kept_store import KeptStore
from services.worker.maintenance import expired
from services.worker.progress import AttemptProgress
from services.worker.progress_writer import Attempt, ProgressWriter
from services.worker.publish import publish, put_preview
from services.worker.queue.queue import FencedOff, Job, JobKind
from services.worker.shared_render.part_jobs import PartJobs
from services.worker.shared_render.renderers import Renderer
from services.worker.shared_render.shared import SharedTasks
from services.worker.stream import AttemptStream

log = logging.getLogger(__name__)

TIDY_SECONDS = 5.0
PREVIEW_SECONDS = 5.0
"""Maximum time to store a preview; the end of the attempt waits for it."""
OLD_MATERIALS_SECONDS = 3600.0
KEPT_SECONDS = 60.0


class Worker:
    """Does jobs on the event loop that opened it."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._clock = SteadyClock()
        self._writer = ProgressWriter(context.database, context.task_cache)
        self._artifacts = ArtifactCleanup(context.database, context.files, context.settings.work_dir)
        may_have_peers = not context.database.embedded  # an SQLite file has one worker
        self._shares = may_have_peers and bool(context.settings.share_seconds) and not context.settings.exporter
        self._kept = KeptStore(context.database, context.files, context.settings)
        self._shared = SharedTasks(context, self._artifacts, self._kept)
        self._part_jobs = PartJobs(context, self._shared)

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Run background jobs while the block lasts. Jobs may be given to `handle` within it."""
        dead = await asyncio.to_thread(attempt_cleanup.attempts_in, self._context.settings.work_dir)
        await asyncio.to_thread(attempt_cleanup.clear_all, self._context.settings.work_dir, await self._active_ids())
        await self._artifacts.clean_dead(dead)
        jobs = (
            self._writer.run(),
            every(TIDY_SECONDS, "removal of files of ended attempts", self._artifacts.retry),
            every(OLD_MATERIALS_SECONDS, "removal of old materials", self._clear_old_materials),
            every(KEPT_SECONDS, "removal of kept parts", self._evict_kept),
            every(KEPT_SECONDS, "removal of kept parts in S3", self._kept.evict),
            self._kept.run(),
        )
        async with background("worker", *jobs), self._shared.renderers.serve():
            yield

    async def handle(self, job: Job) -> None:
        """Do a job, see `services.worker.queue.queue.Handle`."""
        if job.kind is JobKind.PART:
            return await self._part_jobs.render(job)
        task = await patiently(lambda: self._claim(job))
        if task is None:
            return None
        with bind_task(task.id, task.attempt):
            log.info("started: %s", task.draft_url)
            return await self._attempt(task)

    async def _attempt(self, task: Task) -> None:
        folder = self._context.settings.work_dir / task.id / str(task.attempt)
        attempt = Attempt(task, folder, AttemptProgress(task))
        self._writer.running.add(attempt)
        self._context.traces.record_wait(task)
        try:
            await self._work(attempt)
        except (asyncio.CancelledError, StoreUnavailable):
            await self._hand_back(attempt)
            raise
        finally:
            self._writer.running.discard(attempt)
            await asyncio.gather(*attempt.previews, return_exceptions=True)
            if not attempt.shared:
                self._context.traces.record_attempt(attempt.task, attempt.progress.stages, attempt.ended)
                await asyncio.shield(self._clean_up(attempt))

    async def _claim(self, job: Job) -> Task | None:
        """The task of the job, with a new attempt of this worker; None when there is nothing to do. Raises `FencedOff`
        and `StoreUnavailable`.
        """
        async with self._context.database.write() as connection:
            task = await reads.any_task(connection, job.task)
            if task is None or task.status.final or task.run != job.run:
                return None
            if (task.worker, task.fence) == (self._context.registry.me.id, job.token):
                return task  # stored before, though the database did not answer
            if await workers.is_earlier_release(connection, task.worker):
                return None  # maintenance adds another job while the task is active
            running = task.status is Status.PROCESSING
            shared = running and parts.shared(task, await parts.of_task(connection, task.id))
            if job.kind is JobKind.TASK and shared and await self._has_other_jobs(connection, job):
                return None  # left to the jobs of its parts
            if job.token <= task.fence:
                raise FencedOff(f"task {task.id} was handed out again meanwhile")
            if job.kind is JobKind.JOIN and task.worker is None and shared:
                return await writes.hold(connection, task, self._context.registry.me.id, job.token)
            changed = await self._begun(connection, task, job.token)
        self._context.task_cache.publish(changed)
        if not changed.task.status.final:
            return changed.task
        with bind_task(changed.task.id):
            log.info("%s", _outcome(changed.task))
        self._context.traces.record_wait(changed.task)
        await self._artifacts.clean_all(changed.task)
        return None

    async def _has_other_jobs(self, connection: AsyncConnection, job: Job) -> bool:
        """Whether the run has jobs beside this one. Parts of the release before have none."""
        task, run = (queued := self._context.queue.queued().subquery()).c
        count = sa.select(sa.func.count()).select_from(queued).where(task == job.task, run == job.run)
        return (await connection.scalar(count) or 0) > 1

    async def _begun(self, connection: AsyncConnection, task: Task, token: int) -> TaskChange:
        """The beginning of an attempt, or the end of a task that must not run again."""
        problem = _refusal(task, self._context.settings.base_url)
        if problem is None:
            changed = await writes.claim(connection, task, self._context.registry.me.id, token)
        else:
            changed = await writes.fail(connection, task, problem.failure)
        assert changed is not None  # noqa: S101 - the task was read in the same transaction
        return changed

    async def _work(self, attempt: Attempt) -> None:
        """Export and publish; the end is stored, whatever it is. Returns silently when the task was canceled. Raises
        `FencedOff`.
        """
        try:
            await self._artifacts.clean_earlier(attempt.task)
            await self._export_while_ours(attempt)
        except (StoreUnavailable, FencedOff):
            raise
        except Exception as error:  # noqa: BLE001 - any failure ends the task
            await self._fail(attempt, failure_of(error))

    async def _export_while_ours(self, attempt: Attempt) -> None:
        """Export and publish until the attempt is lost."""
        exporting = asyncio.create_task(self._export(attempt))
        losing = asyncio.create_task(attempt.lost.wait())
        try:
            await asyncio.wait({exporting, losing}, return_when=asyncio.FIRST_COMPLETED)
            if not attempt.lost.is_set():
                return await exporting
        finally:
            for each in (exporting, losing):
                each.cancel()
            await asyncio.gather(exporting, losing, return_exceptions=True)
        return await patiently(lambda: self._check_fence(attempt.task))

    async def _export(self, attempt: Attempt) -> None:
        stream = AttemptStream(self._context.files, attempt.task, attempt.folder, attempt.progress.on_stream)

        def on_line(line: ProgressLine) -> None:
            if isinstance(line, StreamLine | FragmentLine):
                stream.add(line)
            else:
                self._on_line(attempt, line)

        async def on_start(pid: int) -> None:
            await asyncio.to_thread(attempt_cleanup.note_child, attempt.folder, pid)

        async with self._context.database.read() as connection:
            found = await parts.of_task(connection, attempt.task.id)
        async with stream.serve():
            if await self._may_share(found):
                result = await self._export_in_parts(attempt, found, on_line)
            else:
                await asyncio.to_thread(attempt_cleanup.fresh_folder, attempt.folder)
                request = request_of(self._context.settings, attempt.task, attempt.folder)
                exporter, kept = self._context.settings.exporter or OWN_EXPORTER, self._kept.of(attempt.task.owner)
                result = await export(exporter, request, on_line, on_start, kept=kept)
        if result is None:
            attempt.shared = True
            return
        if not parts.shared(attempt.task, found):
            stream.end()
        await self._finish(attempt, result)

    async def _may_share(self, found: list[Part]) -> bool:
        """Whether other workers may render parts of the video, or have done so; not if one is to render it alone."""
        if any(part.status is PartStatus.ENDED for part in found):
            return False
        return bool(found) or (self._shares and await self._context.registry.has_peers())

    async def _export_in_parts(self, attempt: Attempt, found: list[Part], on_line: OnLine) -> Result | None:
        """Split a video that is long enough, join one whose parts are made, and render any other. None when it is left
        to other jobs.
        """
        shared = parts.shared(attempt.task, found)
        async with self._shared.renderers.renderer(attempt.task, on_line, helping=shared) as renderer:
            if shared:
                return await self._join(attempt, found, renderer)
            if isinstance(renderer.first, PartsLine):
                await self._split(attempt, renderer.first)
            return renderer.first if isinstance(renderer.first, Result) else None

    async def _split(self, attempt: Attempt, line: PartsLine) -> None:
        """Leave the attempt to the jobs of its parts."""
        self._writer.running.discard(attempt)
        await patiently(lambda: self._writer.flush([attempt]))
        if not await patiently(lambda: self._shared.split(attempt.task, line)):
            await patiently(lambda: self._check_fence(attempt.task))

    async def _join(self, attempt: Attempt, found: list[Part], renderer: Renderer) -> Result | None:
        """The video of the parts; None when it is left to other jobs."""
        self._writer.running.discard(attempt)
        files = await self._shared.files_of(attempt.task, found, renderer)
        if files is None:
            return None
        self._writer.running.add(attempt)
        return await renderer.join(files)

    async def _finish(self, attempt: Attempt, result: Result) -> None:
        """Publish the video, then complete the task."""
        video = await publish(self._context.files, attempt.task, attempt.folder, result)
        await self._end(
            attempt, lambda connection: writes.complete(connection, attempt.task, attempt.progress.stages, video)
        )

    async def _fail(self, attempt: Attempt, failure: Failure) -> None:
        await self._end(
            attempt, lambda connection: writes.fail(connection, attempt.task, failure, attempt.progress.stage)
        )

    async def _end(self, attempt: Attempt, change: Callable[[AsyncConnection], Awaitable[TaskChange | None]]) -> None:
        ended = await self._writer.end(attempt, change)
        if ended is None:
            return await patiently(lambda: self._check_fence(attempt.task))
        attempt.ended = ended.task
        log.info("%s", _outcome(ended.task))
        return self._context.on_end(ended.task)

    async def _hand_back(self, attempt: Attempt) -> None:
        """Return the task to the queue; one whose run has ended stays as it is. Raises `FencedOff`."""
        with suppress(StoreUnavailable):
            async with self._context.database.write() as connection:
                if not await writes.hand_back(connection, attempt.task):
                    await _check_fence(connection, attempt.task)

    async def _check_fence(self, task: Task) -> None:
        """See below. Raises `StoreUnavailable`."""
        async with self._context.database.read() as connection:
            await _check_fence(connection, task)

    async def _clean_up(self, attempt: Attempt) -> None:
        """Remove the files and artifacts of the attempt, and the materials unless a retry may need them."""
        folder = attempt.folder.parent
        await asyncio.to_thread(attempt_cleanup.empty_attempt, attempt.folder)
        self._artifacts.schedule(attempt.task.id, attempt.task.attempt)
        with suppress(StoreUnavailable):
            async with self._context.database.read() as connection:
                now = await reads.any_task(connection, attempt.task.id)
            done = await self._artifacts.clean_attempt(attempt.task.id, attempt.task.attempt, now)
            elsewhere = now is not None and now.worker not in (self._context.registry.me.id, None)
            again = any(running.task.id == attempt.task.id for running in self._writer.running)
            wanted = now is not None and not elsewhere and now.status not in (Status.COMPLETED, Status.CANCELED)
            if done and not wanted and not again:
                await asyncio.to_thread(remove_tree, folder)

    def _on_line(self, attempt: Attempt, line: StageLine | PreviewLine | DraftWarning) -> None:
        if isinstance(line, StageLine):
            attempt.progress.on_stage(line, now_ms())
        elif isinstance(line, DraftWarning):
            attempt.progress.on_warning(line)
        elif not attempt.previews and attempt.progress.preview_due(now_ms()):  # a newer frame will follow
            putting = asyncio.create_task(self._preview(attempt, line.preview))
            attempt.previews.add(putting)
            putting.add_done_callback(attempt.previews.discard)
        if attempt.progress.flush_now:
            self._writer.flush_now.set()

    async def _preview(self, attempt: Attempt, path: str) -> None:
        try:
            async with asyncio.timeout(PREVIEW_SECONDS):
                attempt.progress.on_preview(await put_preview(self._context.files, attempt.task, attempt.folder, path))
        except FileNotFoundError:
            log.debug("preview skipped: the exporter has removed it")
        except (Failed, OSError) as error:
            log.warning("preview not stored: %s", str(error) or "the file storage did not respond")

    async def _clear_old_materials(self) -> None:
        active, now_seconds = await self._active_ids(), self._clock.seconds()
        await asyncio.to_thread(attempt_cleanup.clear_old, self._context.settings.work_dir, active, now_seconds)

    async def _evict_kept(self) -> None:
        await asyncio.to_thread(evict, self._context.settings, self._clock.seconds())

    async def _active_ids(self) -> set[str]:
        async with self._context.database.read() as connection:
            return await reads.active_ids(connection)


async def _check_fence(connection: AsyncConnection, task: Task) -> None:
    """Raises `FencedOff` when the run of a task that is no longer ours goes on."""
    now = await reads.any_task(connection, task.id)
    if now is not None and not now.status.final and now.run == task.run:
        raise FencedOff(f"task {task.id} has another worker")


def _refusal(task: Task, base_url: str) -> Failed | None:
    """The error of a task that must not run again; None if it may."""
    if is_self_reference(base_url, task.draft_url):
        return failed(
            ErrorCode.DRAFT_URL_REFUSED,
            "The draft's address is this server's own, and there is no draft.",
            "草稿地址指向本服务器自身，这里没有草稿。",
        )
    if task.expired(now_ms()):
        return expired()
    if task.status is Status.PROCESSING and task.attempt >= task.max_attempts:
        return failed(
            ErrorCode.WORKER_LOST,
            f"The worker was lost in each of {task.attempt} attempts.",
            f"{task.attempt} 次尝试中渲染进程均意外中断。",
        )
    return None


def _outcome(task: Task) -> str:
    """The end of a task as a line of the log: its code, or the time since it was started."""
    if task.failure is not None:
        return f"failed: {task.failure.code}: {task.failure.message.en}"
    seconds = ((task.completed_at_ms or 0) - (task.started_at_ms or 0)) / 1000
    return f"{task.status.lower()} after {seconds:.1f} s: {task.draft_url}"
