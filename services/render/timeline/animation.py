"""Animations as changes of a picture's pose over time. Pure.

The apps' own animations are proprietary downloads; these imitate them by family. Curves that are known from packages or
exports of the apps are theirs.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.drafts.bezier import eased
from services.drafts.design import COVERS, Animation, AnimationKind, AnimationPhase

SMALL, LARGE = 0.5, 1.5
"""Initial scale of a zoom in and of a zoom out, as in packages of the apps."""
SLIGHTLY_SMALL, SLIGHTLY_LARGE = 0.9, 1.1
"""The same of a slight zoom; the larger one is by analogy."""
APPEARS = 0.2
"""Share of an animation in which opacity rises or falls, where it does more than fade: of the apps' slight zoom and
spin.
"""
OVERSHOOT, OVERSHOT = 1.1, 0.57
"""The largest scale of the apps' bounce, and the part of its time at which it has it."""
POINT = 0.01
"""Initial scale of a spin; in it turns twice, out it turns once, as in packages of the apps."""
TEXT_SLIDE = 1.33
"""Distance of a text's slide, in its own widths or heights: compared with exports of the apps."""
ENTRY_TURN_DEG = 180.0
SWING_DEG = 12.0
SHAKE = 0.012
"""Of the canvas, to each side."""
SHAKE_DEG = 0.8
SHAKE_ROOM = 0.05
"""Relative growth of a picture that shakes, so that one as large as the canvas goes on covering it."""
SWAY = 0.05
"""Of the canvas: the distance of a loop."""
DRIFT = 0.1
"""Of the canvas: the distance of a combination, from one side of the place to the other."""
PULSE, GROWTH = 0.12, 0.2
"""Relative change of size of a loop and of a combination."""
DIMMED = 0.35
"""Opacity in the middle of a loop that fades."""
HOP = 0.04
LETTERS_BEGIN = 0.6
"""Part of an entry or exit in which its letters begin, one after another [unverified]."""
RANDOM, GOLDEN = ("随机", "random"), 0.618034
"""Words of animations whose letters come in no order, and the step that spreads them evenly."""
WAVE_LETTERS = 8
"""Letters of a wave from one that hops to the next one that does."""
TRAIN_LARGE, TRAIN_AWAY = 2.0, 1.1
"""Scale of the apps' train at first and at last; in the middle it is 1."""
JOLT_LARGE, JOLT_DEG, JOLT_AWAY = 1.5, 20.0, 0.5
"""Scale, angle and distance (of the canvas) from which the apps' 抖入放大 comes, elastically, in the first half."""
SWINGS_PER_SECOND, SHAKES_PER_SECOND, BLINKS_PER_SECOND, PULSES_PER_SECOND = 1.5, 6.0, 4.0, 1.0
US = 1_000_000


@dataclass(frozen=True, slots=True)
class PoseChange:
    """A change of a pose: `dx`, `dy` in canvas widths and heights, `own_dx`, `own_dy` in the picture's own, y down;
    `scale` multiplies the size, `narrow` the width, `rotation_deg` is added clockwise, `alpha` (0..1) multiplies the
    opacity.
    """

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    rotation_deg: float = 0.0
    alpha: float = 1.0
    own_dx: float = 0.0
    own_dy: float = 0.0
    narrow: float = 1.0

    def then(self, other: "PoseChange") -> "PoseChange":
        """Both changes combined."""
        return PoseChange(
            self.dx + other.dx,
            self.dy + other.dy,
            self.scale * other.scale,
            self.rotation_deg + other.rotation_deg,
            self.alpha * other.alpha,
            self.own_dx + other.own_dx,
            self.own_dy + other.own_dy,
            self.narrow * other.narrow,
        )


AT_REST = PoseChange()

_UNMOVING = COVERS | {AnimationKind.STILL, AnimationKind.TYPEWRITER, AnimationKind.RAINBOW}

AnimationCurve: TypeAlias = Callable[[float, float], PoseChange]
"""The pose change at a part (0..1) of an animation of some seconds."""


def active(animations: Sequence[Animation]) -> bool:
    """Whether `pose_change` ever differs from `AT_REST`."""
    return any(each.kind not in _UNMOVING and each.duration_us > 0 for each in animations)


def waves(animations: Sequence[Animation]) -> bool:
    """Whether letters move one after another."""
    return any(each.kind is AnimationKind.WAVE and each.phase is AnimationPhase.LOOP for each in animations)


