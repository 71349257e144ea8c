"""Parts of a long video, rendered by several workers, and the renderer's end of the part protocol.

The worker assigns the parts; docs/exporter.md describes the lines.
"""

import asyncio
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, cast

from services.errors import DraftcastError
from services.exporter_protocol.reporter import HEARTBEAT_SECONDS, Reporter
from services.render.export import Exported, Exporter, Files
from services.render.finish import join
from services.render.picture.chains import fraction
from services.render.picture.graph import container, output_arguments
from services.render.process.ffmpeg import Ffmpeg, run
from services.render.sound.mix import copy_arguments
from services.render.stream.writer import StreamWriter
from services.render.timeline.fragments import FIRST_BORDERS_SECONDS, fragments
from services.render.timeline.scene import Span, Timeline

PART_SECONDS = 20
"""Maximum length of a part: the work lost with a worker, and the longest wait at the end."""


class BadOrder(DraftcastError):
    """An order is invalid."""


@dataclass(frozen=True, slots=True)
class RenderPart:
    """The order to render a part."""

    number: int


@dataclass(frozen=True, slots=True)
class StreamPart:
    """The order to write the fragments of a part; `elsewhere` are files of parts that other renderers made."""

    number: int
    elsewhere: Mapping[int, Path]


@dataclass(frozen=True, slots=True)
class JoinParts:
    """The order to join all parts; `elsewhere` as in `StreamPart`."""

    elsewhere: Mapping[int, Path]


PartOrder: TypeAlias = RenderPart | StreamPart | JoinParts | None
"""None: the worker has gone."""


