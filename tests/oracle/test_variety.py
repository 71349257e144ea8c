"""Entries of the catalogue do not look alike: pictures of random names, as the reference draws them."""

import random
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from services.drafts.design import PLAIN, Effect, EffectKind, TransitionKind
from services.drafts.families.catalogue import read_entries
from services.drafts.families.effects import EFFECTS, FILTERS
from services.drafts.families.motion import TRANSITIONS
from services.drafts.families.recipes import recipe
from tests.oracle.effects import apply
from tests.oracle.pixels import Pixels
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
