"""The stream of an attempt: its fragments go to the file storage, one by one, and are announced when they are there."""

import asyncio
import io
import logging
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from services.exporter_protocol.lines import FragmentLine, StreamLine
from services.files.beneath import open_beneath, read_beneath
from services.files.store import FileStore
from services.store.records import Task
from services.stream import Fragment, Stream, fragment_name, initialization_name, stream_key
from services.worker.publish import put_patiently

log = logging.getLogger(__name__)

LARGEST_INITIALIZATION_BYTES = 100_000
LARGEST_FRAGMENT_BYTES = 1 << 28
"""Four seconds of 500 Mbit/s."""
MAX_WAITING = 10_000
"""Lines that wait for the storage; a video of more than ten hours has more."""
Line: TypeAlias = StreamLine | FragmentLine


class StreamBroken(Exception):
    """The attempt's fragments do not continue what was announced."""


class AttemptStream:
    """Stores the fragments of an attempt, which `folder` has; those that the run announced before are compared and
    skipped. `on_stream` gets the stream as it is stored, whenever it is longer; an empty text: it is over. What cannot
    be stored ends the stream, not the attempt.
    """

    def __init__(self, files: FileStore, task: Task, folder: Path, on_stream: Callable[[str], None]) -> None:
        self._files = files
        self._task = task
        self._folder = folder
        self._on_stream = on_stream
        self._announced = Stream.stored(task.stream, task.run)
        self._made: Stream | None = None
        """The fragments of this attempt; of those announced before, it has the writers."""
        self._writer = secrets.token_hex(4)
        self._lines: asyncio.Queue[Line | None] = asyncio.Queue(MAX_WAITING)
        self._over = False

    def add(self, line: Line) -> None:
        """Take a line of the exporter; more than can wait end the stream."""
        if not self._over and self._lines.full():
            self._drop("the storage is too slow")
        if not self._over:
            self._lines.put_nowait(line)

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Store fragments while the block lasts; those that wait at its end, too, unless it fails."""
        running = asyncio.create_task(self._run())
        try:
            yield
            if not running.done():
                await self._lines.put(None)
            await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def end(self) -> None:
        """End the stream; one that is not whole is none."""
        if self._announced is not None and not self._announced.whole:
            self._drop("its end is missing")

    async def _run(self) -> None:
        try:
            while not self._over and (line := await self._lines.get()) is not None:
                await (self._begin(line) if isinstance(line, StreamLine) else self._continue(line))
        except (StreamBroken, OSError) as error:
            self._drop(error)

    async def _begin(self, line: StreamLine) -> None:
        self._made = Stream.begun(self._task.run, line)
        content = await asyncio.to_thread(read_beneath, self._folder, line.path, LARGEST_INITIALIZATION_BYTES)
        if self._announced is None:
            await put_patiently(self._files, self._key(initialization_name(self._writer)), content)
            return
        stored = io.BytesIO()
        await self._files.get(self._key(initialization_name(self._announced.fragments[0].writer)), stored)
        before = self._announced.rate, self._announced.frames, stored.getvalue()
        if before != (self._made.rate, self._made.frames, content):
            raise StreamBroken("the draft or the encoder is another one than in the attempt before")

    async def _continue(self, line: FragmentLine) -> None:
        announced = self._announced.fragments if self._announced else ()
        if self._made and not self._made.fragments:  # a part of the video begins where an earlier one ended
            self._made = replace(self._made, fragments=announced[: line.number])
        repeated = line.number < len(announced)
        fragment = announced[line.number] if repeated else Fragment(line.frames, self._writer)
        follows = self._made and line.number == len(self._made.fragments) and line.frames == fragment.frames
        made = self._made.longer(fragment) if self._made and follows else None
        if made is None:
            raise StreamBroken(f"fragment {line.number} of {line.frames} frames does not follow")
        self._made = made
        if repeated:
            return
        with await asyncio.to_thread(open_beneath, self._folder, line.path, LARGEST_FRAGMENT_BYTES) as file:
            await put_patiently(self._files, self._key(fragment_name(line.number, self._writer)), file)
        self._announced = made
        self._on_stream(made.text())

    def _drop(self, why: object) -> None:
        log.warning("the task can no longer be watched while it is rendered: %s", why)
        self._over, self._announced = True, None
        self._on_stream("")

    def _key(self, name: str) -> str:
        return stream_key(self._task.id, self._task.run, name)
