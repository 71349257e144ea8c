"""From times to frames. Pure."""

from fractions import Fraction

from services.drafts.records import TimeRange
from services.render.timeline.scene import US, Span

NTSC_RATES = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))


def frame_rate(fps: float) -> Fraction:
    """Frames a second as an exact number: 29.97 is 30000/1001."""
    ntsc = next((rate for rate in NTSC_RATES if abs(float(rate) - fps) < 0.006 and fps != round(fps)), None)
    return ntsc or Fraction(fps).limit_denominator(1000)


def frame_at(time_us: int, rate: Fraction) -> int:
    """The frame boundary nearest to a time."""
    return round(time_us * rate / US)


def span_of(times: TimeRange, rate: Fraction) -> Span:
    """The frames of a stretch of time; both ends are snapped, so that neighbours stay neighbours."""
    return Span(frame_at(times.start_us, rate), frame_at(times.end_us, rate))


def time_of(frame: int, rate: Fraction) -> float:
    """When a frame begins, in microseconds."""
    return float(frame * US / rate)
