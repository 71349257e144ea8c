"""The stream of a render: writes each fragment once its picture and sound are finished, in order."""

import asyncio
import math
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
from av.error import FFmpegError

from services.errors import DraftcastError
from services.render.picture.graph import timescale
from services.render.stream.adts import FRAME_SAMPLES, AdtsFile
from services.render.stream.boxes import (
    REORDERING,
    SOUND_RATE,
    SOUND_TRACK,
    VIDEO_TRACK,
    Run,
    Sample,
    fragment,
    initialization,
)
from services.render.timeline.fragments import fragments
from services.render.timeline.scene import Span, Timeline

END_FRAMES = 4
"""The last frames of the early sound, which are coded before silence instead of what follows."""


class StreamBroken(DraftcastError):
    """The files of the picture do not make fragments."""


@dataclass(frozen=True, slots=True)
class _Coded:
    """A coded frame: its number in the video, and its place in a file."""

    frame: int
    keyframe: bool
    path: Path
    at_byte: int
    size_bytes: int


class StreamWriter:
    """Writes the stream of a timeline's video to `folder`. `on_begin` is called with the path of the initialization,
    then `on_fragment` with number, path and number of frames of each fragment. A failure ends the stream with a line on
    stderr, and not the render.
    """

    def __init__(
        self,
        timeline: Timeline,
        folder: Path,
        sound: Path,
        on_begin: Callable[[Path], None],
        on_fragment: Callable[[int, Path, int], None],
    ) -> None:
        self.sound = AdtsFile(sound)
        """The sound, written by another."""
        self.early_sound = AdtsFile(sound.parent / "early" / sound.name)
        """The beginning of the same, which may be there before."""
        self._timeline = timeline
        self._folder = folder
        self._on_begin = on_begin
        self._on_fragment = on_fragment
        self._files: list[tuple[Span, Path]] = []
        """Finished files of the picture, with their frames in the video."""
        self._coded: deque[_Coded] = deque()
        """Frames of the next fragments, in decoding order."""
        self._next = 0
        """The frame after those in `_coded`."""
        self._parameters = b""
        self._ticks = int(timescale(timeline.rate) / timeline.rate)
        """Duration of a frame."""
        self._changed = asyncio.Event()

    def offer(self, span: Span, path: Path) -> None:
        """Use a finished file of the picture, for the frames `span` of the timeline."""
        start = self._timeline.shown.start
        self._files.append((Span(span.start - start, span.end - start), path))
        self.look()

    def look(self) -> None:
        """Look for more sound."""
        self._changed.set()

    def end_sound(self) -> None:
        """Use all of the sound, to which nothing is added any more."""
        self.sound.ended = True
        self.look()

    async def run(self, part: Span | None = None) -> None:
        """Write the fragments that begin within these frames of the timeline, by default all; their files must be
        offered, or the task cancelled.
        """
        shown = self._timeline.shown
        start, end = (part.start - shown.start, part.end - shown.start) if part else (0, shown.count)
        every = enumerate(fragments(shown.count, self._timeline.rate))
        self._next = start
        self._coded.clear()
        try:
            for number, span in ((number, span) for number, span in every if start <= span.start < end):
                await self._wait_for(span)
                if span.start == start:
                    self._on_begin(await asyncio.to_thread(self._begin))
                self._on_fragment(number, await asyncio.to_thread(self._write, number, span), span.count)
        except (OSError, ValueError, FFmpegError, StreamBroken) as error:
            sys.stderr.write(f"the video cannot be watched while it is rendered: {error}\n")

    async def _wait_for(self, span: Span) -> None:
        while True:
            self._changed.clear()
            if await asyncio.to_thread(self._available, span):
                return
            await self._changed.wait()

    def _available(self, span: Span) -> bool:
        while self._next < span.end and self._read_file():
            pass
        if self._next < span.end:
            return False
        return not self._timeline.sounds or self._sound_of(span) is not None

    def _sound_of(self, span: Span) -> AdtsFile | None:
        """The file that has the sound of a fragment; None while none has."""
        wanted = self._sound_frames(span).end
        if self.sound.poll() >= wanted or self.sound.ended:
            return self.sound
        return self.early_sound if self.early_sound.poll() >= wanted + END_FRAMES else None

    def _read_file(self) -> bool:
        """Read the frames of the next file; False while there is none. Chunks disappear when a part is made of them."""
        for span, path in reversed(self._files):
            if span.start <= self._next < span.end:
                try:
                    found = [each for each in self._frames(span, path) if each.frame >= self._next]
                except FileNotFoundError:
                    return False
                self._coded.extend(found)
                self._next = span.end
                self._files = [each for each in self._files if each[0].end > self._next]
                return True
        return False

    def _frames(self, span: Span, path: Path) -> Iterator[_Coded]:
        with av.open(str(path), format="mov") as source:
            stream = source.streams.video[0]
            parameters = bytes(stream.codec_context.extradata or b"")
            if parameters != (self._parameters or parameters):
                raise StreamBroken("its chunks need decoders of different parameters")
            self._parameters = parameters
            base = stream.time_base or Fraction(1)
            for packet in source.demux(stream):
                if packet.pts is not None and packet.pos is not None:
                    frame = span.start + round(packet.pts * base * self._timeline.rate)
                    yield _Coded(frame, packet.is_keyframe, path, packet.pos, packet.size)

    def _begin(self) -> Path:
        path = self._folder / "init.mp4"
        self._folder.mkdir(exist_ok=True)
        rate = timescale(self._timeline.rate)
        delay, has_sound = REORDERING * self._ticks, bool(self._timeline.sounds)
        path.write_bytes(initialization(self._coded[0].path, rate, delay, has_sound=has_sound))
        return path

    def _write(self, number: int, span: Span) -> Path:
        runs = [Run(VIDEO_TRACK, span.start * self._ticks, self._picture(span))]
        if self._timeline.sounds:
            frames = self._sound_frames(span)
            sound = self._sound_of(span) or self.sound
            samples = [Sample(each, FRAME_SAMPLES) for each in sound.frames(frames.start, frames.end)]
            runs.append(Run(SOUND_TRACK, (frames.start - 1) * FRAME_SAMPLES, samples))
        path = self._folder / f"{number}.m4s"
        path.write_bytes(fragment(number, runs))
        return path

    def _picture(self, span: Span) -> list[Sample]:
        """The samples of a fragment. Raises `StreamBroken` unless it can be decoded without the others."""
        coded = [self._coded.popleft() for _ in range(span.count)]
        if {each.frame for each in coded} != set(range(span.start, span.end)) or not coded[0].keyframe:
            raise StreamBroken(f"no keyframe begins at frame {span.start}")
        early = max(at - each.frame for at, each in enumerate(coded, span.start))
        if early > REORDERING:
            raise StreamBroken(f"its frames are reordered by {early}")
        with ExitStack() as stack:
            files = {path: stack.enter_context(path.open("rb")) for path in {each.path for each in coded}}
            return [
                Sample(
                    _bytes_of(each, files[each.path]),
                    self._ticks,
                    (each.frame - at + REORDERING) * self._ticks,
                    each.keyframe,
                )
                for at, each in enumerate(coded, span.start)
            ]

    def _sound_frames(self, span: Span) -> Span:
        """The frames of AAC that begin within the frames of the picture. Number 0 only primes the decoder and is left
        out, so that no player has to know of it.
        """
        first, end = (
            1 + math.ceil(at * SOUND_RATE / self._timeline.rate / FRAME_SAMPLES) for at in (span.start, span.end)
        )
        return Span(first, end)


def _bytes_of(coded: _Coded, file: BinaryIO) -> bytes:
    file.seek(coded.at_byte)
    content = file.read(coded.size_bytes)
    if len(content) != coded.size_bytes:
        raise StreamBroken(f"{coded.path.name} is shorter than its index")
    return content
