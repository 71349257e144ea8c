"""Effects whose strength moves: each run of frames of nearly the same strength has filters of its own. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from services.drafts.design import Effect
from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import Span, time_of

LEVELS = (32, 16, 8, 4, 2)
"""Steps of the strength from 0 to 1: of the finest, one changes a colour by two codes of 255 at most."""
RUNS_PER_S = 16
"""Runs for each second of the effect, at most; faster changes have coarser steps."""

Steps = Callable[[int, Effect], tuple[str, ...]]
"""The steps of an effect of a constant strength in a stream that begins with a frame of the timeline."""
STRENGTH_OFF = 0.002
"""Maximum deviation of a ramp from its curve."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The frames of the timeline that a stream holds, and the one at its time 0."""

    span: Span
    zero: int
    rate: Fraction


def keyed_steps(effect: Effect, lasting: Span, stream: Stream, pixel_format: str, steps: Steps) -> tuple[str, ...]:
    """One step that applies the effect with its strength in each frame; input and output have `pixel_format`, so that
    filters do not agree on others where there are fewer runs. The runs do not depend on where the stream begins.
    """
    runs = list(_within(_runs(effect, lasting, stream.rate), stream.span))
    parts: list[str] = []
    for number, (span, strength) in enumerate(runs):
        first, last = span.start - stream.span.start, span.end - stream.span.start
        trim = f"trim=start_frame={first}:end_frame={last},setpts=PTS-STARTPTS"
        changed = ",".join((trim, *steps(span.start, strength), f"format={pixel_format}", "setsar=1"))
        parts.append(f"[kx{number}]{changed}[ky{number}]")
    numbers = range(len(runs))
    split = f"format={pixel_format},split={len(runs)}{''.join(f'[kx{number}]' for number in numbers)}"
    joined = f"{''.join(f'[ky{number}]' for number in numbers)}concat=n={len(runs)}:v=1:a=0"
    tick = f"settb={stream.rate.denominator}/{stream.rate.numerator}"
    return (f"{';'.join((split, *parts, joined))},{tick},setpts=N+{stream.span.start - stream.zero}",)


def strength_ramp(effect: Effect, lasting: Span, stream: Stream) -> Ramp:
    """The effect's strength in each frame, counted from the stream's time 0; the same wherever the stream begins."""
    start_us = time_of(lasting.start, stream.rate)
    frames = range(lasting.start, max(lasting.start + 1, lasting.end))
    values = [effect.at(time_of(frame, stream.rate) - start_us).strength for frame in frames]
    return Ramp.through(values, STRENGTH_OFF).shifted(lasting.start - stream.zero)


def _runs(effect: Effect, lasting: Span, rate: Fraction) -> list[tuple[Span, Effect]]:
    """The runs of all frames, before and after the effect's own too."""
    most = max(1, round(RUNS_PER_S * lasting.count / rate))
    found: list[tuple[Span, Effect]] = []
    for levels in LEVELS:
        found = list(_at_levels(effect, lasting, rate, levels))
        if len(found) <= most:
            break
    return found


def _at_levels(effect: Effect, lasting: Span, rate: Fraction, levels: int) -> Iterator[tuple[Span, Effect]]:
    start_us = time_of(lasting.start, rate)
    frames = range(lasting.start, max(lasting.start + 1, lasting.end))
    strengths = ((frame, effect.at(time_of(frame, rate) - start_us)) for frame in frames)
    for _, run in groupby(strengths, key=lambda each: round(each[1].strength * levels)):
        inside: Sequence[tuple[int, Effect]] = list(run)
        yield Span(inside[0][0], inside[-1][0] + 1), inside[len(inside) // 2][1]


def _within(runs: Sequence[tuple[Span, Effect]], span: Span) -> Iterator[tuple[Span, Effect]]:
    """The runs' parts in a span; the first and last one hold beyond."""
    for number, (run, effect) in enumerate(runs):
        start = min(run.start, span.start) if number == 0 else run.start
        end = max(run.end, span.end) if number == len(runs) - 1 else run.end
        inside = Span(start, end).clipped(span)
        if inside.count > 0:
            yield inside, effect
