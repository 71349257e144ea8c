"""Rendering of a timeline with ffmpeg: the picture in chunks, the sound in parallel."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from services.errors import DraftcastError, ErrorCode, Failed, failed, mentions_full_disk
from services.exporter_protocol.lines import Step
from services.render.kept import KeptFiles
from services.render.media.probe import seek_point
from services.render.picture.chains import Command
from services.render.picture.chunks import Chunk, plan
from services.render.picture.copying import clips, copy_clips
from services.render.picture.graph import chunk_command, chunk_readings, container, output_arguments
from services.render.picture.sources import Reading
from services.render.process.costs import COSTS
from services.render.process.ffmpeg import Ffmpeg, FfmpegFailed, OnFrame, run
from services.render.process.preview import Previews, preview_arguments, with_preview
from services.render.sound import graph, mix
from services.render.stream.writer import StreamWriter
from services.render.timeline.scene import Span, Timeline

Files: TypeAlias = tuple[tuple[Path, int], ...]
"""The picture's files in order, each with its number of frames."""
Pictures: TypeAlias = Callable[[], Coroutine[Any, Any, Files]]
Source: TypeAlias = tuple[str, Sequence[str], int]
"""A segment's id, the arguments that open its file, and the stream in it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The exported files: the picture's chunks, and the sound if there is any."""

    chunks: Files
    sound: Path | None


class SourceFailed(DraftcastError):
    """The footage or sound of a segment does not decode."""

    def __init__(self, segment_id: str) -> None:
        super().__init__(f"the source of segment {segment_id} does not decode")
        self.segment_id = segment_id


