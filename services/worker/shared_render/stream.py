"""The stream of a shared video: after each part, its worker adds the fragments of all that are made, up to the first
one that is not; the worker that joins them adds the rest.
"""

import logging
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import Failed, StoreUnavailable
from services.exporter_protocol.lines import FragmentLine, StreamLine
from services.files.store import FileStore
from services.live.task_cache import TaskCache
from services.store import parts, reads, writes
from services.store.database import Database
from services.store.parts import Part, PartStatus
from services.store.records import ProgressUpdate, Status, Task
from services.stream import Stream
from services.worker.exporter_process import ProgressLine
from services.worker.shared_render.parts import fetch_all
from services.worker.shared_render.renderers import Renderer
from services.worker.stream import AttemptStream

log = logging.getLogger(__name__)


class SharedStream:
    """Adds the fragments of made parts to the streams of their tasks."""

    def __init__(self, database: Database, task_cache: TaskCache, files: FileStore) -> None:
        self._database = database
        self._task_cache = task_cache
        self._files = files

    async def add(self, task: Task, renderer: Renderer) -> None:
        """Add the fragments of the next parts, as long as the attempt is as in `task`. What fails is logged and left to
        the next part, or ends the stream.
        """
        with suppress(StoreUnavailable):
            while renderer.has_stream and (found := await self._next(task)) is not None:
                now, wanted = found
                text = await self._streamed(now, wanted, renderer)
                if text is None or not await self._store(now, text):
                    return

    async def end(self, task: Task, renderer: Renderer) -> None:
        """Add all fragments that are missing, before the parts are joined; a stream that is not whole is none then.
        Raises `StoreUnavailable`.
        """
        await self.add(task, renderer)
        async with self._database.read() as connection:
            now = await reads.any_task(connection, task.id)
        stream = None if now is None else Stream.stored(now.stream, task.run)
        if now is not None and stream is not None and not stream.whole:
            await self._store(now, "")

    async def _next(self, task: Task) -> tuple[Task, list[Part]] | None:
        """The task, and its first part without fragments, with the sound; None where they are not made."""
        async with self._database.read() as connection:
            now = await _same(connection, task)
            rows = await parts.of_task(connection, task.id)
        if now is None or now.stream == "" or not rows:
            return None
        stream = Stream.stored(now.stream, now.run)
        streamed = rows[0].first_frame + (stream.announced_frames if stream else 0)
        missing = [part for part in rows if part.frames and part.first_frame + part.frames > streamed]
        wanted = [part for part in rows if not part.frames] + missing[:1]
        left_to_joiner = now.worker is None and all(part.status is PartStatus.DONE for part in rows)
        made = missing and all(part.status is PartStatus.DONE for part in wanted)
        return (now, wanted) if made and not left_to_joiner else None

    async def _streamed(self, task: Task, wanted: list[Part], renderer: Renderer) -> str | None:
        """The stream of the task with the fragments of a part, the last of `wanted`; an empty text: it is over. None
        where a file cannot be read for now.
        """
        told: list[str] = []
        stream = AttemptStream(self._files, task, renderer.folder, told.append)

        def on_line(line: ProgressLine) -> None:
            if isinstance(line, StreamLine | FragmentLine):
                stream.add(line)

        try:
            elsewhere, unread = await fetch_all(self._files, renderer.missing(wanted), renderer.folder)
            if unread:
                return None
            async with stream.serve():
                await renderer.stream(wanted, elsewhere, on_line)
        except (Failed, OSError) as error:
            log.warning("the video can no longer be watched while it is rendered: %s", error)
            return ""
        return told[-1] if told else ""

    async def _store(self, task: Task, text: str) -> bool:
        """Store the stream. False when the attempt or its stream is not as in `task`, or the stream is over."""
        async with self._database.write() as connection:
            now = await _same(connection, task)
            if now is None or now.stream != task.stream:
                return False
            changed = await writes.advance(connection, now, ProgressUpdate(stream=text))
        if changed is not None:
            self._task_cache.publish(changed)
        return bool(text)


async def _same(connection: AsyncConnection, task: Task) -> Task | None:
    """The task as it is now; None when its attempt has another worker or has ended."""
    now = await reads.any_task(connection, task.id)
    same = now is not None and (now.attempt, now.fence, now.worker) == (task.attempt, task.fence, task.worker)
    return now if same and now is not None and now.status is Status.PROCESSING else None
