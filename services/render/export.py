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
from services.render.ffmpeg import Ffmpeg, FfmpegFailed, OnFrame, run
from services.render.graph import chunk_command, footage_input, output_arguments
from services.render.media import Footage
from services.render.plan import Chunk, plan
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
        *lower, top = range(len(chunk.passes))
        under: Path | None = None
        for number in lower:
            under = await self._pass(index, chunk, number, under, lambda _: self._told(0))
        return await self._pass(index, chunk, top, under, lambda frames: self._told(chunk.span.start + frames))

    async def _pass(self, index: int, chunk: Chunk, number: int, under: Path | None, on_frame: OnFrame) -> Path:
        output = self._folder / f"chunk-{index}-{number}.mp4"
        command = chunk_command(self._timeline, chunk, number, under)
        lossless = number < len(chunk.passes) - 1
        arguments = [
            *command.inputs,
            *self._ffmpeg.graph_arguments(command.graph, self._folder),
            *output_arguments(self._timeline, chunk.span, lossless=lossless, threads=_cores()),
            str(output),
        ]
        try:
            frames = await run(self._ffmpeg, arguments, on_frame)
        except FfmpegFailed as error:
            raise await self._failure(error, _footage_of(chunk)) from error
        if frames != chunk.span.count:
            short = FfmpegFailed(0, f"{frames} frames instead of {chunk.span.count}")
            raise await self._failure(short, _footage_of(chunk))
        if under is not None:
            await asyncio.to_thread(under.unlink)
        return output

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


def _footage_of(chunk: Chunk) -> Iterator[Source]:
    uses = [piece.use for piece in chunk.base if piece.use] + [use for each in chunk.passes for use in each]
    for use in uses:
        picture = use.layer.picture
        if isinstance(picture, Footage):
            from_us = min(round(use.layer.source_us), picture.last_frame_us)
            yield use.layer.segment_id, footage_input(picture, from_us), picture.stream


def _cores() -> int:
    return len(os.sched_getaffinity(0))