class Exporter:
    """Renders one timeline to files in `folder`. `on_frames` receives the number of encoded frames. With `copies`,
    coded frames are copied where possible; with `kept`, finished files of earlier renders are used. With `one_thread`,
    encoders have one thread, also of a single chunk: the cost of x264's other threads cannot be told from filters'.
    `stream` receives all files once they are finished.
    """

    def __init__(
        self,
        ffmpeg: Ffmpeg,
        timeline: Timeline,
        folder: Path,
        on_frames: OnFrame,
        previews: Previews | None = None,
        *,
        copies: bool = False,
        kept: KeptFiles | None = None,
        one_thread: bool = False,
        stream: StreamWriter | None = None,
    ) -> None:
        self._ffmpeg = ffmpeg
        self._timeline = timeline
        self._folder = folder
        self._on_frames = on_frames
        self._previews = previews
        self._copies = copies
        self._kept = kept
        self._one_thread = one_thread
        self._stream = stream
        self._done: Counter[int] = Counter()
        self._cores_free = asyncio.Event()
        """Not set while the first chunk of a stream is drawn, which needs all cores: a long sound is mixed after it."""
        self._cores_free.set()

    async def export(self, pictures: Pictures | None = None) -> Exported:
        """Render picture and sound; `pictures` makes the picture's files, by default those of all frames. Raises
        `Failed` (RENDER_FAILED, OUT_OF_*), or `SourceFailed` if one source is at fault.
        """
        self._report_frames()
        with one_failure():
            async with asyncio.TaskGroup() as group:
                track = group.create_task(self.sound())
                picture = group.create_task((pictures or self._picture)())
        return Exported(picture.result(), track.result())

    async def render_span(self, span: Span | None = None) -> Files:
        """The picture's files of a span, by default of all frames. Raises as `export` does."""
        early = self._stream is not None and (span is None or span.start == self._timeline.shown.start)
        if early:
            self._cores_free.clear()
        chunks = plan(self._timeline, at_once=_cores(), span=span, early=early)
        counts = (chunk.span.count for chunk in chunks)
        with one_failure():
            return tuple(zip(await self._pictures(chunks, early=early), counts, strict=True))

    async def copied(self) -> Files:
        """The picture's file, copied; empty where frames have to be encoded."""
        self._report_frames()
        whole = clips(self._timeline) if self._copies else ()
        output = self._folder / "copied.mp4"
        if not whole or not await asyncio.to_thread(copy_clips, self._timeline, whole, output):
            return ()
        self._report_frames(0, self._timeline.shown.count)
        return ((output, self._timeline.shown.count),)

    async def _picture(self) -> Files:
        copied = await self.copied()
        if copied:
            return copied
        async with asyncio.TaskGroup() as group:
            if self._stream is not None:
                group.create_task(self._stream.run())
            return await self.render_span()

    def _report_frames(self, start: int = 0, frames: int = 0) -> None:
        """Report the frames encoded so far of the chunk that begins at `start`."""
        self._done[start] = max(self._done[start], frames)
        self._on_frames(self._done.total())

    async def _pictures(self, chunks: Sequence[Chunk], *, early: bool) -> list[Path]:
        """The files of all chunks, encoded in parallel: one ffmpeg does not use all cores. With `early`, the first one
        has all cores before.
        """
        slots = asyncio.Semaphore(_cores())
        alone = 1 if self._one_thread else _cores()

        async def one(chunk: Chunk, threads: int = 1) -> Path:
            async with slots:
                path = await self._chunk(chunk, threads=threads)
            if self._stream is not None:
                self._stream.offer(chunk.span, path)
            return path

        first = [await one(each, alone) for each in chunks[:1] if early or len(chunks) == 1]
        self._cores_free.set()
        async with asyncio.TaskGroup() as group:
            made = [group.create_task(one(chunk)) for chunk in chunks[len(first) :]]
        return [*first, *(each.result() for each in made)]

    async def _chunk(self, chunk: Chunk, *, threads: int) -> Path:
        """The chunk's file. Passes before the last are lossless, and removed after use."""
        paths = [self._path(chunk, number) for number in range(len(chunk.passes))]
        commands = await asyncio.to_thread(self._commands, chunk, paths, threads)

        async def make() -> None:
            for number, command in enumerate(commands):
                await self._pass(chunk, command, paths[number], threads=threads, number=number)
                if number:
                    await asyncio.to_thread(paths[number - 1].unlink)

        encoding = output_arguments(self._timeline, chunk.span, lossless=False, threads=threads)
        words = [*encoding, *(word for each in commands for word in (*each.inputs, each.graph))]
        if await self._kept_or_made(words, paths[-1], make):
            self._report_frames(chunk.span.start, chunk.span.count)
        return paths[-1]

    def _path(self, chunk: Chunk, number: int) -> Path:
        return self._folder / f"chunk-{chunk.span.start}-{number}.{container(self._timeline)}"

    def _commands(self, chunk: Chunk, paths: Sequence[Path], threads: int) -> list[Command]:
        """The commands of the passes of a chunk, whose results are `paths`."""
        unders = (None, *paths[:-1])
        return [
            chunk_command(self._timeline, chunk, number, under, self._seeks(chunk, number), threads)
            for number, under in enumerate(unders)
        ]

    async def _kept_or_made(self, words: Sequence[str], target: Path, make: Callable[[], Awaitable[None]]) -> bool:
        """Write `target`: a kept file of the same words, else what `make` makes, which is kept then. Returns whether it
        was kept.
        """
        kept = self._kept
        if kept is None:
            await make()
            return False
        key = await asyncio.to_thread(kept.key, words)
        found = await kept.take(key, target)
        if not found:
            await make()
            await kept.keep(key, target)
        return found

    async def _pass(self, chunk: Chunk, command: Command, output: Path, *, threads: int, number: int) -> None:
        last = number == len(chunk.passes) - 1
        previews = self._previews if last else None
        seen = output.with_suffix(".jpg")
        size = self._timeline.width, self._timeline.height
        graph = with_preview(command.graph, *size) if previews else command.graph
        arguments = [
            *command.inputs,
            *("-filter_complex_threads", str(threads)),
            *self._ffmpeg.graph_arguments(graph, output.with_suffix(".graph")),
            *output_arguments(self._timeline, chunk.span, lossless=not last, threads=threads),
            str(output),
            *(preview_arguments(seen) if previews else ()),
        ]

        def on_frame(frames: int) -> None:
            self._report_frames(chunk.span.start, (number * chunk.span.count + frames) // len(chunk.passes))
            if previews:
                previews.poll(seen)

        try:
            frames = await run(self._ffmpeg, arguments, on_frame)
        except FfmpegFailed as error:
            raise await self._failure(error, self._footage_of(chunk)) from error
        if frames != chunk.span.count:
            short = FfmpegFailed(0, f"{frames} frames instead of {chunk.span.count}")
            raise await self._failure(short, self._footage_of(chunk))

    def _seeks(self, chunk: Chunk, number: int) -> dict[Reading, int]:
        """The seek position of each reading, in µs."""
        found = set(chunk_readings(self._timeline, chunk, number).values())
        return {
            reading: 0 if reading.footage.loop_frames else seek_point(reading.footage, max(0, reading.from_us))
            for reading in found
        }

    def _footage_of(self, chunk: Chunk) -> Iterator[Source]:
        for number in range(len(chunk.passes)):
            for reading, seek_us in self._seeks(chunk, number).items():
                yield reading.segment_id, reading.input_arguments(seek_us), reading.footage.stream

    async def sound(self) -> Path | None:
        """The sound's file; None if the draft is silent. Raises as `export` does."""
        timeline = self._timeline
        if not timeline.sounds:
            return None
        target = self._folder / mix.FILE

        async def make() -> None:
            if self._stream is not None and await self._early_sound(self._stream):
                await self._cores_free.wait()
            live = self._stream.sound.path if self._stream else None
            await mix.mix(self._ffmpeg, timeline, self._folder, self._on_sound, live)

        words = [repr(timeline.sounds), str(timeline.start_us), str(timeline.duration_us)]
        try:
            with COSTS.step(Step.SOUND):
                if await self._kept_or_made(words, target, make) and self._stream is not None:
                    await run(self._ffmpeg, mix.copy_arguments(target, self._stream.sound.path))
        except FfmpegFailed as error:
            inputs = [(each, graph.mix_input(each)) for each in self._timeline.sounds]
            sources = [(each.segment_id, mix_input.inputs, each.track.stream) for each, mix_input in inputs]
            raise await self._failure(error, sources) from error
        if self._stream is not None:
            self._stream.end_sound()
        return target

    async def _early_sound(self, stream: StreamWriter) -> bool:
        """Mix the sound of the first fragments by itself, if the whole is longer. Returns whether it was mixed."""
        first = mix.early_sound(self._timeline)
        if first is None or not first.sounds:
            return False
        folder = stream.early_sound.path.parent
        folder.mkdir()
        await mix.mix(self._ffmpeg, first, folder, self._on_sound, stream.early_sound.path)
        return True

    def _on_sound(self, _: int) -> None:
        self._report_frames()
        if self._stream is not None:
            self._stream.look()

    async def _failure(self, error: FfmpegFailed, sources: Iterable[Source]) -> Failed | SourceFailed:
        """The cause of ffmpeg's failure: disk, memory, one of the sources (each is tried alone), or unknown."""
        if mentions_full_disk(error.tail):
            return failed(
                ErrorCode.OUT_OF_DISK,
                "The disk filled up while the video was rendered.",
                "渲染时磁盘已满。",
            )
        if error.returncode == -signal.SIGKILL or "Cannot allocate memory" in error.tail:
            return failed(
                ErrorCode.OUT_OF_MEMORY,
                "The machine ran out of memory while the video was rendered.",
                "渲染时内存不足。",
            )
        for segment_id, inputs, stream in sources:
            if not await self._decodes(inputs, stream):
                return SourceFailed(segment_id)
        return failed(
            ErrorCode.RENDER_FAILED,
            f"ffmpeg failed to render the video (exit code {error.returncode}).",
            f"ffmpeg 渲染失败（退出码 {error.returncode}）。",
        )

    async def _decodes(self, inputs: Sequence[str], stream: int) -> bool:
        arguments = [*inputs, "-map", f"0:{stream}", "-t", "1", "-f", "null", "-"]
        try:
            await run(self._ffmpeg, ["-xerror", *arguments])
        except FfmpegFailed:
            return False
        return True


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@contextmanager
def one_failure() -> Generator[None]:
    """Raise one of several concurrent failures."""
    try:
        yield
    except* (Failed, SourceFailed) as errors:
        raise _first(errors) from None


def _first(group: BaseExceptionGroup[Failed | SourceFailed]) -> Failed | SourceFailed:
    """The first failure; the others follow from it or are of the same kind."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