def of_letter(animations: Sequence[Animation], number: int) -> tuple[Animation, ...]:
    """The animations of a letter, counted from 0: a wave reaches it later."""
    return tuple(
        replace(each, start_us=each.start_us + round(number % WAVE_LETTERS * each.period_us / WAVE_LETTERS))
        if waves((each,))
        else each
        for each in animations
    )


def of_letters(animations: Sequence[Animation]) -> tuple[Animation, ...]:
    """The entries and exits that move letters one after another: those that type a text and move it (逐字旋转)."""
    typing = {each.phase for each in animations if each.kind is AnimationKind.TYPEWRITER}
    return tuple(each for each in animations if each.phase in typing and each.kind not in _UNMOVING)


def letters_move(moves: Sequence[Animation], offset_us: float, duration_us: int) -> bool:
    """Whether one of some entries or exits of letters is going on."""
    parts = ((each.phase, elapsed(each, offset_us, duration_us)) for each in moves)
    return any(part < 1 if phase is AnimationPhase.IN else part > 0 for phase, part in parts)


def letter_change(
    moves: Sequence[Animation], offset_us: float, duration_us: int, number: int, count: int
) -> PoseChange:
    """The pose change of a letter, counted from 0, of so many: it is not seen before its turn, nor after its exit."""
    result = AT_REST
    for each in moves:
        part = elapsed(each, offset_us, duration_us)
        own = _within((part - LETTERS_BEGIN * _turn(each, number, count)) / (1 - LETTERS_BEGIN))
        hidden = own <= 0 if each.phase is AnimationPhase.IN else own >= 1
        result = PoseChange(alpha=0.0) if hidden else result.then(_pose_change(each, own, _TEXT_ENTRIES))
    return result


def _turn(move: Animation, number: int, count: int) -> float:
    """When a letter begins, 0..1: in reading order, or in one that looks random where the name says so."""
    if any(word in move.name.lower() for word in RANDOM):
        return number * GOLDEN % 1
    return number / max(1, count - 1)


def of_picture(animations: Sequence[Animation]) -> tuple[Animation, ...]:
    """The animations as pictures play them: a fade stands for a typewriter."""
    return tuple(
        replace(each, kind=AnimationKind.FADE) if each.kind is AnimationKind.TYPEWRITER else each for each in animations
    )


def pose_change(
    animations: Sequence[Animation], offset_us: float, duration_us: int, *, text: bool = False
) -> PoseChange:
    """The pose change of a segment's animations, `offset_us` after its start; `duration_us` is its length in the
    timeline. Some have other curves for a text.

    Simultaneous animations add translations and rotations, and multiply the rest. A typewriter has none (see `typed`).
    """
    result = AT_REST
    for animation in animations:
        if animation.kind not in _UNMOVING and animation.duration_us > 0:
            part = elapsed(animation, offset_us, duration_us)
            now = _pose_change(animation, part, _TEXT_ENTRIES if text else _ENTRIES)
            result = now if result is AT_REST else result.then(now)
    return result


def typed(animations: Sequence[Animation], offset_us: float, duration_us: int) -> float:
    """The part of a text (0..1) that its typewriters show at a time; 1 without typewriters."""
    shown = 1.0
    for animation in animations:
        if animation.kind is AnimationKind.TYPEWRITER and animation.duration_us > 0:
            part = elapsed(animation, offset_us, duration_us)
            shown = min(shown, 1 - part if animation.phase is AnimationPhase.OUT else part)
    return shown


def _pose_change(animation: Animation, part: float, entries: Mapping[AnimationKind, AnimationCurve]) -> PoseChange:
    seconds = animation.duration_us / US
    if animation.phase is AnimationPhase.IN:
        return AT_REST if part >= 1 else entries[animation.kind](part, seconds)
    if animation.phase is AnimationPhase.OUT:
        return AT_REST if part <= 0 else _exit(animation.kind, part, seconds, entries)
    if animation.phase is AnimationPhase.LOOP:
        return AT_REST if part >= 1 else _LOOPS[animation.kind](part, _round_us(animation) / US)
    return _GROUPS[animation.kind](part, seconds)


def elapsed(animation: Animation, offset_us: float, duration_us: int) -> float:
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


def quadratic(part: float) -> float:
    """The way of a quadratic ease-out: most of the apps' own entries have it."""
    return 1 - (1 - part) ** 2


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
    """Past its place, larger by as much: a picture as large as the canvas goes on covering it."""
    return lambda part, _: PoseChange(dx=across * DRIFT * (part - 0.5), dy=down * DRIFT * (part - 0.5), scale=1 + DRIFT)


