"""Animations as changes of a picture's pose over time. Pure.

The apps' own animations are proprietary downloads; these imitate them by family.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.drafts.design import Animation, AnimationKind, AnimationPhase

SMALL, LARGE = 0.2, 1.8
"""Initial scale of a zoom in and of a zoom out."""
APPEARS = 0.3
"""Share of an animation in which opacity rises or falls, where it does more than fade."""
OVERSHOOT = 1.70158
"""Of a bounce: its maximum exceeds the size by a tenth."""
ENTRY_TURN_DEG = 180.0
SWING_DEG = 12.0
SHAKE = 0.012
"""Of the canvas, to each side."""
SHAKE_DEG = 0.8
SWAY = 0.05
"""Of the canvas: the distance of a loop."""
DRIFT = 0.1
"""Of the canvas: the distance of a combination, from one side of the place to the other."""
PULSE, GROWTH = 0.12, 0.2
"""Relative change of size of a loop and of a combination."""
DIMMED = 0.35
"""Opacity in the middle of a loop that fades."""
HOP = 0.04
SWINGS_PER_SECOND, SHAKES_PER_SECOND, BLINKS_PER_SECOND, PULSES_PER_SECOND = 1.5, 6.0, 4.0, 1.0
US = 1_000_000


@dataclass(frozen=True, slots=True)
class PoseChange:
    """A change of a pose: `dx`, `dy` in canvas widths and heights, y down; `scale` multiplies the size, `rotation_deg`
    is added clockwise, `alpha` (0..1) multiplies the opacity.
    """

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    rotation_deg: float = 0.0
    alpha: float = 1.0

    def then(self, other: "PoseChange") -> "PoseChange":
        """Both changes combined."""
        return PoseChange(
            self.dx + other.dx,
            self.dy + other.dy,
            self.scale * other.scale,
            self.rotation_deg + other.rotation_deg,
            self.alpha * other.alpha,
        )


AT_REST = PoseChange()

_UNMOVING = (AnimationKind.STILL, AnimationKind.TYPEWRITER)

AnimationCurve: TypeAlias = Callable[[float, float], PoseChange]
"""The pose change at a part (0..1) of an animation of some seconds."""


def active(animations: Sequence[Animation]) -> bool:
    """Whether `pose_change` ever differs from `AT_REST`."""
    return any(each.kind not in _UNMOVING and each.duration_us > 0 for each in animations)


def of_picture(animations: Sequence[Animation]) -> tuple[Animation, ...]:
    """The animations as pictures play them: a fade stands for a typewriter."""
    return tuple(
        replace(each, kind=AnimationKind.FADE) if each.kind is AnimationKind.TYPEWRITER else each for each in animations
    )


def pose_change(animations: Sequence[Animation], offset_us: float, duration_us: int) -> PoseChange:
    """The pose change of a segment's animations, `offset_us` after its start; `duration_us` is its length in the
    timeline.

    Simultaneous animations add translations and rotations, and multiply the rest. A typewriter has none (see `typed`).
    """
    result = AT_REST
    for animation in animations:
        if animation.kind not in _UNMOVING and animation.duration_us > 0:
            now = _pose_change(animation, offset_us, duration_us)
            result = now if result is AT_REST else result.then(now)
    return result


def typed(animations: Sequence[Animation], offset_us: float, duration_us: int) -> float:
    """The part of a text (0..1) that its typewriters show at a time; 1 without typewriters."""
    shown = 1.0
    for animation in animations:
        if animation.kind is AnimationKind.TYPEWRITER and animation.duration_us > 0:
            part = _part(animation, offset_us, duration_us)
            shown = min(shown, 1 - part if animation.phase is AnimationPhase.OUT else part)
    return shown


def _pose_change(animation: Animation, offset_us: float, duration_us: int) -> PoseChange:
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
    """The elapsed part (0..1) of the animation, or of a loop's current round; 1 outside of a loop."""
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
    """The length of a round: the period, adjusted so that the loop has a whole number of rounds."""
    rounds = round(loop.duration_us / loop.period_us) if loop.period_us > 0 else 1
    return loop.duration_us / max(1, rounds)


def _within(part: float) -> float:
    return min(1.0, max(0.0, part))


def _to_come(part: float) -> float:
    """The remaining way (1..0) of an entering picture, fast at first and slowing down."""
    return (1 - part) ** 3


def _seen(part: float) -> float:
    return min(1.0, part / APPEARS)


def _there_and_back(part: float) -> float:
    """From 0 to 1 in the middle and back to 0."""
    return (1 - math.cos(math.tau * part)) / 2


def _wave(times: int, part: float) -> float:
    return math.sin(math.tau * times * part)


def _times(seconds: float, per_second: float) -> int:
    """The number of whole swings, 1 at least."""
    return max(1, round(seconds * per_second))


def _slide(across: int, down: int) -> AnimationCurve:
    """From outside the canvas, in a direction."""
    return lambda part, _: PoseChange(dx=-across * _to_come(part), dy=-down * _to_come(part))


def _sway(across: int, down: int) -> AnimationCurve:
    return lambda part, _: PoseChange(dx=across * SWAY * _there_and_back(part), dy=down * SWAY * _there_and_back(part))


def _drift(across: int, down: int) -> AnimationCurve:
    return lambda part, _: PoseChange(dx=across * DRIFT * (part - 0.5), dy=down * DRIFT * (part - 0.5))


def _resize(scale: float) -> AnimationCurve:
    """From another scale to 1."""
    return lambda part, _: PoseChange(scale=1 + (scale - 1) * _to_come(part), alpha=_seen(part))


