"""Detection of damaged sound, before anything is drawn. Runs in the renderer's process."""

from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.error import FFmpegError

from services.render.media.probe import demuxer_options
from services.render.media.reading import opened
from services.render.media.sound_tracks import SoundTrack, packet_frames

SEEK_MARGIN_US = 1_000_000
"""Lead of decoding: seeks land near a time, not at it."""
USUAL_PACKET_US = 20_000
"""Length of a packet of sound if the file has none."""
_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decodable part of a track, in µs from the file's beginning."""

    begin_us: int
    end_us: int
    """Range of its samples; both are 0 if there are none."""
    layouts: frozenset[str] = frozenset()
    """Its channel layouts; concatenated files may have several."""
    changes: bool = False
    """Whether its channels or sample rate change."""
    broken: tuple[tuple[int, int], ...] = ()
    """(time, duration) of each damaged packet."""

    def lost_us(self, start_us: float, end_us: float) -> int:
        """The lost time between two times: damaged packets, and all after the last sample."""
        heard_us = min(end_us, self.end_us)
        if heard_us <= max(start_us, self.begin_us):
            return round(end_us - start_us)
        broken_us = sum(length_us for at_us, length_us in self.broken if start_us <= at_us < heard_us)
        return broken_us + round(end_us - heard_us)


def decode(track: SoundTrack, start_us: float, end_us: float) -> Decoded:
    """Decode a range of a track, in about a thousandth of its duration."""
    options = demuxer_options(track.demuxer) | {"skip_initial_bytes": str(track.skip_bytes)}
    try:
        with opened(track.path, track.demuxer, options) as container:
            if start_us > SEEK_MARGIN_US:
                container.seek(round(start_us) - SEEK_MARGIN_US + (container.start_time or 0))
            return _decode(container, track, end_us)
    except (FFmpegError, OSError):
        return Decoded(0, 0)


def _decode(container: InputContainer, track: SoundTrack, end_us: float) -> Decoded:
    stream = container.streams[track.stream]
    base, zero_us = stream.time_base or Fraction(1, _US), container.start_time or 0
    begin_us, reached_us = 0, 0
    broken: list[tuple[int, int]] = []
    kinds: set[tuple[int, str]] = set()
    at_us, length_us = 0, 0
    for packet in container.demux(stream):
        if packet.size == 0:  # flush of the decoder
            continue
        at_us = at_us + length_us if packet.pts is None else round(packet.pts * base * _US) - zero_us
        length_us = round(packet.duration * base * _US) if packet.duration else USUAL_PACKET_US
        if at_us >= end_us:
            break
        frames = packet_frames(packet)
        if frames is None:
            broken.append((at_us, length_us))
            continue
        begin_us, reached_us = begin_us if reached_us else at_us, at_us + length_us
        kinds |= {(frame.sample_rate, frame.layout.name) for frame in frames}
    layouts = frozenset(layout for _, layout in kinds)
    return Decoded(begin_us, reached_us, layouts, len(kinds) > 1, tuple(broken))