def _text_slide(across: int, down: int) -> AnimationCurve:
    """From a distance of its own size, with its opacity."""
    away_x, away_y = -across * TEXT_SLIDE, -down * TEXT_SLIDE
    return lambda part, _: PoseChange(
        own_dx=away_x * (1 - quadratic(part)), own_dy=away_y * (1 - quadratic(part)), alpha=quadratic(part)
    )


def _resize(scale: float, seen: Callable[[float], float]) -> AnimationCurve:
    """From another scale to 1."""
    return lambda part, _: PoseChange(scale=scale + (1 - scale) * quadratic(part), alpha=seen(part))


def _tremble(part: float, seconds: float, strength: float = 1.0) -> PoseChange:
    times = _times(seconds, SHAKES_PER_SECOND)
    sideways, upwards = strength * _wave(times, part), strength * _wave(max(1, times - 1), part)
    return PoseChange(dx=SHAKE * sideways, dy=SHAKE / 2 * upwards, rotation_deg=SHAKE_DEG * sideways)


def _shaken(part: float, seconds: float, strength: float = 1.0) -> PoseChange:
    """A tremble that a picture as large as the canvas fills."""
    return replace(_tremble(part, seconds, strength), scale=1 + SHAKE_ROOM * strength)


def _bounce_in(part: float, _: float) -> PoseChange:
    if part < OVERSHOT:
        return PoseChange(scale=OVERSHOOT * eased(part / OVERSHOT, 0, 0, 0.51, 1))
    return PoseChange(scale=OVERSHOOT + (1 - OVERSHOOT) * eased((part - OVERSHOT) / (1 - OVERSHOT), 0.2, 0, 0.13, 1))


def _bounce_out(part: float, seconds: float) -> PoseChange:
    if part < 1 - OVERSHOT:
        return _bounce_in(1 - part, seconds)
    return PoseChange(scale=OVERSHOOT * (1 - eased((part - 1 + OVERSHOT) / OVERSHOT, 1, 0, 0.72, 1)))


def _spin(turns: int) -> AnimationCurve:
    """From a point to its size, with some turns."""
    return lambda part, _: PoseChange(
        scale=POINT + (1 - POINT) * quadratic(part),
        rotation_deg=-360 * turns * (1 - quadratic(part)),
        alpha=_seen(part),
    )


def _across(right: int, down: int) -> AnimationCurve:
    """From outside the canvas to outside, in a direction, slowest in its place: the apps' own curve."""

    def pose(part: float, _: float) -> PoseChange:
        way = 2 * eased(part, 0.2, 0.8, 0.8, 0.2) - 1
        return PoseChange(dx=right * way, dy=down * way)

    return pose


def _scroll(right: int, down: int) -> AnimationCurve:
    """The same, evenly."""
    return lambda part, _: PoseChange(dx=right * (2 * part - 1), dy=down * (2 * part - 1))


def _train(right: int) -> AnimationCurve:
    """Away to a side, by the apps' own curves."""

    def pose(part: float, _: float) -> PoseChange:
        first, second = min(1.0, 2 * part), max(0.0, 2 * part - 1)
        scale = TRAIN_LARGE + (1 - TRAIN_LARGE) * first + (TRAIN_AWAY - 1) * second
        return PoseChange(dx=right * eased(part, 0.61, 0, 0.81, 0.12), scale=scale)

    return pose


def _elastic(part: float) -> float:
    """The apps' elastic curve from 0 to 1."""
    return 0.0 if part <= 0 else math.exp(-7 * part) * math.sin((part - 0.075) * math.tau / 0.3) + 1


def _jolt(part: float, _: float) -> PoseChange:
    away, grown = 1 - _elastic(2 * part), max(0.0, 2 * part - 1)
    return PoseChange(dx=-JOLT_AWAY * away, rotation_deg=JOLT_DEG * away, scale=1 + (JOLT_LARGE - 1) * away + grown)


def _flip(part: float, _: float) -> PoseChange:
    """From edge-on to its face."""
    return PoseChange(narrow=math.sin(math.pi / 2 * quadratic(part)))


def _flips(times: float) -> AnimationCurve:
    """Half turns about the upright axis."""
    return lambda part, _: PoseChange(narrow=abs(math.cos(math.pi * times * part)))


def _swing_in(part: float, seconds: float) -> PoseChange:
    turn = math.tau * _times(seconds, SWINGS_PER_SECOND) * part
    return PoseChange(rotation_deg=SWING_DEG * (1 - part) ** 2 * math.cos(turn), alpha=_seen(part))


