"""Entries of the catalogue do not look alike: pictures of random names, as the reference draws them."""

import math
import random
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest

from services.drafts.design import (
    PLAIN,
    Animation,
    AnimationKind,
    AnimationPhase,
    Effect,
    EffectKind,
    TransitionKind,
)
from services.drafts.families.catalogue import read_entries
from services.drafts.families.effects import EFFECTS, FILTERS
from services.drafts.families.motion import ENTRIES, LOOPS, TRANSITIONS, combined
from services.drafts.families.recipes import recipe
from services.render.timeline.animation import US, of_picture, pose_change, typed
from tests.oracle.effects import apply
from tests.oracle.pixels import Pixels, sampled
from tests.oracle.scenery import EVENING, MORNING, landscape
from tests.oracle.transitions import crossed

NAMES = 80
APART = 8 / 255
"""Root mean square of the difference from which two pictures are different."""
WIDTH, HEIGHT = 96, 54


def names(table: str, *kinds: str) -> list[str]:
    """Random names of a table, or of some kinds of its entries; the same each time."""
    listed = {name for entry in read_entries(table) if not kinds or entry.kind in kinds for name in entry.names}
    return random.Random(20).sample(sorted(listed), NAMES)


def different(pictures: Iterable[Pixels]) -> int:
    """The number of pictures that differ from all before them."""
    found: list[Pixels] = []
    for picture in pictures:
        if all(float(np.sqrt(((picture - other) ** 2).mean())) > APART for other in found):
            found.append(picture)
    return len(found)


def scene(colors: tuple[tuple[float, float, float], ...]) -> Pixels:
    """An opaque picture of some colours."""
    return np.concatenate([landscape(WIDTH, HEIGHT, 0.4, colors), np.ones((HEIGHT, WIDTH, 1))], axis=2)


def test_transitions_do_not_look_alike() -> None:
    one, other = scene(MORNING), scene(EVENING)
    found = [TRANSITIONS.find(name) for name in names("transitions")]
    looks = [(match.kind, match.look) if match else (TransitionKind.DISSOLVE, PLAIN) for match in found]
    count = different(crossed(kind, one, other, 0.5 - 1e-6, look) for kind, look in looks)
    assert count >= 35, count


def test_scene_effects_do_not_look_alike() -> None:
    one = scene(MORNING)
    found = [match for name in names("effects") if (match := EFFECTS.find(name))]
    looks = [Effect(kind=match.kind, look=match.look, strength=1.0) for match in found]
    count = different(apply(each, one, 15, Fraction(30))[..., :3] for each in looks)
    assert count >= 30, count


def test_filters_do_not_look_alike() -> None:
    one = scene(MORNING)
    found = [(match, recipe(match.name)) for name in names("filters") if (match := FILTERS.find(name))]
    looks = [Effect(kind=match.kind, recipe=made if match.kind is EffectKind.LOOK else None) for match, made in found]
    count = different(apply(each, one, 0, Fraction(30))[..., :3] for each in looks)
    assert count >= 20, count


def posed(picture: Pixels, kinds: tuple[AnimationKind, ...], phase: AnimationPhase, *, text: bool) -> Pixels:
    """A small picture in the middle of a canvas, 0.35 s from one end of its animation of a second."""
    moves = tuple(Animation(phase=phase, kind=kind, start_us=0, duration_us=US, period_us=US) for kind in kinds)
    moves = moves if text else of_picture(moves)
    at_us = 650_000 if phase is AnimationPhase.OUT else 350_000
    change = pose_change(moves, at_us, US, text=text)
    part = picture.copy()
    part[:, round(WIDTH * typed(moves, at_us, US)) :] = 0
    angle, size = math.radians(change.rotation_deg), 2 / max(change.scale, 1e-3)
    cos, sin, wide = size * math.cos(angle), size * math.sin(angle), 1 / max(change.narrow, 1e-3)
    x = WIDTH * (0.5 + change.dx + change.own_dx / 2)
    y = HEIGHT * (0.5 + change.dy + change.own_dy / 2)
    first, second = (cos * wide, sin * wide), (-sin, cos)
    inverse = (*first, WIDTH / 2 - first[0] * x - first[1] * y, *second, HEIGHT / 2 - second[0] * x - second[1] * y)
    framed = np.pad(part, ((200, 200), (200, 200), (0, 0)))
    moved = (*inverse[:2], inverse[2] + 200, *inverse[3:5], inverse[5] + 200)
    return np.asarray(np.clip(sampled(framed, WIDTH, HEIGHT, moved) * change.alpha, 0, 1))


PHASES = {
    "clip in": AnimationPhase.IN, "clip out": AnimationPhase.OUT, "clip group": AnimationPhase.GROUP,
    "text in": AnimationPhase.IN, "text out": AnimationPhase.OUT, "text loop": AnimationPhase.LOOP,
}  # fmt: skip


@pytest.mark.parametrize(("of", "least"), [("clip", 30), ("text", 25)])
def test_animations_do_not_look_alike(of: str, least: int) -> None:
    listed = [entry for table in ("entries", "loops") for entry in read_entries(table) if entry.kind.startswith(of)]
    one = scene(MORNING)[..., :3]
    pictures: list[Pixels] = []
    for entry in random.Random(20).sample(sorted(listed), NAMES):
        families = LOOPS if entry.kind.split()[1] in ("group", "loop") else ENTRIES
        match = families.find(entry.names[0])
        if match:
            pictures.append(posed(one, combined(families, match), PHASES[entry.kind], text=of == "text"))
    count = different(pictures)
    assert count >= least, count