def _tremble(part: float, seconds: float, strength: float = 1.0) -> PoseChange:
    times = _times(seconds, SHAKES_PER_SECOND)
    sideways, upwards = strength * _wave(times, part), strength * _wave(max(1, times - 1), part)
    return PoseChange(dx=SHAKE * sideways, dy=SHAKE / 2 * upwards, rotation_deg=SHAKE_DEG * sideways)


def _bounce_in(part: float, _: float) -> PoseChange:
    back = part - 1
    grown = 1 + (OVERSHOOT + 1) * back**3 + OVERSHOOT * back**2
    return PoseChange(scale=SMALL + (1 - SMALL) * grown, alpha=_seen(part))


def _swing_in(part: float, seconds: float) -> PoseChange:
    turn = math.tau * _times(seconds, SWINGS_PER_SECOND) * part
    return PoseChange(rotation_deg=SWING_DEG * (1 - part) ** 2 * math.cos(turn), alpha=_seen(part))


def _blink(part: float, seconds: float) -> PoseChange:
    """Invisible in the first half of each blink."""
    return PoseChange(alpha=float(part * _times(seconds, BLINKS_PER_SECOND) % 1 >= 0.5))


_ENTRIES: Mapping[AnimationKind, AnimationCurve] = {
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=part),
    AnimationKind.ZOOM_IN: _resize(SMALL),
    AnimationKind.ZOOM_OUT: _resize(LARGE),
    AnimationKind.MOVE_LEFT: _slide(-1, 0),
    AnimationKind.MOVE_RIGHT: _slide(1, 0),
    AnimationKind.MOVE_UP: _slide(0, -1),
    AnimationKind.MOVE_DOWN: _slide(0, 1),
    AnimationKind.ROTATE: lambda part, _: PoseChange(rotation_deg=-ENTRY_TURN_DEG * _to_come(part), alpha=_seen(part)),
    AnimationKind.SHAKE: lambda part, seconds: _tremble(part, seconds, 1 - part),
    AnimationKind.BOUNCE: _bounce_in,
    AnimationKind.BLINK: _blink,
    AnimationKind.SWING: _swing_in,
}
"""Entries: at rest at the end."""

_LOOPS: Mapping[AnimationKind, AnimationCurve] = {
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=1 - (1 - DIMMED) * _there_and_back(part)),
    AnimationKind.ZOOM_IN: lambda part, _: PoseChange(scale=1 + PULSE * _there_and_back(part)),
    AnimationKind.ZOOM_OUT: lambda part, _: PoseChange(scale=1 - PULSE * _there_and_back(part)),
    AnimationKind.MOVE_LEFT: _sway(-1, 0),
    AnimationKind.MOVE_RIGHT: _sway(1, 0),
    AnimationKind.MOVE_UP: _sway(0, -1),
    AnimationKind.MOVE_DOWN: _sway(0, 1),
    AnimationKind.ROTATE: lambda part, _: PoseChange(rotation_deg=360 * part),
    AnimationKind.SHAKE: _tremble,
    AnimationKind.BOUNCE: lambda part, _: PoseChange(dy=-HOP * math.sin(math.pi * part)),
    AnimationKind.BLINK: lambda part, _: PoseChange(alpha=float(part < 0.5)),
    AnimationKind.SWING: lambda part, _: PoseChange(rotation_deg=SWING_DEG * _wave(1, part)),
}
"""Loops: at rest, or a full turn, at the beginning and end of each round."""

_GROUPS: Mapping[AnimationKind, AnimationCurve] = {
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=min(1.0, 4 * part, 4 * (1 - part))),
    AnimationKind.ZOOM_IN: lambda part, _: PoseChange(scale=1 + GROWTH * part),
    AnimationKind.ZOOM_OUT: lambda part, _: PoseChange(scale=1 + GROWTH * (1 - part)),
    AnimationKind.MOVE_LEFT: _drift(-1, 0),
    AnimationKind.MOVE_RIGHT: _drift(1, 0),
    AnimationKind.MOVE_UP: _drift(0, -1),
    AnimationKind.MOVE_DOWN: _drift(0, 1),
    AnimationKind.ROTATE: lambda part, _: PoseChange(rotation_deg=360 * part * part * (3 - 2 * part)),
    AnimationKind.SHAKE: _tremble,
    AnimationKind.BOUNCE: lambda part, seconds: PoseChange(
        scale=1 + PULSE * _there_and_back(part * _times(seconds, PULSES_PER_SECOND))
    ),
    AnimationKind.BLINK: lambda part, seconds: PoseChange(alpha=1 - _blink(part, seconds).alpha),
    AnimationKind.SWING: lambda part, seconds: PoseChange(
        rotation_deg=SWING_DEG * _wave(_times(seconds, SWINGS_PER_SECOND / 2), part)
    ),
}
"""Combinations: their first and last state hold before and after them."""

_OPPOSITES = {AnimationKind.ZOOM_IN: AnimationKind.ZOOM_OUT, AnimationKind.ZOOM_OUT: AnimationKind.ZOOM_IN}


def _exit(kind: AnimationKind, part: float, seconds: float) -> PoseChange:
    """The exit: the entry reversed, in the opposite direction."""
    coming = _ENTRIES[_OPPOSITES.get(kind, kind)](1 - part, seconds)
    return replace(coming, dx=-coming.dx, dy=-coming.dy, rotation_deg=-coming.rotation_deg)