def _blink(part: float, seconds: float) -> PoseChange:
    """Invisible in the first half of each blink."""
    return PoseChange(alpha=float(part * _times(seconds, BLINKS_PER_SECOND) % 1 >= 0.5))


_ENTRIES: Mapping[AnimationKind, AnimationCurve] = {
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=part),
    AnimationKind.ZOOM_IN: _resize(SMALL, quadratic),
    AnimationKind.ZOOM_OUT: _resize(LARGE, quadratic),
    AnimationKind.SLIGHT_ZOOM_IN: _resize(SLIGHTLY_SMALL, _seen),
    AnimationKind.SLIGHT_ZOOM_OUT: _resize(SLIGHTLY_LARGE, _seen),
    AnimationKind.SPIN: _spin(2),
    AnimationKind.FLIP: _flip,
    AnimationKind.MOVE_LEFT: _slide(-1, 0),
    AnimationKind.MOVE_RIGHT: _slide(1, 0),
    AnimationKind.MOVE_UP: _slide(0, -1),
    AnimationKind.MOVE_DOWN: _slide(0, 1),
    AnimationKind.ROTATE: lambda part, _: PoseChange(rotation_deg=-ENTRY_TURN_DEG * _to_come(part), alpha=_seen(part)),
    AnimationKind.SHAKE: lambda part, seconds: _shaken(part, seconds, 1 - part),
    AnimationKind.BOUNCE: _bounce_in,
    AnimationKind.BLINK: _blink,
    AnimationKind.SWING: _swing_in,
    AnimationKind.BLUR: lambda part, _: PoseChange(alpha=part),
    AnimationKind.SCROLL_LEFT: _slide(-1, 0),
    AnimationKind.SCROLL_RIGHT: _slide(1, 0),
    AnimationKind.SCROLL_UP: _slide(0, -1),
    AnimationKind.WAVE: _slide(0, -1),
    AnimationKind.TRAIN_LEFT: _slide(-1, 0),
    AnimationKind.TRAIN_RIGHT: _slide(1, 0),
    AnimationKind.JOLT: _resize(LARGE, quadratic),
}
"""Entries: at rest at the end."""

_TEXT_ENTRIES: Mapping[AnimationKind, AnimationCurve] = {
    **_ENTRIES,
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=quadratic(part)),
    AnimationKind.SHAKE: lambda part, seconds: _tremble(part, seconds, 1 - part),
    AnimationKind.MOVE_LEFT: _text_slide(-1, 0),
    AnimationKind.MOVE_RIGHT: _text_slide(1, 0),
    AnimationKind.MOVE_UP: _text_slide(0, -1),
    AnimationKind.MOVE_DOWN: _text_slide(0, 1),
}
"""Entries of texts: their fades and slides differ from those of clips in packages and exports of the apps."""

_LOOPS: Mapping[AnimationKind, AnimationCurve] = {
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=1 - (1 - DIMMED) * _there_and_back(part)),
    AnimationKind.ZOOM_IN: lambda part, _: PoseChange(scale=1 + PULSE * _there_and_back(part)),
    AnimationKind.ZOOM_OUT: lambda part, _: PoseChange(scale=1 - PULSE * _there_and_back(part)),
    AnimationKind.SLIGHT_ZOOM_IN: lambda part, _: PoseChange(scale=1 + PULSE / 2 * _there_and_back(part)),
    AnimationKind.SLIGHT_ZOOM_OUT: lambda part, _: PoseChange(scale=1 - PULSE / 2 * _there_and_back(part)),
    AnimationKind.SPIN: lambda part, _: PoseChange(rotation_deg=360 * part),
    AnimationKind.FLIP: _flips(1),
    AnimationKind.MOVE_LEFT: _sway(-1, 0),
    AnimationKind.MOVE_RIGHT: _sway(1, 0),
    AnimationKind.MOVE_UP: _sway(0, -1),
    AnimationKind.MOVE_DOWN: _sway(0, 1),
    AnimationKind.ROTATE: lambda part, _: PoseChange(rotation_deg=360 * part),
    AnimationKind.SHAKE: _tremble,
    AnimationKind.BOUNCE: lambda part, _: PoseChange(dy=-HOP * math.sin(math.pi * part)),
    AnimationKind.BLINK: lambda part, _: PoseChange(alpha=float(part < 0.5)),
    AnimationKind.SWING: lambda part, _: PoseChange(rotation_deg=SWING_DEG * _wave(1, part)),
    AnimationKind.BLUR: lambda part, _: PoseChange(alpha=1 - (1 - DIMMED) * _there_and_back(part)),
    AnimationKind.SCROLL_LEFT: _scroll(-1, 0),
    AnimationKind.SCROLL_RIGHT: _scroll(1, 0),
    AnimationKind.SCROLL_UP: _scroll(0, -1),
    AnimationKind.WAVE: lambda part, _: PoseChange(dy=-HOP / 2 * _there_and_back(part)),
    AnimationKind.TRAIN_LEFT: _sway(-1, 0),
    AnimationKind.TRAIN_RIGHT: _sway(1, 0),
    AnimationKind.JOLT: _tremble,
}
"""Loops: at rest, a full turn, or outside of the canvas at the beginning and end of each round."""

