"""Captions whose letters shimmer in the colours of a rainbow, as looks over time."""

from collections.abc import Iterator, Sequence
from colorsys import hsv_to_rgb
from dataclasses import replace

from services.drafts.colors import Color
from services.drafts.design import Animation, AnimationKind, AnimationPhase
from services.drafts.records import Gradient, Look, TextMaterial, TextStyle

STAGES = 12
"""Looks of a round: after each the colours stand a twelfth of the text further."""
MAX_LOOKS = 90
"""Looks of one caption at most; of more, rounds are longer."""
_RIGHT_DEG = 90.0
_SATURATION = 0.7


def shimmering(text: TextMaterial, animations: Sequence[Animation]) -> TextMaterial:
    """The caption with the looks of its loop in the colours of a rainbow, if it has one. Looks by keyframes, and
    karaoke, go before.
    """
    loops = (each for each in animations if (each.phase, each.kind) == (AnimationPhase.LOOP, AnimationKind.RAINBOW))
    loop = next(loops, None)
    if loop is None or text.looks or text.karaoke:
        return text
    return replace(text, looks=tuple(_looks(text, loop)))


def _looks(text: TextMaterial, loop: Animation) -> Iterator[Look]:
    if loop.start_us > 0:
        yield Look(0, text)
    step_us = max(1, loop.period_us // STAGES, -(-loop.duration_us // MAX_LOOKS))
    stages = [_painted(text, _rainbow(stage / STAGES)) for stage in range(STAGES)]
    for number, passed_us in enumerate(range(0, loop.duration_us, step_us)):
        yield Look(loop.start_us + passed_us, stages[number % STAGES])
    yield Look(loop.start_us + loop.duration_us, text)


def _painted(text: TextMaterial, gradient: Gradient) -> TextMaterial:
    return replace(text, styles=tuple(_in_colors(style, gradient) for style in text.styles))


def _in_colors(style: TextStyle, gradient: Gradient) -> TextStyle:
    return replace(style, color=(1.0, 1.0, 1.0, style.color[3]), gradient=gradient, picture="")


def _rainbow(phase: float) -> Gradient:
    """The colours from left to right, moved to the right by `phase` (0..1) of the text."""
    places = [step / STAGES for step in range(STAGES + 1)]
    return Gradient(_RIGHT_DEG, tuple((place, _color(place - phase)) for place in places))


def _color(hue: float) -> Color:
    red, green, blue = hsv_to_rgb(hue % 1.0, _SATURATION, 1.0)
    return red, green, blue, 1.0