def parts_of(timeline: Timeline) -> tuple[Span, ...]:
    """The sound of the whole timeline as an empty span, if there is any; then the parts of the picture in order,
    without gaps, of about equal length. They begin where fragments of a stream do, of four seconds each.
    """
    shown = timeline.shown
    count = max(1, math.ceil(shown.count / timeline.rate / PART_SECONDS))
    starts = [shown.start + each.start for each in fragments(shown.count, timeline.rate)]
    del starts[1 : 1 + len(FIRST_BORDERS_SECONDS)]
    borders = [*(starts[len(starts) * number // count] for number in range(count)), shown.end]
    sound = [Span(shown.start, shown.start)] if timeline.sounds else []
    return (*sound, *(Span(start, end) for start, end in pairwise(borders)))


@dataclass(frozen=True, slots=True)
class TimelineFiles:
    """The files that a timeline refers to: those drawn into `folder`, and `materials`, which are named by content."""

    folder: Path
    files: tuple[Path, ...]
    materials: Path

    @classmethod
    def below(cls, folder: Path, materials: Path) -> "TimelineFiles":
        """The files below `folder`, which must be complete and hold nothing else."""
        return cls(folder, tuple(sorted(path for path in folder.rglob("*") if path.is_file())), materials)


async def digest(ffmpeg: Ffmpeg, timeline: Timeline, files: TimelineFiles) -> str:
    """A digest that is equal where every frame is drawn and encoded equally, and the sound is the same.

    It covers draftcast's and ffmpeg's versions, a frame encoded for a trial, the drawn files (captions, with this
    machine's fonts), and the timeline with its sounds.
    """
    trial = files.folder / f"trial.{container(timeline)}"
    source = f"color=c=black:s={timeline.width}x{timeline.height}:r={fraction(timeline.rate)},format=yuv420p[out]"
    encoding = output_arguments(timeline, Span(0, 1), lossless=False, threads=1)
    await run(ffmpeg, ["-filter_complex", source, *encoding, str(trial)])
    try:
        return await asyncio.to_thread(_digest, ffmpeg.version, trial, timeline, files)
    finally:
        trial.unlink()


def _digest(ffmpeg_version: str, trial: Path, timeline: Timeline, files: TimelineFiles) -> str:
    from importlib.metadata import version  # takes 14 ms

    found = hashlib.sha256(f"{version('draftcast')} {ffmpeg_version}\n".encode())
    for path in (trial, *files.files):
        with path.open("rb") as file:
            found.update(
                f"{path.relative_to(files.folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    shown = (timeline.width, timeline.height, timeline.rate, timeline.frames, timeline.background, timeline.items)
    for word in _words((*shown, timeline.sounds)):
        plain = word.replace(str(files.folder), "drawn").replace(str(files.materials), "materials")
        found.update(f"{plain}\n".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _words(value: Any) -> Iterator[str]:
    """The values of a record, depth first, with the names of records and the lengths of sequences."""
    if is_dataclass(value):
        yield type(value).__name__
        for field in fields(value):
            yield from _words(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        row = cast("tuple[Any, ...]", value)
        yield f"{len(row)}:"
        for each in row:
            yield from _words(each)
    else:
        yield repr(value)


class PartProtocol:
    """The renderer's end of the part protocol: sends part requests and reads the orders."""

    def __init__(self, reporter: Reporter, orders: asyncio.StreamReader) -> None:
        self._reporter = reporter
        self._orders = orders

    async def announce(self, digest: str, spans: tuple[Span, ...]) -> PartOrder:
        """Announce the parts. Returns the first order. Raises `BadOrder`, as all requests do."""
        self._reporter.parts(digest, [(span.start, span.end) for span in spans])
        return await self._order()

    async def made(self, number: int, path: Path) -> PartOrder:
        """Report a rendered part. Returns the next order."""
        self._reporter.part(number, path)
        return await self._order()

    async def _order(self) -> PartOrder:
        """The next order; heartbeats are sent while waiting."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    return read_order(await self._orders.readline())
            except TimeoutError:
                self._reporter.alive()


def read_order(line: bytes) -> PartOrder:
    """The order in a line: `{"part": 3}`, `{"stream": 3, "elsewhere": {"0": "/a/path"}}`, `{"join": {"2": "/a/path"}}`,
    or end of file (None). Raises `BadOrder`.
    """
    if not line:
        return None
    try:
        match json.loads(line):
            case {"part": int(number)}:
                return RenderPart(number)
            case {"stream": int(number), "elsewhere": paths}:
                return StreamPart(number, _files(paths))
            case {"join": paths}:
                return JoinParts(_files(paths))
            case _:
                raise BadOrder(f"unknown order: {line[:200]!r}")
    except (ValueError, TypeError, AttributeError) as error:
        raise BadOrder(f"invalid order: {line[:200]!r} ({error})") from None


def _files(paths: dict[str, str]) -> dict[int, Path]:
    return {int(number): Path(path) for number, path in paths.items()}


class PartMaker:
    """Makes the ordered parts of a timeline, one file each, beside the drawn files, and their fragments."""

    def __init__(
        self,
        ffmpeg: Ffmpeg,
        timeline: Timeline,
        exporter: Exporter,
        files: TimelineFiles,
        protocol: PartProtocol,
        stream: StreamWriter | None,
    ) -> None:
        self._stream = stream
        self._made: dict[int, Path] = {}
        self._files = files
        self._ffmpeg = ffmpeg
        self._timeline = timeline
        self._exporter = exporter
        self._folder = files.folder
        self._protocol = protocol
        self._spans = parts_of(timeline)

    async def exported(self) -> Exported:
        """The files to join, once they are ordered to be joined; without orders where the picture is copied. Raises as
        an export does, or `BadOrder`.
        """
        copied = await self._exporter.copied()
        return await self._exporter.export(lambda: _ready(copied)) if copied else await self._ordered()

    async def _ordered(self) -> Exported:
        order = await self._protocol.announce(await digest(self._ffmpeg, self._timeline, self._files), self._spans)
        while not isinstance(order, JoinParts):
            if order is None:
                raise BadOrder("the worker has gone")
            number = order.number
            if not 0 <= number < len(self._spans):
                raise BadOrder(f"there is no part {number}, only {len(self._spans)} from 0")
            if isinstance(order, StreamPart):
                self._take(order.elsewhere)
                await self._write_fragments(number)
            else:
                self._made[number] = await self._part(number)
            order = await self._protocol.made(number, self._made[number])
        self._take(order.elsewhere)
        self._check_made(*range(len(self._spans)))
        files = [(self._made[number], span.count) for number, span in enumerate(self._spans)]
        sound = files.pop(0)[0] if self._timeline.sounds else None
        return Exported(tuple(files), sound)

    def _take(self, elsewhere: Mapping[int, Path]) -> None:
        for number, path in elsewhere.items():
            self._made[number] = path.replace(self._path(number))

    def _check_made(self, *numbers: int) -> None:
        missing = set(numbers) - self._made.keys()
        if missing:
            raise BadOrder(f"the parts {sorted(missing)} are missing")

    async def _write_fragments(self, number: int) -> None:
        """Write the fragments of a part, if the video has a stream."""
        stream, sounds = self._stream, self._timeline.sounds
        self._check_made(number, *([0] if sounds else []))
        if stream is None:
            return
        if sounds and not stream.sound.ended:
            await run(self._ffmpeg, copy_arguments(self._made[0], stream.sound.path))
            stream.end_sound()
        stream.offer(self._spans[number], self._made[number])
        await stream.run(self._spans[number])

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number}.{container(self._timeline)}"

    async def _part(self, number: int) -> Path:
        path, span = self._path(number), self._spans[number]
        if not span.count:
            sound = await self._exporter.sound()
            assert sound is not None  # noqa: S101 - the timeline has sounds
            return sound.replace(path)
        files = await self._exporter.render_span(span)
        await join(self._ffmpeg, self._timeline, Exported(files, None), self._folder, path, lambda _: None)
        for chunk, _ in files:
            chunk.unlink()
        return path


async def _ready(files: Files) -> Files:
    return files
