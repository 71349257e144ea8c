"""Mixing a timeline's sounds to one AAC track, a few files at a time: hundreds take no more memory than some."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from services.render.media.sound_tracks import SoundTrack
from services.render.process.ffmpeg import Ffmpeg, OnFrame, run
from services.render.sound.graph import (
    Part,
    backwards_part,
    even_arguments,
    group_arguments,
    groups,
    mixed_part,
    part,
    stretch_arguments,
    track_arguments,
)
from services.render.timeline.scene import Sound, Timeline

FRAME_BYTES = 8
"""Of a raw stretch: two floats."""
TURNED_BYTES = 65_536 * FRAME_BYTES
"""Read at once, at either end of a stretch that is turned round."""


async def mix(ffmpeg: Ffmpeg, timeline: Timeline, folder: Path, on_frame: OnFrame) -> Path | None:
    """The file of a timeline's sound, in `folder`; None when it is silent.

    `on_frame` is called now and then while it goes on. Raises `FfmpegFailed`, and `OSError` when the disk is full.
    """
    if not timeline.sounds:
        return None
    return await _Mixer(ffmpeg, folder, on_frame).track(timeline)


def turn_round(path: Path) -> None:
    """Put the frames of a raw stretch in the opposite order, in place and with little memory. Raises `OSError`."""
    with path.open("r+b") as file:
        start, end = 0, path.stat().st_size // FRAME_BYTES * FRAME_BYTES
        while end > start:
            size = min(TURNED_BYTES, (end - start) // FRAME_BYTES // 2 * FRAME_BYTES) or FRAME_BYTES
            front, back = _read(file, start, size), _read(file, end - size, size)
            _write(file, start, _turned(back))
            _write(file, end - size, _turned(front))
            start, end = start + size, end - size


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _write(file: BinaryIO, at: int, content: bytes) -> None:
    file.seek(at)
    file.write(content)


def _turned(frames: bytes) -> bytes:
    return memoryview(frames).cast("Q")[::-1].tobytes()


class _Mixer:
    """Runs the mixes of one timeline; all it writes lies in a folder of the render's."""

    def __init__(self, ffmpeg: Ffmpeg, folder: Path, on_frame: OnFrame) -> None:
        self._ffmpeg = ffmpeg
        self._folder = folder
        self._on_frame = on_frame
        self._made = 0
        self._even: dict[SoundTrack, SoundTrack] = {}

    async def track(self, timeline: Timeline) -> Path:
        """Groups are mixed until one mix takes them all."""
        grouped = groups([await self._part(each) for each in timeline.sounds])
        while len(grouped) > 1:
            grouped = groups([await self._group(each) for each in grouped])
        output = self._folder / "sound.mp4"
        await self._run(track_arguments(grouped[0], timeline.duration_us, output))
        return output

    async def _part(self, sound: Sound) -> Part:
        if sound.track.changes:
            sound = replace(sound, track=await self._evened(sound.track))
        if not sound.reverse:
            return part(sound)
        stretch = self._path("f32")
        await self._run(stretch_arguments(sound, stretch))
        await asyncio.to_thread(turn_round, stretch)
        return backwards_part(sound, stretch)

    async def _evened(self, track: SoundTrack) -> SoundTrack:
        if track not in self._even:
            output = self._path("wav")
            await self._run(even_arguments(track, output))
            self._even[track] = SoundTrack(path=output, demuxer="wav", stream=0, layout=("FL", "FR"))
        return self._even[track]

    async def _group(self, parts: Sequence[Part]) -> Part:
        output = self._path("nut")
        await self._run(group_arguments(parts, output))
        return mixed_part(output, min(each.start for each in parts))

    async def _run(self, arguments: Sequence[str]) -> None:
        await run(self._ffmpeg, arguments, self._on_frame)

    def _path(self, ending: str) -> Path:
        self._made += 1
        return self._folder / f"mix-{self._made}.{ending}"
