"""What animations do to a picture at a time. Pure.

The apps' own animations are downloads that nobody else has; these are made to look like them by their family.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.drafts.design import Animation, AnimationKind, AnimationPhase

SMALL, LARGE = 0.2, 1.8
"""The scale from which a picture grows when it zooms in, and shrinks when it zooms out."""
APPEARS = 0.3
"""The part of an animation's time in which a picture that does not only fade gets or loses its opacity."""
OVERSHOOT = 1.70158
"""Of a bounce: it goes beyond its size by a tenth."""
ENTRY_TURN_DEG = 180.0
SWING_DEG = 12.0
SHAKE = 0.012
"""Of the canvas, to each side."""
SHAKE_DEG = 0.8
SWAY = 0.05
"""Of the canvas: how far a loop moves."""
DRIFT = 0.1
"""Of the canvas: how far a combination moves, from one side of its place to the other."""
PULSE, GROWTH = 0.12, 0.2
"""By how much of its size a loop and a combination make a picture larger or smaller."""
DIMMED = 0.35
"""The opacity in the middle of a loop that fades."""
HOP = 0.04
SWINGS_PER_SECOND, SHAKES_PER_SECOND, BLINKS_PER_SECOND, PULSES_PER_SECOND = 1.5, 6.0, 4.0, 1.0
US = 1_000_000


@dataclass(frozen=True, slots=True)
class Moves:
    """A change of a picture's pose: `dx`, `dy` in canvas widths and heights, y down; `scale` multiplies its size,
    `rotation_deg` is added clockwise, `alpha` (0..1) multiplies its opacity.
    """

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    rotation_deg: float = 0.0
    alpha: float = 1.0

    def then(self, other: "Moves") -> "Moves":
        """Both together."""
        return Moves(
            self.dx + other.dx,
            self.dy + other.dy,
            self.scale * other.scale,
            self.rotation_deg + other.rotation_deg,
            self.alpha * other.alpha,
        )


AT_REST = Moves()

_UNMOVING = (AnimationKind.STILL, AnimationKind.TYPEWRITER)

Play: TypeAlias = Callable[[float, float], Moves]
"""Of the part of an animation that is over (0..1) and its length in seconds."""


def active(animations: Sequence[Animation]) -> bool:
    """Whether `moves` is ever anything but `AT_REST`."""
    return any(each.kind not in _UNMOVING and each.duration_us > 0 for each in animations)


def of_picture(animations: Sequence[Animation]) -> tuple[Animation, ...]:
    """The animations of a picture: it fades where a text would be typed."""
    return tuple(
        replace(each, kind=AnimationKind.FADE) if each.kind is AnimationKind.TYPEWRITER else each for each in animations
    )


def moves(animations: Sequence[Animation], offset_us: float, duration_us: int) -> Moves:
    """What a segment's animations do at a time from its start; it lasts `duration_us` in the timeline.

    Those that play at once add their moves and multiply the rest. A typewriter moves nothing (see `typed`).
    """
    result = AT_REST
    for animation in animations:
        if animation.kind not in _UNMOVING and animation.duration_us > 0:
            now = _moves(animation, offset_us, duration_us)
            result = now if result is AT_REST else result.then(now)
    return result


def typed(animations: Sequence[Animation], offset_us: float, duration_us: int) -> float:
    """The part of a text that its typewriters show at a time, 0..1; 1 when it has none."""
    shown = 1.0
    for animation in animations:
        if animation.kind is AnimationKind.TYPEWRITER and animation.duration_us > 0:
            part = _part(animation, offset_us, duration_us)
            shown = min(shown, 1 - part if animation.phase is AnimationPhase.OUT else part)
    return shown


def _moves(animation: Animation, offset_us: float, duration_us: int) -> Moves:
    part = _part(animation, offset_us, duration_us)
    seconds = animation.duration_us / US
    if animation.phase is AnimationPhase.IN:
        return AT_REST if part >= 1 else _ENTRIES[animation.kind](part, seconds)
    if animation.phase is AnimationPhase.OUT:
        return AT_REST if part <= 0 else _exit(animation.kind, part, seconds)
    if animation.phase is AnimationPhase.LOOP:
        return AT_REST if part >= 1 else _LOOPS[animation.kind](part, _round_us(animation) / US)
    return _GROUPS[animation.kind](part, seconds)


