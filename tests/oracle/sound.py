"""A slow reference mix, straight from a timeline's sounds: decoded whole, placed sample by sample, added up.

It shares no code with the renderer. Where speed keeps the pitch, the reference lets it follow all the same:
how loud it is when does not depend on that. It has no limiter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

import av
import numpy as np
from numpy.typing import NDArray

from services.render.media.sound_tracks import SoundTrack
from services.render.timeline.scene import Sound, Timeline

Samples: TypeAlias = NDArray[np.float64]
"""Samples x 2, -1..1 being full scale."""
RATE = 48_000
HOP = RATE // 100
"""10 ms: interval of loudness comparisons, and tolerance in time."""
WINDOW = 2 * HOP
FLOOR_DB = -45.0
"""Of full scale: silence below it. AAC spreads a little noise before loud sounds."""
LEFT = {"FL": 1.0, "FC": 0.5**0.5, "BL": 0.5**0.5, "SL": 0.5**0.5}
RIGHT = {"FR": 1.0, "FC": 0.5**0.5, "BR": 0.5**0.5, "SR": 0.5**0.5}
"""BS.775: gains of each channel to stereo."""


def mixed(timeline: Timeline) -> Samples:
    """All sounds of a timeline, as long as its picture."""
    whole = np.zeros((round(timeline.frames / timeline.rate * RATE), 2))
    for sound in timeline.sounds:
        start = round(sound.start_us * RATE / 1e6)
        part = heard(sound)[: max(0, len(whole) - start)]
        whole[start : start + len(part)] += part
    return whole


def heard(sound: Sound) -> Samples:
    """A sound as an input of the mix."""
    count = round(sound.duration_us * RATE / 1e6)
    offsets_us = np.arange(count) * 1e6 / RATE
    played_us = offsets_us * sound.speed
    if sound.reverse:
        played_us = sound.duration_us * sound.speed - played_us
    source, rate = decoded(sound.track)
    at = (sound.source_us + played_us) * rate / 1e6
    places = np.arange(len(source))
    sides = [np.interp(at, places, source[:, side], left=0, right=0) for side in range(2)]
    return np.stack(sides, axis=1) * _loudness(sound, offsets_us)[:, None]


def _loudness(sound: Sound, offsets_us: Samples) -> Samples:
    times_us, values = np.array(sound.curve or ((0, sound.volume),), np.float64).T
    loud = np.asarray(np.interp(offsets_us, times_us, values), np.float64)
    if sound.fade_in_us:
        loud = loud * np.clip(offsets_us / sound.fade_in_us, 0, 1)
    if sound.fade_out_us:
        loud = loud * np.clip((sound.duration_us - offsets_us) / sound.fade_out_us, 0, 1)
    return loud


@lru_cache(maxsize=16)
def decoded(track: SoundTrack) -> tuple[Samples, int]:
    """All samples of a file in stereo, from its beginning, and their rate."""
    with av.open(str(track.path), format=track.demuxer) as container:
        stream = next(each for each in container.streams.audio if each.index == track.stream)
        begin_s, rate = (container.start_time or 0) / 1e6, stream.rate
        timed = [(round(((frame.time or 0.0) - begin_s) * rate), _stereo(frame)) for frame in container.decode(stream)]
        whole = np.zeros((max(start + len(part) for start, part in timed), 2))
        for start, part in timed:
            whole[max(0, start) : start + len(part)] = part[max(0, -start) :]
    return whole, rate


def _stereo(frame: av.AudioFrame) -> Samples:
    channels = [channel.name for channel in frame.layout.channels]
    resampler = av.AudioResampler(format="fltp")
    planes = np.concatenate([cast("Any", part).to_ndarray() for part in resampler.resample(frame)], axis=1)
    if len(channels) == 1:
        return np.repeat(planes.T, 2, axis=1).astype(np.float64)
    if len(channels) == 2:  # not every file says which is which
        return planes.T.astype(np.float64)
    weights = np.array([[side.get(name, 0.0) for side in (LEFT, RIGHT)] for name in channels])
    return np.asarray(planes.T @ weights, np.float64)


@dataclass(frozen=True, slots=True)
class Departure:
    """A time at which a mix is not as loud as the reference at any time within 10 ms of it; in dB of full scale."""

    time_s: float
    side: int
    loud_db: float
    least_db: float
    most_db: float


def departures(mix: NDArray[Any], reference: Samples, within_db: float = 0.5) -> list[Departure]:
    """Every 10 ms at which a mix is louder or quieter than the reference by more than `within_db`."""
    return [found for side in range(2) for found in _departures(mix[:, side], reference[:, side], side, within_db)]


def _departures(mix: NDArray[Any], reference: Samples, side: int, within_db: float) -> Iterator[Departure]:
    is_db, should_db = levels_db(mix), levels_db(reference)
    steps = min(len(is_db), len(should_db))
    for step in range(steps):
        near = should_db[max(0, step - 1) : step + 2]
        least, most = float(near.min()), float(near.max())
        if not least - within_db <= is_db[step] <= most + within_db:
            yield Departure(step * HOP / RATE, side, float(is_db[step]), least, most)


def levels_db(channel: NDArray[Any]) -> Samples:
    """The loudness of 20 ms, every 10 ms; silence is `FLOOR_DB`."""
    power = np.concatenate([[0.0], np.cumsum(channel.astype(np.float64) ** 2)])
    starts = np.arange(0, max(0, len(channel) - WINDOW) + 1, HOP)
    mean = (power[np.minimum(starts + WINDOW, len(channel))] - power[starts]) / WINDOW
    return np.asarray(np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), FLOOR_DB), np.float64)
