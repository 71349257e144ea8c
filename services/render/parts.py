"""A long video in parts, of which other machines may make some: what the parts are, and the talk about who makes which.

Whoever hands the parts out sits at the other end of stdin and stdout; docs/exporter.md tells the lines.
"""

import asyncio
import hashlib
import json
import math
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import version
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
"""The longest part: what is lost with a worker, and what the others wait for at the end."""


class Disordered(DraftcastError):
    """An order makes no sense."""


@dataclass(frozen=True, slots=True)
class RenderPart:
    """Make this part next."""

    number: int


@dataclass(frozen=True, slots=True)
class JoinParts:
    """All parts are made; these elsewhere, and they lie at these paths now."""

    elsewhere: Mapping[int, Path]


Order: TypeAlias = RenderPart | JoinParts | None
"""None: there is nothing more to do."""


def parts_of(timeline: Timeline) -> tuple[Span, ...]:
    """The parts, in order and without gaps, about as long as each other. They depend on nothing but the length."""
    count = max(1, math.ceil(timeline.frames / timeline.rate / PART_SECONDS))
    borders = [timeline.frames * number // count for number in range(count + 1)]
    return tuple(Span(start, end) for start, end in pairwise(borders))


@dataclass(frozen=True, slots=True)
class Drawn:
    """The files that a timeline refers to: those that were drawn into `folder`, and `materials`, named by content."""

    folder: Path
    files: tuple[Path, ...]
    materials: Path

    @classmethod
    def now(cls, folder: Path, materials: Path) -> "Drawn":
        """What has been drawn so far, which must be all, and nothing but that."""
        return cls(folder, tuple(sorted(path for path in folder.rglob("*") if path.is_file())), materials)


async def digest(ffmpeg: Ffmpeg, timeline: Timeline, drawn: Drawn) -> str:
    """Tells whether a part made elsewhere fits: it is the same where the same is drawn, and encoded by the same.

    It comes of our version and ffmpeg's, of a frame encoded for a trial, of what was drawn (text, with this machine's
    fonts), and of the timeline.
    """
    trial = drawn.folder / f"trial.{container(timeline)}"
    source = f"color=c=black:s={timeline.width}x{timeline.height}:r={fraction(timeline.rate)},format=yuv420p[out]"
    encoding = output_arguments(timeline, Span(0, 1), lossless=False, threads=1)
    await run(ffmpeg, ["-filter_complex", source, *encoding, str(trial)])
    try:
        return await asyncio.to_thread(_digest, ffmpeg.version, trial, timeline, drawn)
    finally:
        trial.unlink()


def _digest(ffmpeg_version: str, trial: Path, timeline: Timeline, drawn: Drawn) -> str:
    found = hashlib.sha256(f"{version('draftcast')} {ffmpeg_version}\n".encode())
    for path in (trial, *drawn.files):
        with path.open("rb") as file:
            found.update(
                f"{path.relative_to(drawn.folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    shown = (timeline.width, timeline.height, timeline.rate, timeline.frames, timeline.background, timeline.items)
    for word in _words(shown):
        plain = word.replace(str(drawn.folder), "drawn").replace(str(drawn.materials), "materials")
        found.update(f"{plain}\n".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _words(value: Any) -> Iterator[str]:
    """A record's values, one after the other, with the names of records and how long rows are."""
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


class Talk:
    """Says what is made, and waits for the order that comes of it."""

    def __init__(self, reporter: Reporter, orders: asyncio.StreamReader) -> None:
        self._reporter = reporter
        self._orders = orders

    async def announce(self, digest: str, spans: tuple[Span, ...]) -> Order:
        """The parts there are. The first order. Raises `Disordered`, as all orders do."""
        self._reporter.parts(digest, [(span.start, span.end) for span in spans])
        return await self._order()

    async def made(self, number: int, path: Path) -> Order:
        """A part is made. The next order."""
        self._reporter.part(number, path)
        return await self._order()

    async def _order(self) -> Order:
        """The next line. Whoever waits says so, now and then: others may be at work for long."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    return read_order(await self._orders.readline())
            except TimeoutError:
                self._reporter.alive()


def read_order(line: bytes) -> Order:
    """`{"part": 3}`, `{"join": {"2": "/a/path"}}`, or the end of the file. Raises `Disordered`."""
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
                raise Disordered(f"an order of no known kind: {line[:200]!r}")
    except (ValueError, TypeError, AttributeError) as error:
        raise Disordered(f"no order: {line[:200]!r} ({error})") from None


class PartMaker:
    """Makes the parts of a timeline's picture that are ordered, each as one file beside what was drawn."""

    def __init__(self, ffmpeg: Ffmpeg, timeline: Timeline, exporter: Exporter, drawn: Drawn, talk: Talk) -> None:
        self.made: dict[int, Path] = {}
        self._drawn = drawn
        self._ffmpeg = ffmpeg
        self._timeline = timeline
        self._exporter = exporter
        self._folder = drawn.folder
        self._talk = talk
        self._spans = parts_of(timeline)

    async def make(self) -> Order:
        """Make what is ordered; the first order of another kind ends it. Raises as an export does, and `Disordered`."""
        order = await self._talk.announce(await digest(self._ffmpeg, self._timeline, self._drawn), self._spans)
        while isinstance(order, RenderPart):
            if not 0 <= order.number < len(self._spans):
                raise Disordered(f"there is no part {order.number}, only {len(self._spans)} from 0")
            self.made[order.number] = await self._part(order.number)
            order = await self._talk.made(order.number, self.made[order.number])
        return order

    async def files(self) -> Files:
        """All parts, made here or elsewhere. Raises as `make` does."""
        order = await self.make()
        if not isinstance(order, JoinParts):
            raise Disordered("nobody hands out parts any more")
        for number, path in order.elsewhere.items():
            self.made[number] = path.replace(self._path(number))
        missing = set(range(len(self._spans))) - self.made.keys()
        if missing:
            raise Disordered(f"the parts {sorted(missing)} are missing")
        return tuple((self.made[number], span.count) for number, span in enumerate(self._spans))

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number}.{container(self._timeline)}"

    async def _part(self, number: int) -> Path:
        files = await self._exporter.stretch(self._spans[number])
        path = self._path(number)
        await join(self._ffmpeg, self._timeline, Exported(files, None), self._folder, path, lambda _: None)
        for chunk, _ in files:
            chunk.unlink()
        return path


@asynccontextmanager
async def talking(reporter: Reporter) -> AsyncGenerator[Talk]:
    """A talk by our own stdin and stdout."""
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    try:
        yield Talk(reporter, orders)
    finally:
        transport.close()
