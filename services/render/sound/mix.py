"""Mixing of a timeline's sounds to one AAC track, a few files at a time: memory does not grow with their number."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from services.render.media.containers import input_options
from services.render.media.sound_tracks import SoundTrack
from services.render.process.ffmpeg import Ffmpeg, OnFrame, run
from services.render.sound.graph import (
    MixInput,
    group_arguments,
    group_input,
    groups,
    mix_input,
    reversed_input,
    stretch_arguments,
    track_arguments,
    uniform_arguments,
)
from services.render.timeline.scene import Sound, Span, Timeline

EARLY_SECONDS = 16
"""Length of the early sound: the time that the whole one has to overtake the picture."""
FILE = "sound.mp4"
"""The name of the mixed track."""
FRAME_BYTES = 8
"""Of raw samples: two floats."""
TURNED_BYTES = 65_536 * FRAME_BYTES
"""Bytes read at once, at either end of a file that is reversed."""


async def mix(
    ffmpeg: Ffmpeg, timeline: Timeline, folder: Path, on_frame: OnFrame, live: Path | None = None
) -> Path | None:
    """The file of a timeline's sound, in `folder`; None if it is silent. `live` is another file for the same sound, as
    ADTS, which can be read while it is written.

    `on_frame` is called from time to time. Raises `FfmpegFailed`, and `OSError` if the disk is full.
    """
    if not timeline.sounds:
        return None
    return await _Mixer(ffmpeg, folder, on_frame).track(timeline, live)


def early_sound(timeline: Timeline) -> Timeline | None:
    """The timeline with its first seconds alone, for whose sound no others have to be mixed; None where the whole is
    not much longer.
    """
    start, count = timeline.shown.start, round(EARLY_SECONDS * timeline.rate)
    if timeline.shown.count < 2 * count:
        return None
    first = replace(timeline, window=Span(start, start + count))
    end_us = first.start_us + first.duration_us
    return replace(first, sounds=tuple(each for each in timeline.sounds if each.start_us < end_us))


def copy_arguments(sound: Path, live: Path) -> list[str]:
    """Arguments that copy a finished track to `live`, see `mix`."""
    return [*input_options("mov"), "-i", str(sound), "-c", "copy", "-f", "adts", str(live)]


def reverse_frames(path: Path) -> None:
    """Reverse the frames of a raw file in place, with little memory. Raises `OSError`."""
    with path.open("r+b") as file:
        start, end = 0, path.stat().st_size // FRAME_BYTES * FRAME_BYTES
        while end > start:
            size = min(TURNED_BYTES, (end - start) // FRAME_BYTES // 2 * FRAME_BYTES) or FRAME_BYTES
            front, back = _read(file, start, size), _read(file, end - size, size)
            _write(file, start, _reversed(back))
            _write(file, end - size, _reversed(front))
            start, end = start + size, end - size


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _write(file: BinaryIO, at: int, content: bytes) -> None:
    file.seek(at)
    file.write(content)


def _reversed(frames: bytes) -> bytes:
    return memoryview(frames).cast("Q")[::-1].tobytes()


class _Mixer:
    """Runs the mixes of one timeline, with files in a folder of the render."""

    def __init__(self, ffmpeg: Ffmpeg, folder: Path, on_frame: OnFrame) -> None:
        self._ffmpeg = ffmpeg
        self._folder = folder
        self._on_frame = on_frame
        self._made = 0
        self._uniform: dict[SoundTrack, SoundTrack] = {}

    async def track(self, timeline: Timeline, live: Path | None) -> Path:
        """The mixed track; groups are mixed until one mix holds all."""
        grouped = groups([await self._mix_input(each) for each in timeline.sounds])
        while len(grouped) > 1:
            grouped = groups([await self._group(each) for each in grouped])
        output = self._folder / FILE
        await self._run(track_arguments(grouped[0], timeline.start_us, timeline.duration_us, output, live))
        return output

    async def _mix_input(self, sound: Sound) -> MixInput:
        if sound.track.changes:
            sound = replace(sound, track=await self._made_uniform(sound.track))
        if not sound.reverse:
            return mix_input(sound)
        stretch = self._path("f32")
        await self._run(stretch_arguments(sound, stretch))
        await asyncio.to_thread(reverse_frames, stretch)
        return reversed_input(sound, stretch)

    async def _made_uniform(self, track: SoundTrack) -> SoundTrack:
        if track not in self._uniform:
            output = self._path("wav")
            await self._run(uniform_arguments(track, output))
            self._uniform[track] = SoundTrack(path=output, demuxer="wav", stream=0, layout=("FL", "FR"))
        return self._uniform[track]

    async def _group(self, inputs: Sequence[MixInput]) -> MixInput:
        output = self._path("nut")
        await self._run(group_arguments(inputs, output))
        return group_input(output, min(each.start for each in inputs))

    async def _run(self, arguments: Sequence[str]) -> None:
        await run(self._ffmpeg, arguments, self._on_frame)

    def _path(self, ending: str) -> Path:
        self._made += 1
        return self._folder / f"mix-{self._made}.{ending}"
