"""The worker: claims a task, runs the exporter, stores its progress, publishes its file.

Every write after the claim goes through the fence (the attempt's number and the status):
when it hits no row, somebody else owns the task now, and this attempt ends silently.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from services.clock import now_ms
from services.errors import DraftWarning, ErrorCode, Failed, Failure, StoreUnavailable, failed
from services.files.store import FileStore
from services.settings import Settings
from services.tasks import leftovers
from services.tasks.addresses import own_host, points_back
from services.tasks.crew import Crew
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
from services.tasks.hub import Hub
from services.tasks.keeper import expired
from services.tasks.progress import AttemptProgress, Write
from services.tasks.publish import preview_key, publish, put_preview
from services.tasks.records import EventType, Status, Task
from services.tasks.store import changes, queries
from services.tasks.store.database import Database
from services.tasks.store.tables import tasks

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25
"""Percentages of all running attempts are stored together, this often."""
AWAY_SECONDS = 0.5
"""Between two tries to reach a database that is away."""
TIDY_SECONDS = 5.0
OLD_EVERY = 720
"""Rounds of tidying after which old materials are looked for: once an hour."""


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

    def __init__(
        self,
        database: Database,
        queue: Queue,
        hub: Hub,
        files: FileStore,
        crew: Crew,
        on_end: Callable[[Task], None],
        settings: Settings,
    ) -> None:
        self._database = database
        self._queue = queue
        self._hub = hub
        self._files = files
        self._crew = crew
        self._on_end = on_end
        self._settings = settings
        self._running: set[_Attempt] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._flushing = asyncio.Lock()
        self._urgent = asyncio.Event()
        self._stopping = asyncio.Event()
        crew.on_fenced = self._drop_all

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Flush and tidy while the block lasts; at its end running attempts are handed back."""
        await asyncio.to_thread(leftovers.clear_all, self._settings.work_dir, await self._active_ids())
        keepers = [asyncio.create_task(self._flush_for_ever()), asyncio.create_task(self._tidy_for_ever())]
        try:
            yield
        finally:
            self._stopping.set()
            for running in [*self._tasks, *keepers]:
                running.cancel()
            await asyncio.gather(*self._tasks, *keepers, return_exceptions=True)

    async def admit(self) -> None:
        """Begin the next task's attempt; returns when there is room for another one, or nothing to run."""
        task = await self._next_task()
        if task is None:
            return
        running = asyncio.create_task(self._attempt(task), name=f"attempt of {task.id}")
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)
        while len(self._tasks) >= self._settings.render_slots and not self._stopping.is_set():
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _next_task(self) -> Task | None:
        """The task that is to be run next, claimed. A ticket that comes while we stop goes back."""
        while True:
            with suppress(StoreUnavailable):
                if not self._stopping.is_set() and self._crew.in_touch:
                    return await self._claim()
                if self._stopping.is_set():
                    async with self._database.write() as connection:
                        await self._queue.add_ticket(connection)
                    return None
            if self._stopping.is_set():
                return None  # the keeper adds what is missing
            await asyncio.sleep(AWAY_SECONDS)

    def _drop_all(self) -> None:
        """We may have been replaced: nothing that runs here is ours any more."""
        for attempt in self._running:
            log.warning("attempt %d of task %s is given up", attempt.task.attempt, attempt.task.id)
            attempt.lost.set()
            self._hub.wake(attempt.task.id)

    async def _attempt(self, task: Task) -> None:
        folder = self._settings.work_dir / task.id / str(task.attempt)
        attempt = _Attempt(task, folder, AttemptProgress(task))
        self._running.add(attempt)
        try:
            await asyncio.to_thread(_fresh, folder)
            await self._work(attempt)
        except asyncio.CancelledError:
            await self._hand_back(attempt)
            raise
        except StoreUnavailable as error:
            log.warning("attempt %d of task %s: the database is away: %s", task.attempt, task.id, error)
        finally:
            self._running.discard(attempt)
            await asyncio.gather(*attempt.previews, return_exceptions=True)
            await asyncio.shield(self._clean_up(attempt))

    async def _claim(self) -> Task | None:
        """The next task, now of this worker; None when there is nothing to run."""
        async with self._claiming:
            while True:
                async with self._database.write() as connection:
                    task = await queries.next_to_run(connection)
                    if task is None:
                        return None
                    problem = _unfit(task, self._settings.base_url)
                    if problem is None:
                        changed = await changes.claim(connection, task, self._crew.me.id)
                    else:
                        changed = await changes.fail(connection, task, problem.failure)
                if changed is not None:
                    self._hub.ring(changed.id, changed.seq)
                    if not changed.status.final:
                        return changed

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
        video = await publish(self._files, attempt.task, attempt.folder, result)
        done = await self._end(
            attempt, lambda connection: changes.complete(connection, attempt.task, attempt.progress.stages, video)
        )
        if done is None:
            await self._files.delete(f"videos/{attempt.task.id}/{attempt.task.attempt}")
            return
        self._hub.ring(done.id, done.seq)
        self._on_end(done)

    async def _fail(self, attempt: _Attempt, failure: Failure) -> None:
        ended = await self._end(
            attempt, lambda connection: changes.fail(connection, attempt.task, failure, attempt.progress.stage)
        )
        if ended is not None:
            self._hub.ring(ended.id, ended.seq)
            self._on_end(ended)

    async def _end(self, attempt: _Attempt, change: Callable[[AsyncConnection], Awaitable[Task | None]]) -> Task | None:
        """Store all that has come, and then the attempt's end. A database that is away is waited for, up to the
        dead-after time: from then on the task may be another worker's. Raises `StoreUnavailable`.
        """
        while True:
            try:
                await self._flush([attempt])
                async with self._database.write() as connection:
                    return await change(connection)
            except StoreUnavailable:
                if not self._crew.in_touch:
                    raise
                await asyncio.sleep(AWAY_SECONDS)

    async def _hand_back(self, attempt: _Attempt) -> None:
        with suppress(StoreUnavailable):
            async with self._database.write() as connection:
                if await changes.hand_back(connection, attempt.task):
                    await self._queue.add_ticket(connection)

    async def _clean_up(self, attempt: _Attempt) -> None:
        """Remove the attempt's folder and its preview; the materials too, unless a retry may want them."""
        folder = attempt.folder.parent
        with suppress(OSError):
            await self._files.remove(preview_key(attempt.task))
        await asyncio.to_thread(leftovers.clear_attempts, folder)
        with suppress(StoreUnavailable):
            async with self._database.read() as connection:
                now = await queries.any_task(connection, attempt.task.id)
            elsewhere = now is not None and now.worker not in (self._crew.me.id, None)
            if now is None or elsewhere or now.status in (Status.COMPLETED, Status.CANCELED):
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
        with self._hub.listen(attempt.task.id) as bell:
            while not attempt.lost.is_set():
                with suppress(StoreUnavailable):
                    await self._check(attempt)
                if not attempt.lost.is_set():
                    await bell.wait()

    async def _check(self, attempt: _Attempt) -> None:
        async with self._database.read() as connection:
            now = await queries.any_task(connection, attempt.task.id)
        mine = now is not None and (now.attempt, now.worker) == (attempt.task.attempt, attempt.task.worker)
        if now is None or not mine or now.status is not Status.PROCESSING:
            attempt.lost.set()

    async def _flush_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._urgent.wait()
            self._urgent.clear()
            with suppress(StoreUnavailable):
                await self._flush(list(self._running))

    async def _flush(self, attempts: list[_Attempt]) -> None:
        """Store what has come since, of all attempts in one transaction; then ring. What cannot be stored now,
        because the database is away, is kept for the next time.
        """
        async with self._flushing:
            waiting = [(attempt, writes) for attempt in attempts if (writes := attempt.progress.take())]
            if not waiting:
                return
            stages = any(event is EventType.STAGE_CHANGED for _, writes in waiting for event, _ in writes)
            try:
                async with self._database.write(durable=stages) as connection:
                    for attempt, writes in waiting:
                        await self._advance(connection, attempt, writes)
            except StoreUnavailable:
                for attempt, writes in waiting:
                    attempt.progress.put_back(writes)
                raise
            for attempt, _ in waiting:
                self._hub.ring(attempt.task.id, attempt.task.seq)

    async def _advance(self, connection: AsyncConnection, attempt: _Attempt, writes: list[Write]) -> None:
        for event, values in writes:
            advanced = await changes.advance(connection, attempt.task, event, values)
            if advanced is None:
                attempt.lost.set()
                return
            attempt.task = advanced

    async def _tidy_for_ever(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            rounds += 1
            with suppress(StoreUnavailable):
                await self._release_strays()
                if rounds % OLD_EVERY == 0:
                    await asyncio.to_thread(leftovers.clear_old, self._settings.work_dir, await self._active_ids())

    async def _release_strays(self) -> None:
        """Tasks that are ours by their rows and run no more, because their end could not be stored."""
        async with self._claiming:  # else a task that is just being claimed would look like one of them
            running = [attempt.task.id for attempt in self._running]
            if len(running) < len(self._tasks):
                return  # one of them has just been claimed
            async with self._database.write() as connection:
                strays = await changes.release(
                    connection, (tasks.c.worker == self._crew.me.id) & tasks.c.id.not_in(running)
                )
                for task_id in strays:
                    log.warning("task %s has lost its attempt and waits for another", task_id)
                    await self._queue.add_ticket(connection)

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
        return expired()
    if task.status is Status.PROCESSING and task.attempt >= task.max_attempts:
        return failed(
            ErrorCode.WORKER_LOST,
            f"The worker was lost in each of {task.attempt} attempts.",
            f"{task.attempt} 次尝试中渲染进程均意外中断。",
        )
    return None


def _internal() -> Failed:
    return failed(ErrorCode.INTERNAL, "Something went wrong inside the service.", "服务内部错误。")
