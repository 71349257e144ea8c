"""Assistants: render parts of other workers' tasks in free slots. Own tasks take precedence."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from services.background import background, every
from services.clock import now_ms
from services.errors import Failed, StoreUnavailable
from services.exporter_protocol import PartLine, PartRequest, PartsLine, Stage, StageLine
from services.files.beneath import remove_tree
from services.live.task_cache import TaskCache
from services.settings import Settings
from services.store import parts, reads
from services.store.parts import Part, PartStatus
from services.store.records import Status, Task
from services.telemetry.log_context import bind_task
from services.worker import attempt_cleanup
from services.worker.exporter_process import ProgressLine, assist, request_of
from services.worker.shared_render.parts import POLL_SECONDS, PartStore, next_for_assistant

log = logging.getLogger(__name__)

MAX_REJECTED = 100


class Assistant:
    """Looks for open parts while `free_slots()` is above the number of running assistances."""

    def __init__(
        self,
        store: PartStore,
        task_cache: TaskCache,
        settings: Settings,
        free_slots: Callable[[], int],
    ) -> None:
        self._store = store
        self._task_cache = task_cache
        self._settings = settings
        self._free_slots = free_slots
        self._assisting: dict[str, asyncio.Task[None]] = {}
        """Running assistances by task id."""
        self._rejected: deque[str] = deque(maxlen=MAX_REJECTED)
        """Tasks that failed here, or whose parts are incompatible."""

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Assist in the background while the block lasts."""
        try:
            async with background("assistant", every(POLL_SECONDS, "assistant", self._look)):
                yield
        finally:
            self.abandon_all()
            await asyncio.gather(*self._assisting.values(), return_exceptions=True)

    def abandon_all(self) -> None:
        """Cancel all running assistances."""
        for assisting in self._assisting.values():
            assisting.cancel()

    def free_slot(self) -> None:
        """Cancel the newest assistances beyond the free slots, after a task took a slot."""
        surplus = len(self._assisting) - max(0, self._free_slots())
        for assisting in list(self._assisting.values())[::-1][: max(0, surplus)]:
            assisting.cancel()

    async def _look(self) -> None:
        """Begin to render a part of another worker's task, if a slot is free and a part is open."""
        if self._free_slots() <= len(self._assisting):
            return
        async with self._store.database.read() as connection:
            besides = (*self._assisting, *self._rejected)
            wanted = await parts.open_parts_of_others(connection, self._store.worker, besides)
            if not wanted or await reads.pending_count(connection):
                return
            task = await reads.any_task(connection, wanted[0].task_id)
        part = next_for_assistant(part for part in wanted if part.task_id == wanted[0].task_id)
        reserved = None if part is None or task is None else await self._store.claim(part, PartStatus.RESERVED)
        if task is None or reserved is None:
            return
        with bind_task(task.id, task.attempt):
            assisting = asyncio.create_task(self._assist(task, reserved), name=f"assisting with {task.id}")
        self._assisting[task.id] = assisting
        assisting.add_done_callback(lambda _: self._assisting.pop(task.id, None))
        self.free_slot()  # a task may have taken the slot meanwhile

    async def _assist(self, task: Task, reserved: Part) -> None:
        assistance = Assistance(self._store, self._task_cache, self._settings, task, reserved)
        try:
            log.info("assisting another worker with the task")
            await assistance.run()
        except Failed as error:
            log.warning("the assistance failed: %s", error.failure.message.en)
            assistance.failed = True
        except StoreUnavailable as error:
            log.warning("the assistance ended: the database is unavailable: %s", error)
        except OSError as error:
            log.warning("the assistance failed: %s", error)
            assistance.failed = True
        except Exception:
            log.exception("the assistance failed")
            assistance.failed = True
        finally:
            if assistance.failed or assistance.incompatible:
                self._rejected.append(task.id)
            await asyncio.shield(assistance.leave())


