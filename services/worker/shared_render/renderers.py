"""Renderers of shared videos: each renders parts on order, and waits in between with its draft laid out."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from services.errors import ErrorCode, Failed, failed
from services.exporter_protocol.lines import PartLine, PartRequest, PartsLine, Result, Stage, StageLine
from services.exporter_protocol.request import ExportRequest
from services.files.beneath import remove_tree
from services.live.task_cache import TaskCache
from services.settings import Settings
from services.store.parts import Part
from services.store.records import Status, Task, TaskChange
from services.worker import attempt_cleanup
from services.worker.exporter_process import OWN_EXPORTER, OnLine, ProgressLine, export, request_of
from services.worker.kept_store import KeptStore, OwnersKept

Answer: TypeAlias = PartRequest | Result
Order: TypeAlias = dict[str, Any]
Files: TypeAlias = dict[int, str]
"""Files of parts by their numbers."""


class Renderer:
    """A renderer process of one attempt. One that is `helping` has parts in any case: the attempt is shared already."""

    def __init__(
        self, task: Task, settings: Settings, kept: OwnersKept | None, *, helping: bool, on_line: OnLine
    ) -> None:
        self.attempt = task.attempt
        self.folder = settings.work_dir / task.id / str(task.attempt)
        self.made: dict[int, int] = {}
        """The parts whose files it has, with the fencing token of their jobs."""
        self.first: Answer | None = None
        """The parts that it has announced; another answer where the video is not shared."""
        self.on_line = on_line
        self._frames = self._frames_before = 0
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._answers: asyncio.Queue[PartRequest] = asyncio.Queue()
        self._spent_at = monotonic() + (settings.render_timeout_seconds or math.inf) / 2
        request = replace(request_of(settings, task, self.folder), share_seconds=settings.share_seconds)
        if helping:
            request = replace(request, strict=False, helping=True)
        self.has_stream = request.stream
        self._kept = kept
        self._running = asyncio.create_task(self._run(request))

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._running.done()

    def serves(self, task: Task) -> bool:
        """Whether it can do more work for the attempt of the task, with at least half of its time limit left."""
        return self.attempt == task.attempt and not self.ended and monotonic() < self._spent_at

    def frames_of(self, part: Part) -> int:
        """The rendered frames of the part that was ordered last."""
        return max(0, min(self._frames - self._frames_before, part.frames))

    async def begin(self) -> Answer:
        """The first answer. Raises as an export does."""
        if self.first is None:
            self.first = await self._answer()
        return self.first

    def fits(self, digest: str) -> bool:
        """Whether its parts fit those of this digest."""
        return isinstance(self.first, PartsLine) and self.first.digest == digest

    async def render(self, part: Part) -> PartLine:
        """Render a part. Raises as an export does."""
        self._frames_before = self._frames
        answer = await self._part(part, {"part": part.number})
        self._frames = self._frames_before + part.frames
        self.made[part.number] = part.fence
        return answer

    def missing(self, parts: Sequence[Part]) -> list[Part]:
        """Those of the parts whose files it does not have."""
        return [part for part in parts if self.made.get(part.number) != part.fence]

    async def stream(self, parts: Sequence[Part], elsewhere: Files, on_line: OnLine) -> None:
        """Write the fragments of the last of the parts, which come as lines; `elsewhere` are the files of those that it
        does not have. Raises as an export does.
        """
        self.on_line, before = on_line, self.on_line
        try:
            await self._part(parts[-1], {"stream": parts[-1].number, "elsewhere": elsewhere})
        finally:
            self.on_line = before
        self.made.update({part.number: part.fence for part in parts})

    async def join(self, elsewhere: Files) -> Result:
        """Join all parts; these files are those rendered elsewhere. Raises as an export does."""
        answer = await self._order({"join": elsewhere})
        if not isinstance(answer, Result):
            raise _unwanted()
        return answer

    async def close(self) -> None:
        """End the process and remove its files."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await asyncio.to_thread(attempt_cleanup.clear_attempt, self.folder)

    async def _part(self, part: Part, order: Order) -> PartLine:
        answer = await self._order(order)
        if not isinstance(answer, PartLine) or answer.number != part.number:
            raise _unwanted()
        return answer

    async def _order(self, order: Order) -> Answer:
        self._orders.put_nowait(order)
        return await self._answer()

    async def _answer(self) -> Answer:
        asking = asyncio.create_task(self._answers.get())
        try:
            await asyncio.wait({asking, self._running}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else self._running.result()
        finally:
            asking.cancel()

    async def _run(self, request: ExportRequest) -> Result:
        await asyncio.to_thread(attempt_cleanup.fresh_folder, self.folder)
        return await export(OWN_EXPORTER, request, self._on_line, self._on_start, self._next_order, self._kept)

    async def _next_order(self, request: PartRequest) -> Order:
        self._answers.put_nowait(request)
        return await self._orders.get()

    async def _on_start(self, pid: int) -> None:
        await asyncio.to_thread(attempt_cleanup.note_child, self.folder, pid)

    def _on_line(self, line: ProgressLine) -> None:
        if isinstance(line, StageLine) and line.stage is Stage.EXPORTING:
            self._frames = round(line.done or 0)
        self.on_line(line)


class Renderers:
    """The renderers of this process, one of a task at most. As many as it has slots stay for the next part, the newest.
    `on_end` is awaited when a task has ended that had one.
    """

    def __init__(
        self,
        settings: Settings,
        task_cache: TaskCache,
        kept: KeptStore,
        on_end: Callable[[Task], Awaitable[object]],
    ) -> None:
        self._settings = settings
        self._kept = kept
        self._task_cache = task_cache
        self._on_end = on_end
        self._idle: OrderedDict[str, Renderer] = OrderedDict()
        """The waiting renderers by task, the newest last."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._watched: set[str] = set()
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Keep renderers while the block lasts."""
        try:
            yield
        finally:
            await asyncio.gather(*self._closing, *(each.close() for each in self._idle.values()))

    @asynccontextmanager
    async def renderer(self, task: Task, on_line: OnLine, *, helping: bool = True) -> AsyncGenerator[Renderer]:
        """A renderer of the attempt, which has given its first answer. An error in the block ends it. Raises as an
        export does.
        """
        turn = self._turns.setdefault(task.id, asyncio.Lock())
        async with turn:
            renderer = await self._taken(task, on_line, helping=helping)
            try:
                await renderer.begin()
                yield renderer
            except BaseException:
                await asyncio.shield(renderer.close())
                raise
            renderer.on_line = _ignore
            await self._keep(task.id, renderer)

    async def _taken(self, task: Task, on_line: OnLine, *, helping: bool) -> Renderer:
        """A waiting renderer, or a new one."""
        found = self._idle.pop(task.id, None)
        if found is not None and found.serves(task):
            found.on_line = on_line
            return found
        if found is not None:
            await found.close()
        self._watch(task.id)
        return Renderer(task, self._settings, self._kept.of(task.owner), helping=helping, on_line=on_line)

    async def _keep(self, task_id: str, renderer: Renderer) -> None:
        if renderer.ended:
            return
        self._idle[task_id] = renderer
        while len(self._idle) > self._settings.render_slots:
            await self._idle.popitem(last=False)[1].close()

    def _watch(self, task_id: str) -> None:
        """End the renderer and remove the materials when the task has ended."""
        if task_id in self._watched:
            return

        def on_change(change: TaskChange) -> None:
            if change.task.status.final:
                self._task_cache.remove_listener(task_id, on_change)
                self._watched.discard(task_id)
                closing = asyncio.create_task(self._forget(change.task))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

        self._watched.add(task_id)
        self._task_cache.add_listener(task_id, on_change)

    async def _forget(self, ended: Task) -> None:
        async with self._turns.setdefault(ended.id, asyncio.Lock()):
            renderer = self._idle.pop(ended.id, None)
            if renderer is not None:
                await renderer.close()
            await self._on_end(ended)
            if ended.status is not Status.FAILED:  # a retry may need the materials
                await asyncio.to_thread(remove_tree, self._settings.work_dir / ended.id)


def _ignore(_: ProgressLine) -> None:
    """Nobody waits for this line."""


def _unwanted() -> Failed:
    return failed(ErrorCode.INTERNAL, "The renderer made an unwanted part.", "渲染程序生成了未要求的分段。")
