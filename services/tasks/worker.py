"""The worker: claims a task, runs the exporter, stores its progress, publishes its file.

Every write after the claim goes through the fence (the attempt's number and the status):
when it hits no row, somebody else owns the task now, and this attempt ends silently.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from services.clock import now_ms
from services.errors import DraftWarning, ErrorCode, Failed, Failure, StoreUnavailable, failed
from services.files.store import FileStore
from services.settings import Settings
from services.tasks import leftovers
from services.tasks.addresses import own_host, points_back
from services.tasks.engine import Queue
from services.tasks.exporter import (
    OWN_EXPORTER,
    ExportLimits,
    ExportRequest,
    PreviewLine,
    Result,
    StageLine,
    export,
)
from services.tasks.hot import HotTasks
from services.tasks.progress import AttemptProgress
from services.tasks.publish import preview_key, publish, put_preview
from services.tasks.records import Status, Task, TaskChange
from services.tasks.store import changes, queries
from services.tasks.store.database import Database

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25
"""Percentages of all running attempts are stored together, this often."""
SWEEP_SECONDS = 5.0


@dataclass(eq=False, slots=True)
class _Attempt:
    """A running attempt: the task as this worker last wrote it, and what is to be written next."""

    task: Task
    folder: Path
    progress: AttemptProgress
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    previews: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


class Worker:
    """Runs attempts on the event loop that opened it."""

    def __init__(self, database: Database, queue: Queue, hot: HotTasks, files: FileStore, settings: Settings) -> None:
        self._database = database
        self._queue = queue
        self._hot = hot
        self._files = files
        self._settings = settings
        self._running: set[_Attempt] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._urgent = asyncio.Event()
        self._stopping = False

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Flush and sweep while the block lasts; at its end running attempts are handed back."""
        await asyncio.to_thread(leftovers.clear_all, self._settings.work_dir, await self._active_ids())
        keepers = [asyncio.create_task(self._flush_for_ever()), asyncio.create_task(self._sweep_for_ever())]
        try:
            yield
        finally:
            self._stopping = True
            for running in [*self._tasks, *keepers]:
                running.cancel()
            await asyncio.gather(*self._tasks, *keepers, return_exceptions=True)

    async def run(self, task_id: str) -> None:
        """One attempt of the task, from its claim to its end. Cancelled when the worker stops."""
        if self._stopping:
            raise asyncio.CancelledError
        running = asyncio.create_task(self._attempt(task_id))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)
        await running

    async def _attempt(self, task_id: str) -> None:
        task = await self._claim(task_id)
        if task is None:
            return
        folder = self._settings.work_dir / task.id / str(task.attempt)
        await asyncio.to_thread(_fresh, folder)
        attempt = _Attempt(task, folder, AttemptProgress(task))
        self._running.add(attempt)
        try:
            await self._work(attempt)
        except asyncio.CancelledError:
            await self._hand_back(attempt)
            raise
        finally:
            self._running.discard(attempt)
            await asyncio.gather(*attempt.previews, return_exceptions=True)
            await asyncio.shield(self._clean_up(attempt))

    async def _claim(self, task_id: str) -> Task | None:
        """The task, now of this worker; None when there is nothing to run."""
        async with self._database.write() as connection:
            task = await queries.any_task(connection, task_id)
            if task is None or task.status.final:
                return None
            problem = _unfit(task, self._settings.base_url)
            if problem is None:
                changed = await changes.claim(connection, task)
            else:
                changed = await changes.fail(connection, task, problem.failure)
        if changed is None:
            return None
        self._hot.wrote(changed)
        return None if changed.task.status.final else changed.task

    async def _work(self, attempt: _Attempt) -> None:
        """Export and publish; whatever ends it is stored. Ends silently when the attempt is lost."""
        exporting = asyncio.create_task(self._export(attempt))
        watching = asyncio.create_task(self._watch(attempt))
        try:
            await asyncio.wait({exporting, watching}, return_when=asyncio.FIRST_COMPLETED)
            if attempt.lost.is_set():
                return
            await exporting
        except Failed as error:
            await self._fail(attempt, error.failure)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("attempt %d of task %s failed", attempt.task.attempt, attempt.task.id)
            await self._fail(attempt, _internal().failure)
        finally:
            for part in (exporting, watching):
                part.cancel()
            await asyncio.gather(exporting, watching, return_exceptions=True)

    async def _export(self, attempt: _Attempt) -> None:
        def on_line(line: StageLine | PreviewLine | DraftWarning) -> None:
            self._on_line(attempt, line)

        async def on_start(pid: int) -> None:
            await asyncio.to_thread(leftovers.note_child, attempt.folder, pid)

        command = self._settings.exporter or OWN_EXPORTER
        result = await export(command, self._request(attempt), on_line, on_start)
        await self._finish(attempt, result)

    async def _finish(self, attempt: _Attempt, result: Result) -> None:
        """The file goes to the storage, then the row says so, in this order."""
        await self._flush([attempt])
        video = await publish(self._files, attempt.task, attempt.folder, result)
        async with self._database.write() as connection:
            done = await changes.complete(connection, attempt.task, attempt.progress.stages, video)
        if done is None:
            await self._files.delete(f"videos/{attempt.task.id}/{attempt.task.attempt}")
            return
        self._hot.wrote(done)

    async def _fail(self, attempt: _Attempt, failure: Failure) -> None:
        await self._flush([attempt])
        async with self._database.write() as connection:
            ended = await changes.fail(connection, attempt.task, failure, attempt.progress.stage)
        if ended is not None:
            self._hot.wrote(ended)

    async def _hand_back(self, attempt: _Attempt) -> None:
        with suppress(StoreUnavailable):
            async with self._database.write() as connection:
                await changes.hand_back(connection, attempt.task)

    async def _clean_up(self, attempt: _Attempt) -> None:
        """Remove the attempt's folder and its preview; the materials too, unless a retry may want them."""
        folder = attempt.folder.parent
        with suppress(OSError):
            await self._files.remove(preview_key(attempt.task))
        await asyncio.to_thread(leftovers.clear_attempts, folder)
        with suppress(StoreUnavailable):
            async with self._database.read() as connection:
                now = await queries.any_task(connection, attempt.task.id)
            if now is None or now.status in (Status.COMPLETED, Status.CANCELED):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _request(self, attempt: _Attempt) -> ExportRequest:
        settings, task = self._settings, attempt.task
        return ExportRequest(
            task_id=task.id,
            attempt=task.attempt,
            draft_url=task.draft_url,
            folder=str(attempt.folder),
            output=str(attempt.folder / "video.mp4"),
            strict=task.strict,
            allow_hosts=(*settings.allow_hosts, *own_host(settings.base_url, task.draft_url)),
            font_dirs=tuple(str(folder) for folder in settings.font_dirs),
            copy_video=settings.copy_video,
            ffmpeg=settings.ffmpeg,
            limits=ExportLimits.of(settings),
        )

    def _on_line(self, attempt: _Attempt, line: StageLine | PreviewLine | DraftWarning) -> None:
        if isinstance(line, StageLine):
            attempt.progress.on_stage(line, now_ms())
        elif isinstance(line, DraftWarning):
            attempt.progress.on_warning(line)
        elif not attempt.previews and attempt.progress.preview_due(now_ms()):  # else a newer frame will come
            putting = asyncio.create_task(self._preview(attempt, line.preview))
            attempt.previews.add(putting)
            putting.add_done_callback(attempt.previews.discard)
        if attempt.progress.urgent:
            self._urgent.set()

    async def _preview(self, attempt: _Attempt, path: str) -> None:
        try:
            attempt.progress.on_preview(await put_preview(self._files, attempt.task, attempt.folder, path))
        except FileNotFoundError:
            log.debug("preview of task %s: the exporter has ended and taken it away", attempt.task.id)
        except (Failed, OSError) as error:
            log.warning("preview of task %s: %s", attempt.task.id, error)

    async def _watch(self, attempt: _Attempt) -> None:
        """Ends when the attempt is not ours any more: cancelled, or given to another worker."""

        def check(now: Task | None) -> None:
            if now is None or now.attempt != attempt.task.attempt or now.status is not Status.PROCESSING:
                attempt.lost.set()

        with self._hot.listen(attempt.task.id, lambda change: check(change.task)):
            async with self._database.read() as connection:
                check(await queries.any_task(connection, attempt.task.id))
            await attempt.lost.wait()

    async def _flush_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._urgent.wait()
            self._urgent.clear()
            with suppress(StoreUnavailable):
                await self._flush(list(self._running))

    async def _flush(self, attempts: list[_Attempt]) -> None:
        """Store what has come since, of all attempts in one transaction; then ring."""
        waiting = [(attempt, writes) for attempt in attempts if (writes := attempt.progress.take())]
        if not waiting:
            return
        written: list[TaskChange] = []
        async with self._database.write() as connection:
            for attempt, writes in waiting:
                for event, values in writes:
                    advanced = await changes.advance(connection, attempt.task, event, values)
                    if advanced is None:
                        attempt.lost.set()
                        break
                    attempt.task = advanced.task
                    written.append(advanced)
        self._hot.wrote(*written)

    async def _sweep_for_ever(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._expire()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _expire(self) -> None:
        async with self._database.read() as connection:
            late = await queries.expired(connection, now_ms())
        for task in late:
            async with self._database.write() as connection:
                ended = await changes.fail(connection, task, _expired().failure)
            if ended is not None:
                self._hot.wrote(ended)

    async def _active_ids(self) -> set[str]:
        async with self._database.read() as connection:
            return await queries.active_ids(connection)


def _fresh(folder: Path) -> None:
    leftovers.clear_attempts(folder.parent)
    folder.mkdir(parents=True)


def _unfit(task: Task, base_url: str) -> Failed | None:
    """Why a task is not to be run (again)."""
    if points_back(base_url, task.draft_url):
        return failed(
            ErrorCode.DRAFT_URL_REFUSED,
            "The draft's address is this server's own, and there is no draft.",
            "草稿地址指向本服务器自身，这里没有草稿。",
        )
    if task.status is Status.PENDING and task.expires_at_ms is not None and task.expires_at_ms <= now_ms():
        return _expired()
    if task.status is Status.PROCESSING and task.attempt >= task.max_attempts:
        return failed(
            ErrorCode.WORKER_LOST,
            f"The worker was lost in each of {task.attempt} attempts.",
            f"{task.attempt} 次尝试中渲染进程均意外中断。",
        )
    return None


def _expired() -> Failed:
    return failed(
        ErrorCode.EXPIRED,
        "The task waited longer than expiresInSeconds allows.",
        "任务排队时间超过了 expiresInSeconds。",
    )


def _internal() -> Failed:
    return failed(ErrorCode.INTERNAL, "Something went wrong inside the service.", "服务内部错误。")