def _part(animation: Animation, offset_us: float, duration_us: int) -> float:
    """How much of the animation (of this round, of a loop) is over, 0..1; a loop that does not play is over."""
    length_us = animation.duration_us
    if animation.phase is AnimationPhase.OUT:
        length_us = min(length_us, max(1, duration_us))
        return _within((offset_us - (duration_us - length_us)) / length_us)
    since_us = offset_us - animation.start_us
    if animation.phase is AnimationPhase.LOOP:
        if not 0 <= since_us < length_us:
            return 1.0
        return since_us / _round_us(animation) % 1.0
    return _within(since_us / length_us)


def _round_us(loop: Animation) -> float:
    """How long a round takes: the period, a little longer or shorter so that the last round is a whole one."""
    rounds = round(loop.duration_us / loop.period_us) if loop.period_us > 0 else 1
    return loop.duration_us / max(1, rounds)


def _within(part: float) -> float:
    return min(1.0, max(0.0, part))


def _to_come(part: float) -> float:
    """What is left of the way of a picture that comes, 1..0: fast at first, then ever slower."""
    return (1 - part) ** 3


def _seen(part: float) -> float:
    return min(1.0, part / APPEARS)


def _there_and_back(part: float) -> float:
    """0, up to 1 in the middle, and 0 again."""
    return (1 - math.cos(math.tau * part)) / 2


def _wave(times: int, part: float) -> float:
    return math.sin(math.tau * times * part)


def _times(seconds: float, per_second: float) -> int:
    """How many whole swings fit, 1 at least."""
    return max(1, round(seconds * per_second))


def _slide(across: int, down: int) -> Play:
    """From outside the canvas in this direction."""
    return lambda part, _: Moves(dx=-across * _to_come(part), dy=-down * _to_come(part))


def _sway(across: int, down: int) -> Play:
    return lambda part, _: Moves(dx=across * SWAY * _there_and_back(part), dy=down * SWAY * _there_and_back(part))


def _drift(across: int, down: int) -> Play:
    return lambda part, _: Moves(dx=across * DRIFT * (part - 0.5), dy=down * DRIFT * (part - 0.5))


def _resize(scale: float) -> Play:
    """From another scale to its own."""
    return lambda part, _: Moves(scale=1 + (scale - 1) * _to_come(part), alpha=_seen(part))


def _tremble(part: float, seconds: float, strength: float = 1.0) -> Moves:
    times = _times(seconds, SHAKES_PER_SECOND)
    sideways, upwards = strength * _wave(times, part), strength * _wave(max(1, times - 1), part)
    return Moves(dx=SHAKE * sideways, dy=SHAKE / 2 * upwards, rotation_deg=SHAKE_DEG * sideways)


def _bounce_in(part: float, _: float) -> Moves:
    back = part - 1
    grown = 1 + (OVERSHOOT + 1) * back**3 + OVERSHOOT * back**2
    return Moves(scale=SMALL + (1 - SMALL) * grown, alpha=_seen(part))


def _swing_in(part: float, seconds: float) -> Moves:
    turn = math.tau * _times(seconds, SWINGS_PER_SECOND) * part
    return Moves(rotation_deg=SWING_DEG * (1 - part) ** 2 * math.cos(turn), alpha=_seen(part))


def _blink(part: float, seconds: float) -> Moves:
    """Gone in the first half of each blink."""
    return Moves(alpha=float(part * _times(seconds, BLINKS_PER_SECOND) % 1 >= 0.5))


