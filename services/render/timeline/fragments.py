"""The fragments of a stream: the spans in which a video is watched while it is rendered. Pure.

They depend on the length and the frame rate alone, so that another attempt, on another machine, makes the same ones.
"""

from fractions import Fraction
from itertools import pairwise

from services.render.timeline.scene import Span

FRAGMENT_SECONDS = 4
"""Length of a fragment: a keyframe and a file each, and the longest wait for what was just drawn."""
FIRST_BORDERS_SECONDS = (1, 2)
"""Earlier borders: the first second is shown as soon as it is drawn."""


def fragments(frames: int, rate: Fraction) -> tuple[Span, ...]:
    """The fragments of a video, in order and without gaps. Frames count from 0, its first one."""
    seconds = (*FIRST_BORDERS_SECONDS, *range(FRAGMENT_SECONDS, round(frames / rate) + 1, FRAGMENT_SECONDS))
    borders = sorted({0, frames, *(border for each in seconds if (border := round(each * rate)) < frames)})
    return tuple(Span(start, end) for start, end in pairwise(borders))


def keyframes(span: Span, shown: Span, rate: Fraction) -> tuple[int, ...]:
    """The frames of a part `span` of the video `shown` at which fragments begin, counted from the span's first one,
    which is a keyframe anyway.
    """
    starts = (each.start + shown.start for each in fragments(shown.count, rate))
    return tuple(start - span.start for start in starts if span.start < start < span.end)