_GROUPS: Mapping[AnimationKind, AnimationCurve] = {
    AnimationKind.FADE: lambda part, _: PoseChange(alpha=min(1.0, 4 * part, 4 * (1 - part))),
    AnimationKind.ZOOM_IN: lambda part, _: PoseChange(scale=1 + GROWTH * part),
    AnimationKind.ZOOM_OUT: lambda part, _: PoseChange(scale=1 + GROWTH * (1 - part)),
    AnimationKind.SLIGHT_ZOOM_IN: lambda part, _: PoseChange(scale=1 + GROWTH / 2 * part),
    AnimationKind.SLIGHT_ZOOM_OUT: lambda part, _: PoseChange(scale=1 + GROWTH / 2 * (1 - part)),
    AnimationKind.SPIN: lambda part, _: PoseChange(rotation_deg=360 * part * part * (3 - 2 * part)),
    AnimationKind.FLIP: _flips(2),
    AnimationKind.MOVE_LEFT: _drift(-1, 0),
    AnimationKind.MOVE_RIGHT: _drift(1, 0),
    AnimationKind.MOVE_UP: _drift(0, -1),
    AnimationKind.MOVE_DOWN: _drift(0, 1),
    AnimationKind.ROTATE: lambda part, _: PoseChange(rotation_deg=360 * part * part * (3 - 2 * part)),
    AnimationKind.SHAKE: _shaken,
    AnimationKind.BOUNCE: lambda part, seconds: PoseChange(
        scale=1 + PULSE * _there_and_back(part * _times(seconds, PULSES_PER_SECOND))
    ),
    AnimationKind.BLINK: lambda part, seconds: PoseChange(alpha=1 - _blink(part, seconds).alpha),
    AnimationKind.SWING: lambda part, seconds: PoseChange(
        rotation_deg=SWING_DEG * _wave(_times(seconds, SWINGS_PER_SECOND / 2), part)
    ),
    AnimationKind.BLUR: lambda part, _: PoseChange(alpha=min(1.0, 4 * part, 4 * (1 - part))),
    AnimationKind.SCROLL_LEFT: _across(-1, 0),
    AnimationKind.SCROLL_RIGHT: _across(1, 0),
    AnimationKind.SCROLL_UP: _across(0, -1),
    AnimationKind.WAVE: lambda part, seconds: PoseChange(
        dy=-HOP / 2 * _there_and_back(part * _times(seconds, PULSES_PER_SECOND))
    ),
    AnimationKind.TRAIN_LEFT: _train(-1),
    AnimationKind.TRAIN_RIGHT: _train(1),
    AnimationKind.JOLT: _jolt,
}
"""Combinations: their first and last state hold before and after them."""

_OPPOSITES = {
    AnimationKind.ZOOM_IN: AnimationKind.ZOOM_OUT,
    AnimationKind.ZOOM_OUT: AnimationKind.ZOOM_IN,
    AnimationKind.SLIGHT_ZOOM_IN: AnimationKind.SLIGHT_ZOOM_OUT,
    AnimationKind.SLIGHT_ZOOM_OUT: AnimationKind.SLIGHT_ZOOM_IN,
}


def _exit(
    kind: AnimationKind, part: float, seconds: float, entries: Mapping[AnimationKind, AnimationCurve]
) -> PoseChange:
    """The exit: the entry reversed, in the opposite direction, where it has no curve of its own."""
    if kind is AnimationKind.BOUNCE:
        return _bounce_out(part, seconds)
    entry = _spin(1) if kind is AnimationKind.SPIN else entries[_OPPOSITES.get(kind, kind)]
    coming = entry(1 - part, seconds)
    return replace(
        coming,
        dx=-coming.dx,
        dy=-coming.dy,
        own_dx=-coming.own_dx,
        own_dy=-coming.own_dy,
        rotation_deg=-coming.rotation_deg,
    )