_ENTRIES: Mapping[AnimationKind, Play] = {
    AnimationKind.FADE: lambda part, _: Moves(alpha=part),
    AnimationKind.ZOOM_IN: _resize(SMALL),
    AnimationKind.ZOOM_OUT: _resize(LARGE),
    AnimationKind.MOVE_LEFT: _slide(-1, 0),
    AnimationKind.MOVE_RIGHT: _slide(1, 0),
    AnimationKind.MOVE_UP: _slide(0, -1),
    AnimationKind.MOVE_DOWN: _slide(0, 1),
    AnimationKind.ROTATE: lambda part, _: Moves(rotation_deg=-ENTRY_TURN_DEG * _to_come(part), alpha=_seen(part)),
    AnimationKind.SHAKE: lambda part, seconds: _tremble(part, seconds, 1 - part),
    AnimationKind.BOUNCE: _bounce_in,
    AnimationKind.BLINK: _blink,
    AnimationKind.SWING: _swing_in,
}
"""How a picture comes: at rest when all is over."""

_LOOPS: Mapping[AnimationKind, Play] = {
    AnimationKind.FADE: lambda part, _: Moves(alpha=1 - (1 - DIMMED) * _there_and_back(part)),
    AnimationKind.ZOOM_IN: lambda part, _: Moves(scale=1 + PULSE * _there_and_back(part)),
    AnimationKind.ZOOM_OUT: lambda part, _: Moves(scale=1 - PULSE * _there_and_back(part)),
    AnimationKind.MOVE_LEFT: _sway(-1, 0),
    AnimationKind.MOVE_RIGHT: _sway(1, 0),
    AnimationKind.MOVE_UP: _sway(0, -1),
    AnimationKind.MOVE_DOWN: _sway(0, 1),
    AnimationKind.ROTATE: lambda part, _: Moves(rotation_deg=360 * part),
    AnimationKind.SHAKE: _tremble,
    AnimationKind.BOUNCE: lambda part, _: Moves(dy=-HOP * math.sin(math.pi * part)),
    AnimationKind.BLINK: lambda part, _: Moves(alpha=float(part < 0.5)),
    AnimationKind.SWING: lambda part, _: Moves(rotation_deg=SWING_DEG * _wave(1, part)),
}
"""A round: at rest, or turned all the way round, at its beginning and its end."""

_GROUPS: Mapping[AnimationKind, Play] = {
    AnimationKind.FADE: lambda part, _: Moves(alpha=min(1.0, 4 * part, 4 * (1 - part))),
    AnimationKind.ZOOM_IN: lambda part, _: Moves(scale=1 + GROWTH * part),
    AnimationKind.ZOOM_OUT: lambda part, _: Moves(scale=1 + GROWTH * (1 - part)),
    AnimationKind.MOVE_LEFT: _drift(-1, 0),
    AnimationKind.MOVE_RIGHT: _drift(1, 0),
    AnimationKind.MOVE_UP: _drift(0, -1),
    AnimationKind.MOVE_DOWN: _drift(0, 1),
    AnimationKind.ROTATE: lambda part, _: Moves(rotation_deg=360 * part * part * (3 - 2 * part)),
    AnimationKind.SHAKE: _tremble,
    AnimationKind.BOUNCE: lambda part, seconds: Moves(
        scale=1 + PULSE * _there_and_back(part * _times(seconds, PULSES_PER_SECOND))
    ),
    AnimationKind.BLINK: lambda part, seconds: Moves(alpha=1 - _blink(part, seconds).alpha),
    AnimationKind.SWING: lambda part, seconds: Moves(
        rotation_deg=SWING_DEG * _wave(_times(seconds, SWINGS_PER_SECOND / 2), part)
    ),
}
"""All the time: what is done at the beginning and the end holds before and after."""

_OPPOSITES = {AnimationKind.ZOOM_IN: AnimationKind.ZOOM_OUT, AnimationKind.ZOOM_OUT: AnimationKind.ZOOM_IN}


def _exit(kind: AnimationKind, part: float, seconds: float) -> Moves:
    """How a picture leaves: as it would come, backwards and in the other direction."""
    coming = _ENTRIES[_OPPOSITES.get(kind, kind)](1 - part, seconds)
    return replace(coming, dx=-coming.dx, dy=-coming.dy, rotation_deg=-coming.rotation_deg)
