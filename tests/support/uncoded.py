"""The frames of a draft from the renderer's graphs, before encoding."""

import asyncio
import os
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from services.drafts.fetch import Fetcher, FetchLimits
from services.drafts.records import Draft
from services.drafts.source import LocalDraft
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import ExportLimits
from services.render.media.probe import seek_point
from services.render.picture.chains import Command
from services.render.picture.chunks import Chunk, plan
from services.render.picture.graph import chunk_command, chunk_readings, container, output_arguments
from services.render.prepare.timeline_builder import CompoundRenderer, TimelineBuilder
from services.render.process.ffmpeg import Ffmpeg, find_ffmpeg
from services.render.sound.mix import mix
from services.render.text.fonts import find_fonts
from services.render.timeline.scene import Span, Timeline

Frames = NDArray[np.uint8]
"""Frames x bytes: a frame's planes one after the other."""
Samples = NDArray[np.float32]


def timeline_of(draft: Draft, files: Path, work: Path, *, clear: bool = False) -> Timeline:
    """The timeline of a draft whose files lie in `files`; what is drawn for it is kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_timeline(draft, files, work, clear=clear))


async def _timeline(draft: Draft, files: Path, work: Path, *, clear: bool) -> Timeline:
    most = ExportLimits()
    limits = FetchLimits(draft_bytes=most.draft_bytes, material_bytes=most.material_bytes, task_bytes=most.task_bytes)
    async with Fetcher(cache_dir=work / "materials", allow_hosts=(), limits=limits) as fetcher:
        source, reporter = LocalDraft(files, fetcher), Reporter(lambda _: None)
        layouts = TimelineBuilder(source, find_fonts(()), work, reporter, _ffmpeg(), CompoundRenderer(_ffmpeg(), work))
        await layouts.fetch(draft)
        return await layouts.lay_out(draft, clear=clear)


def frames(timeline: Timeline, spans: Sequence[Span] = ()) -> Frames:
    """The frames of some stretches of a timeline, each made by itself as a worker makes a part; of none named, all."""
    with TemporaryDirectory() as folder:
        made = [
            _raw(timeline, chunk, Path(folder))
            for span in spans or (Span(0, timeline.frames),)
            for chunk in plan(timeline, span=span)
        ]
    return np.concatenate(made)


def begun(timeline: Timeline) -> None:
    """Draws the first frame of the middle one of a timeline's chunks, by the graph of all that chunk."""
    chunks = plan(timeline, at_once=2)
    chunk = chunks[len(chunks) // 2]
    with TemporaryDirectory() as folder:
        _run(Path(folder), _command(timeline, chunk, 0, None), ["-map", "[out]", "-frames:v", "1", "-f", "null", "-"])


def sound(timeline: Timeline) -> Samples:
    """What is heard, as samples x 2 at 48 kHz; no samples when nothing is."""
    with TemporaryDirectory() as folder:
        made = asyncio.run(mix(_ffmpeg(), timeline, Path(folder), lambda _: None))
        if made is None:
            return np.zeros((0, 2), np.float32)
        decode = [_ffmpeg().path, "-v", "error", "-i", str(made), "-f", "f32le", "-ar", "48000", "-ac", "2", "-"]
        said = subprocess.run(decode, capture_output=True, check=True, timeout=60).stdout
    return np.frombuffer(said, np.float32).reshape(-1, 2)


def _raw(timeline: Timeline, chunk: Chunk, folder: Path) -> Frames:
    under: Path | None = None
    for number in range(len(chunk.passes) - 1):
        made = folder / f"{number}.{container(timeline)}"
        lossless = output_arguments(timeline, chunk.span, lossless=True, threads=1)
        _run(folder, _command(timeline, chunk, number, under), [*lossless, str(made)])
        under = made
    pixel_format = "yuva420p" if timeline.clear else "yuv420p"
    raw = ["-map", "[out]", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixel_format, "-"]
    said = _run(folder, _command(timeline, chunk, len(chunk.passes) - 1, under), raw)
    found = np.frombuffer(said, np.uint8).reshape(-1, *_planes(timeline))
    assert len(found) == chunk.span.count, f"{len(found)} frames instead of {chunk.span}"
    return found


def _planes(timeline: Timeline) -> Iterator[int]:
    luma, chroma = timeline.width * timeline.height, (timeline.width // 2) * (timeline.height // 2)
    yield luma + 2 * chroma + (luma if timeline.clear else 0)


def _command(timeline: Timeline, chunk: Chunk, number: int, under: Path | None) -> Command:
    found = set(chunk_readings(timeline, chunk, number).values())
    seeks = {
        reading: 0 if reading.footage.loop_frames else seek_point(reading.footage, max(0, reading.from_us))
        for reading in found
    }
    return chunk_command(timeline, chunk, number, under, seeks)


def _run(folder: Path, command: Command, output: Sequence[str]) -> bytes:
    ffmpeg = _ffmpeg()
    graph = ffmpeg.graph_arguments(command.graph, folder / "graph")
    start = [ffmpeg.path, "-v", "error", "-nostdin", "-y", *command.inputs, "-filter_complex_threads", "1", *graph]
    done = subprocess.run([*start, *output], capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@lru_cache(maxsize=1)
def _ffmpeg() -> Ffmpeg:
    return find_ffmpeg(os.environ.get("DRAFTCAST_FFMPEG", ""))
