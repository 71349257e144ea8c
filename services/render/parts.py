"""Parts of a long video, rendered by several workers, and the renderer's end of the part protocol.

The worker assigns the parts; docs/exporter.md describes the lines.
"""

import asyncio
import hashlib
import json
import math
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, cast

from services.errors import DraftcastError
from services.exporter_protocol import HEARTBEAT_SECONDS, Reporter
from services.render.export import Exported, Exporter, Files
from services.render.finish import join
from services.render.picture.chains import fraction
from services.render.picture.graph import container, output_arguments
from services.render.process.ffmpeg import Ffmpeg, run
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
class JoinParts:
    """The order to join all parts; `elsewhere` are the files of those that other workers rendered."""

    elsewhere: Mapping[int, Path]


PartOrder: TypeAlias = RenderPart | JoinParts | None
"""None: no work is left."""


def parts_of(timeline: Timeline) -> tuple[Span, ...]:
    """The parts in order, without gaps, of about equal length. They depend on the frames shown only."""
    shown = timeline.shown
    count = max(1, math.ceil(shown.count / timeline.rate / PART_SECONDS))
    borders = [shown.start + shown.count * number // count for number in range(count + 1)]
    return tuple(Span(start, end) for start, end in pairwise(borders))


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
    """A digest that is equal where every frame is drawn and encoded equally.

    It covers draftcast's and ffmpeg's versions, a frame encoded for a trial, the drawn files (captions, with this
    machine's fonts), and the timeline.
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
    for word in _words(shown):
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
    """The order in a line: `{"part": 3}`, `{"join": {"2": "/a/path"}}`, or end of file (None). Raises `BadOrder`."""
    if not line:
        return None
    try:
        match json.loads(line):
            case {"part": int(number)}:
                return RenderPart(number)
            case {"join": paths}:
                elsewhere = cast("dict[str, str]", paths)
                return JoinParts({int(number): Path(path) for number, path in elsewhere.items()})
            case _:
                raise BadOrder(f"unknown order: {line[:200]!r}")
    except (ValueError, TypeError, AttributeError) as error:
        raise BadOrder(f"invalid order: {line[:200]!r} ({error})") from None


class PartMaker:
    """Renders the ordered parts of a timeline's picture, one file each, beside the drawn files."""

    def __init__(
        self,
        ffmpeg: Ffmpeg,
        timeline: Timeline,
        exporter: Exporter,
        files: TimelineFiles,
        protocol: PartProtocol,
    ) -> None:
        self.made: dict[int, Path] = {}
        self._files = files
        self._ffmpeg = ffmpeg
        self._timeline = timeline
        self._exporter = exporter
        self._folder = files.folder
        self._protocol = protocol
        self._spans = parts_of(timeline)

    async def make(self) -> PartOrder:
        """Render parts as ordered. Returns the first order of another kind. Raises as an export does, or `BadOrder`."""
        order = await self._protocol.announce(await digest(self._ffmpeg, self._timeline, self._files), self._spans)
        while isinstance(order, RenderPart):
            if not 0 <= order.number < len(self._spans):
                raise BadOrder(f"there is no part {order.number}, only {len(self._spans)} from 0")
            self.made[order.number] = await self._part(order.number)
            order = await self._protocol.made(order.number, self.made[order.number])
        return order

    async def files(self) -> Files:
        """The files of all parts. Raises as `make` does."""
        order = await self.make()
        if not isinstance(order, JoinParts):
            raise BadOrder("the worker assigns no more parts")
        for number, path in order.elsewhere.items():
            self.made[number] = path.replace(self._path(number))
            self._exporter.offer(self._spans[number], self.made[number])
        missing = set(range(len(self._spans))) - self.made.keys()
        if missing:
            raise BadOrder(f"the parts {sorted(missing)} are missing")
        return tuple((self.made[number], span.count) for number, span in enumerate(self._spans))

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number}.{container(self._timeline)}"

    async def _part(self, number: int) -> Path:
        files = await self._exporter.render_span(self._spans[number])
        path = self._path(number)
        await join(self._ffmpeg, self._timeline, Exported(files, None), self._folder, path, lambda _: None)
        for chunk, _ in files:
            chunk.unlink()
        self._exporter.offer(self._spans[number], path)
        return path


@asynccontextmanager
async def part_protocol(reporter: Reporter) -> AsyncGenerator[PartProtocol]:
    """The part protocol on this process's stdin and stdout."""
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    try:
        yield PartProtocol(reporter, orders)
    finally:
        transport.close()