class Assistance:
    """The assistance with one attempt of another worker: one process that renders part after part."""

    def __init__(self, store: PartStore, task_cache: TaskCache, settings: Settings, task: Task, reserved: Part) -> None:
        self.failed = False
        self.incompatible = False
        """Whether parts rendered here would not fit the others."""
        self._store = store
        self._task_cache = task_cache
        self._settings = settings
        self._task = task
        self._folder = settings.work_dir / task.id / str(task.attempt)
        self._part: Part | None = reserved
        self._uploading: dict[asyncio.Task[bool], Part] = {}
        self._frames = 0
        """Frames of all parts so far, as the renderer counts them."""
        self._began_ms = 0
        """Start of the current part."""
        self._before = 0
        """`_frames` at the start of the current part."""
        self._lost = asyncio.Event()

    async def run(self) -> None:
        """Render parts until none is left, or the attempt is no longer current. Raises `Failed`, `StoreUnavailable`."""
        await asyncio.to_thread(attempt_cleanup.fresh_folder, self._folder)
        asked = replace(
            request_of(self._settings, self._task, self._folder),
            strict=False,
            stream=False,
            share_seconds=self._settings.share_seconds,
            helping=True,
        )
        working = asyncio.create_task(assist(asked, self._on_line, self._on_start, self._answer))
        watching = [asyncio.create_task(self._watch()), asyncio.create_task(self._report_frames())]
        try:
            await asyncio.wait({working, *watching}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
        finally:
            for each in (working, *watching):
                each.cancel()
            await asyncio.gather(working, *watching, return_exceptions=True)

    async def leave(self) -> None:
        """Release unfinished parts and remove the files; the materials too, unless they may be needed here."""
        unstored = [part for uploading, part in self._uploading.items() if uploading.cancel()]
        await asyncio.gather(*self._uploading, return_exceptions=True)
        with suppress(StoreUnavailable):
            for part in (self._part, *self._uploading.values()):
                if part is not None:
                    await self._store.release(part, lost=self.failed)
        for part in unstored:
            await self._store.discard(part)
        await asyncio.to_thread(attempt_cleanup.clear_attempt, self._folder)
        with suppress(StoreUnavailable):
            async with self._store.database.read() as connection:
                now = await reads.any_task(connection, self._task.id)
            if now is None or now.status.final or now.worker not in (self._store.worker, None):
                await asyncio.to_thread(remove_tree, self._folder.parent)

    async def _answer(self, request: PartRequest) -> dict[str, Any] | None:
        if isinstance(request, PartsLine):
            part = await self._first(request)
        else:
            await self._made(request)
            part = await self._next()
        self._part, self._began_ms = part, now_ms()
        if part is None:
            await asyncio.gather(*self._uploading)
            return None
        return {"part": part.number}

    async def _first(self, line: PartsLine) -> Part | None:
        """The reserved part, if it is compatible and still ours; else another one."""
        reserved, self._part = self._part, None
        if reserved is None:
            return None
        if line.digest != reserved.digest:
            log.info("the task would be drawn or encoded differently here; not assisting")
            self.incompatible = True
            await self._store.release(reserved)
            return None
        return await self._store.begin(reserved) or await self._next()

    async def _next(self) -> Part | None:
        while True:
            part = next_for_assistant(await self._store.of_task(self._task.id))
            if part is None or part.attempt != self._task.attempt:
                return None
            claimed = await self._store.claim(part, PartStatus.RUNNING)
            if claimed is not None:
                return claimed

    async def _made(self, line: PartLine) -> None:
        part, self._part = self._part, None
        if part is None or part.number != line.number:
            raise RuntimeError(f"the renderer made part {line.number}, which was not wanted")
        self._store.traces.record_part(part, self._began_ms)
        self._before = self._frames = self._before + part.frames
        uploading = asyncio.create_task(self._store.upload(part, self._folder / line.path, self._folder))
        self._uploading[uploading] = part

    def _on_line(self, line: ProgressLine) -> None:
        if isinstance(line, StageLine) and line.stage is Stage.EXPORTING:
            self._frames = round(line.done or 0)

    async def _on_start(self, pid: int) -> None:
        await asyncio.to_thread(attempt_cleanup.note_child, self._folder, pid)

    async def _report_frames(self) -> None:
        """Store the number of rendered frames; ends when the part was assigned to another worker."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            part, frames = self._part, self._frames - self._before
            if part is not None and part.status is PartStatus.RUNNING:
                with suppress(StoreUnavailable):
                    if not await self._store.advance(part, max(0, min(frames, part.frames))) and part is self._part:
                        return

    async def _watch(self) -> None:
        """Ends when the attempt is no longer current."""

        def check(now: Task | None) -> None:
            if now is None or now.attempt != self._task.attempt or now.status is not Status.PROCESSING:
                self._lost.set()

        with self._task_cache.listen(self._task.id, lambda change: check(change.task)):
            async with self._store.database.read() as connection:
                check(await reads.any_task(connection, self._task.id))
            await self._lost.wait()
