"""Rendering a timeline with ffmpeg: the picture in chunks, the sound beside it."""

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from services.errors import DraftcastError, ErrorCode, Failed, failed
from services.render import sound
from services.render.ffmpeg import Ffmpeg, FfmpegFailed, run
from services.render.graph import Command, chunk_command, footage_input, from_us, output_arguments
from services.render.media import Footage, seek_point
from services.render.plan import Chunk, Use, plan
from services.render.protocol import Reporter, Stage, Unit
from services.render.timeline import Timeline

Source: TypeAlias = tuple[str, Sequence[str], int]
"""A segment's id, the arguments that open its file, and the stream in it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What lies in the folder: the picture in pieces, and the sound when there is any."""

    chunks: tuple[tuple[Path, int], ...]
    """Files with their numbers of frames."""
    sound: Path | None


class SourceFailed(DraftcastError):
    """The footage or sound of a segment does not decode."""

    def __init__(self, segment_id: str) -> None:
        super().__init__(f"the source of segment {segment_id} does not decode")
        self.segment_id = segment_id


class Exporter:
    """Renders one timeline; everything it writes lies in `folder`."""

    def __init__(self, ffmpeg: Ffmpeg, timeline: Timeline, folder: Path, reporter: Reporter) -> None:
        self._ffmpeg = ffmpeg
        self._timeline = timeline
        self._folder = folder
        self._reporter = reporter
        self._done = 0
        self._mixes = 0

    async def export(self) -> Exported:
        """Render it all. Raises `Failed` (RENDER_FAILED, OUT_OF_*), or `SourceFailed` when one source is at fault."""
        self._told(0)
        chunks = plan(self._timeline)
        try:
            async with asyncio.TaskGroup() as group:
                track = group.create_task(self._sound())
                pictures = group.create_task(self._pictures(chunks))
        except* (Failed, SourceFailed) as errors:
            raise errors.exceptions[0] from None
        counts = (chunk.span.count for chunk in chunks)
        return Exported(tuple(zip(pictures.result(), counts, strict=True)), track.result())

    def _told(self, frames: int) -> None:
        self._done = max(self._done, frames)
        self._reporter.progress(Stage.EXPORTING, self._done, self._timeline.frames, Unit.FRAMES)

    async def _pictures(self, chunks: Sequence[Chunk]) -> list[Path]:
        return [await self._chunk(index, chunk) for index, chunk in enumerate(chunks)]

    async def _chunk(self, index: int, chunk: Chunk) -> Path:
        """The chunk's file. Passes before the last are lossless, and removed when they are used up."""
        seeks = await asyncio.to_thread(self._seeks, chunk)
        made: Path | None = None
        for number in range(len(chunk.passes)):
            command = chunk_command(self._timeline, chunk, number, made, seeks)
            under, made = made, self._folder / f"chunk-{index}-{number}.mp4"
            await self._pass(chunk, command, made, last=number == len(chunk.passes) - 1)
            if under is not None:
                await asyncio.to_thread(under.unlink)
        assert made is not None  # noqa: S101 - a chunk has a pass at least
        return made

    async def _pass(self, chunk: Chunk, command: Command, output: Path, *, last: bool) -> None:
        arguments = [
            *command.inputs,
            *self._ffmpeg.graph_arguments(command.graph, self._folder),
            *output_arguments(self._timeline, chunk.span, lossless=not last, threads=_cores()),
            str(output),
        ]
        try:
            frames = await run(
                self._ffmpeg, arguments, lambda frames: self._told(chunk.span.start + frames if last else 0)
            )
        except FfmpegFailed as error:
            raise await self._failure(error, self._footage_of(chunk)) from error
        if frames != chunk.span.count:
            short = FfmpegFailed(0, f"{frames} frames instead of {chunk.span.count}")
            raise await self._failure(short, self._footage_of(chunk))

    def _seeks(self, chunk: Chunk) -> dict[Use, int]:
        """Where to begin to decode the footage of each use."""
        rate = self._timeline.rate
        return {
            use: seek_point(footage, from_us(use, rate)) for use, footage in _footage(chunk) if not footage.loop_frames
        }

    def _footage_of(self, chunk: Chunk) -> Iterator[Source]:
        for use, footage in _footage(chunk):
            inputs = footage_input(footage, seek_point(footage, from_us(use, self._timeline.rate)))
            yield use.layer.segment_id, inputs, footage.stream

    async def _sound(self) -> Path | None:
        """The sound's file; None when the draft is silent. Groups are mixed until one mix takes them all."""
        sounds = self._timeline.sounds
        parts = [sound.part(each) for each in sounds]
        if not parts:
            return None
        output = self._folder / "sound.mp4"
        try:
            while len(parts) > sound.MAX_SOUNDS:
                parts = [await self._group(group) for group in sound.groups(parts)]
            arguments = sound.track_arguments(parts, self._timeline.duration_us, output)
            await run(self._ffmpeg, arguments, lambda _: self._told(0))
        except FfmpegFailed as error:
            sources = [(each.segment_id, sound.part(each).inputs, each.track.stream) for each in sounds]
            raise await self._failure(error, sources) from error
        return output

    async def _group(self, parts: Sequence[sound.Part]) -> sound.Part:
        if len(parts) == 1:
            return parts[0]
        self._mixes += 1
        path = self._folder / f"mix-{self._mixes}.nut"
        await run(self._ffmpeg, sound.group_arguments(parts, path), lambda _: self._told(0))
        return sound.mixed_part(path, min(part.start for part in parts))

    async def _failure(self, error: FfmpegFailed, sources: Iterable[Source]) -> Failed | SourceFailed:
        """Why ffmpeg failed: the machine, one of the sources (each is tried by itself), or something else."""
        if "No space left on device" in error.tail or "Disk quota exceeded" in error.tail:
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
            f"ffmpeg could not render the video (it ended with {error.returncode}).",
            f"ffmpeg 渲染失败（退出码 {error.returncode}）。",
        )

    async def _decodes(self, inputs: Sequence[str], stream: int) -> bool:
        arguments = [*inputs, "-map", f"0:{stream}", "-t", "1", "-f", "null", "-"]
        try:
            await run(self._ffmpeg, ["-xerror", *arguments])
        except FfmpegFailed:
            return False
        return True


def _footage(chunk: Chunk) -> Iterator[tuple[Use, Footage]]:
    for use in chunk.uses:
        if isinstance(use.layer.picture, Footage):
            yield use, use.layer.picture


def _cores() -> int:
    return len(os.sched_getaffinity(0))
