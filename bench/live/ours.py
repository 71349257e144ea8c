"""The real application with a driver in place of the worker: tasks are submitted, claimed and advanced through the
store, as by an attempt.

    python -m bench.live.ours FOLDER

Prints its port, then carries out orders from stdin, JSON objects, one a line.
"""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.live.protocol import DRAFT_URL, obey
from draftcast.server.serving import server
from services.access.callers import OPEN_OWNER
from services.compose import Services
from services.settings import load
from services.store import writes
from services.store.records import EventType, ProgressUpdate, Stage, StageProgress, Task, TaskChange, TaskRequest, Unit


class Driver:
    """Changes tasks as a worker does."""

    def __init__(self, services: Services) -> None:
        self._manager = services.manager
        self._database = services.manager.task_cache._database  # noqa: SLF001 - the worker has it, too  # pyright: ignore[reportPrivateUsage]
        self._worker = services.health._registry.me.id  # noqa: SLF001 - as above  # pyright: ignore[reportPrivateUsage]
        self._tasks: list[Task] = []

    async def tasks(self, count: int) -> Any:
        """So many tasks that are being exported."""
        self._tasks = []
        for number in range(count):
            request = TaskRequest(draft_url=DRAFT_URL.format(number=time.time_ns() % 10**7 * 1000 + number))
            task = (await self._manager.submit(OPEN_OWNER, request)).task
            async with self._database.write() as connection:
                claimed = await writes.claim(connection, task, self._worker)
            assert claimed is not None
            self._manager.task_cache.publish(claimed)
            stages = [
                *claimed.task.stages,
                StageProgress(
                    stage=Stage.EXPORTING, started_at_ms=task.created_at_ms, done=0, total=1000, unit=Unit.FRAMES
                ),
            ]
            self._tasks.append(await self._advance(claimed.task, EventType.STAGE_CHANGED, stages, 70))
        return {"ids": [task.id for task in self._tasks], "draft_urls": [task.draft_url for task in self._tasks]}

    async def _advance(self, task: Task, kind: EventType, stages: list[StageProgress], progress: int) -> Task:
        async with self._database.write() as connection:
            change = await writes.advance(
                connection, task, ProgressUpdate(type=kind, stages=tuple(stages), progress=progress)
            )
        assert change is not None
        self._manager.task_cache.publish(change)
        return change.task

    async def advance(self, times: int, gap_ms: float = 0) -> Any:
        """Advance all tasks so many times, each time in one transaction, as the worker flushes."""
        sent: list[float] = []
        told_seconds = 0.0
        for number in range(times):
            written: list[TaskChange] = []
            async with self._database.write() as connection:
                for task in self._tasks:
                    stages = (*task.stages[:-1], replace(task.stages[-1], done=float(task.seq)))
                    update = ProgressUpdate(stages=stages, progress=70 + task.seq % 20)
                    change = await writes.advance(connection, task, update)
                    assert change is not None
                    written.append(change)
            self._tasks = [change.task for change in written]
            sent.append(time.monotonic())
            before = time.thread_time()
            self._manager.task_cache.publish(*written)
            told_seconds += time.thread_time() - before
            if gap_ms and number + 1 < times:
                await asyncio.sleep(gap_ms / 1000)
        return {"sent": sent, "told_seconds": told_seconds, "mark": f'"seq":{self._tasks[0].seq},'}


def main() -> None:
    """Serve until stdin ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        settings = load(port=listener.getsockname()[1], data_dir=Path(sys.argv[1]), max_queued=100_000)
        serving = server(settings, work=False)
        app: Any = serving.config.app
        opening = app.router.lifespan_context

        @asynccontextmanager
        async def driven(app: Any) -> AsyncGenerator[Any]:
            async with opening(app) as state:
                obeying = asyncio.create_task(obey(Driver(state["services"])))
                obeying.add_done_callback(lambda _: setattr(serving, "should_exit", True))
                print(json.dumps({"port": settings.port}), flush=True)
                yield state
                obeying.cancel()

        app.router.lifespan_context = driven
        serving.run(sockets=[listener])


if __name__ == "__main__":
    main()
