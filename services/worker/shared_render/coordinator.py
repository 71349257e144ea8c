"""The coordinator: one attempt whose video is rendered in parts, some of them by assistants."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from services.background import background, every, patiently
from services.clock import now_ms
from services.errors import ErrorCode, StoreUnavailable, failed
from services.exporter_protocol import PartLine, PartRequest, PartsLine, Stage, StageLine
from services.store import parts
from services.store.parts import Part, PartStatus
from services.worker.exporter_process import OnLine, ProgressLine
from services.worker.progress_writer import Attempt
from services.worker.shared_render.parts import POLL_SECONDS, PartStore, is_overdue, next_for_coordinator

log = logging.getLogger(__name__)


MAX_PARTS = 10_000
"""More than two days of video have."""


class Coordinator:
    """Assigns the parts of a video: to its own renderer by orders, to assistants by rows."""

    def __init__(self, store: PartStore, attempt: Attempt, on_line: OnLine) -> None:
        self._store = store
        self._attempt = attempt
        self._on_line = on_line
        self._rows: list[Part] = []
        self._own: dict[int, tuple[Part, Path]] = {}
        """Finished parts of the own renderer and their files, which are checked at the upload."""
        self._under_way: Part | None = None
        self._began_at = 0.0
        self._began_ms = 0
        self._slowest_seconds = 0.0
        self._since: dict[tuple[int, int], float] = {}
        """Times at which claims of other workers were first seen."""
        self._elsewhere: dict[int, Path] = {}
        self._moving: dict[tuple[int, int], asyncio.Task[None]] = {}
        """Running transfers, by part number and fencing token."""
        self._line: StageLine | None = None

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Coordinate in the background while the block lasts."""
        name = f"parts of {self._attempt.task.id}"
        try:
            async with background(name, every(POLL_SECONDS, name, self._look)):
                yield
        finally:
            for moving in self._moving.values():
                moving.cancel()
            await asyncio.gather(*self._moving.values(), return_exceptions=True)

    def on_line(self, line: ProgressLine) -> None:
        """Pass a line of the renderer on, with the frames of assistants added."""
        if isinstance(line, StageLine) and line.stage is Stage.EXPORTING:
            self._line = line
            line = self._counted(line)
        self._on_line(line)

    def _counted(self, line: StageLine) -> StageLine:
        ours = {*self._own, *((self._under_way.number,) if self._under_way else ())}
        others = sum(part.frames_done for part in self._rows if part.number not in ours)
        return replace(line, done=(line.done or 0) + others)

    async def next_order(self, request: PartRequest) -> dict[str, Any] | None:
        """The next order for the own renderer. Raises `StoreUnavailable`, and `Failed` for an invalid request."""
        if isinstance(request, PartsLine):
            await self._announce(request)
        else:
            await self._made(request)
        return await self._order()

    async def _announce(self, line: PartsLine) -> None:
        if not 0 < len(line.spans) <= MAX_PARTS:
            raise failed(
                ErrorCode.INTERNAL,
                f"The renderer asked for {len(line.spans)} parts; 1 to {MAX_PARTS} are made.",
                f"渲染程序要求 {len(line.spans)} 个分段，只能为 1 到 {MAX_PARTS} 个。",
            )
        self._attempt.shared = True

        async def write() -> list[Part] | None:
            async with self._store.database.write() as connection:
                return await parts.announce(connection, self._attempt.task, line.digest, line.spans)

        found = await patiently(write)
        if found is None:
            await self._give_up()
        else:
            self._rows = found

    async def _made(self, line: PartLine) -> None:
        if self._under_way is None or self._under_way.number != line.number:
            raise failed(ErrorCode.INTERNAL, "The renderer made an unwanted part.", "渲染程序生成了未要求的分段。")
        made = await self._store.made(self._under_way)
        if made is None:
            await self._give_up()
        else:
            self._own[line.number] = made, self._attempt.folder / line.path
            self._store.traces.record_part(made, self._began_ms)
            self._slowest_seconds = max(self._slowest_seconds, monotonic() - self._began_at)
        self._under_way = None

    async def _give_up(self) -> None:
        """The attempt is lost; wait to be cancelled."""
        self._attempt.lost.set()
        await asyncio.Event().wait()

    async def _order(self) -> dict[str, Any]:
        while True:
            await self._look()
            part = next_for_coordinator(self._rows) or self._overdue(monotonic())
            if part is not None:
                claimed = await self._store.claim(part, PartStatus.RUNNING)
                if claimed is not None:
                    self._under_way, self._began_at, self._began_ms = claimed, monotonic(), now_ms()
                    return {"part": claimed.number}
            elif len(self._own) + len(self._elsewhere) == len(self._rows):
                return {"join": {str(number): str(path) for number, path in self._elsewhere.items()}}
            else:
                await asyncio.sleep(POLL_SECONDS / 2)

    def _overdue(self, now: float) -> Part | None:
        """A part that another worker has held for too long."""
        running = self._others(PartStatus.RUNNING)
        since = self._since
        late = (part for part in running if is_overdue(now - since.get(_claim(part), now), self._slowest_seconds))
        return next(late, None)

    def _others(self, status: PartStatus) -> list[Part]:
        return [part for part in self._rows if part.status is status and part.worker != self._store.worker]

    async def _look(self) -> None:
        """Read the rows of the parts: download finished parts of assistants, and upload own ones if any assist."""
        if not self._rows:
            return
        self._rows = await self._store.of_task(self._attempt.task.id)
        for part in self._others(PartStatus.RUNNING):
            self._since.setdefault(_claim(part), monotonic())
        for part in self._rows:
            if part.status is PartStatus.DONE and part.key and part.number not in (*self._own, *self._elsewhere):
                self._move(part, self._fetch)
        if any(part.worker not in (self._store.worker, None) for part in self._rows):
            for made, _ in self._own.values():
                self._move(made, self._upload)
        if self._line is not None:
            self._on_line(self._counted(self._line))

    def _move(self, part: Part, how: Callable[[Part], Coroutine[Any, Any, None]]) -> None:
        if _claim(part) not in self._moving:
            self._moving[_claim(part)] = asyncio.create_task(how(part))

    async def _fetch(self, part: Part) -> None:
        """Download a part of an assistant; on failure it is reopened."""
        target = self._attempt.folder / f"part-{part.number}-{part.fencing_token}.mp4"
        try:
            await self._store.fetch(part, target)
        except OSError as error:
            log.warning("part %d could not be downloaded: %s", part.number, error)
            with suppress(StoreUnavailable):  # the attempt is then about to be lost anyway
                await self._store.release(part, lost=True)
        else:
            self._elsewhere[part.number] = target

    async def _upload(self, part: Part) -> None:
        """Upload an own part, for the case that this worker is lost."""
        try:
            await self._store.upload(part, self._own[part.number][1], self._attempt.folder)
        except (OSError, StoreUnavailable) as error:
            log.warning("part %d could not be uploaded: %s", part.number, error)


def _claim(part: Part) -> tuple[int, int]:
    return part.number, part.fencing_token
