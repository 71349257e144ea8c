"""Scene effects of a module each, one row each here; the oldest lie beside this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from services.drafts.design import EffectKind as E
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.color import beside_alpha
from services.render.effects.scenes import (
    bars,
    clearing,
    curtain,
    double,
    edges,
    frame,
    ghost,
    glow,
    kaleidoscope,
    lens,
    light,
    negative,
    particles,
    poster,
    ripple,
    scanlines,
    split,
    spotlight,
    sway,
    tint,
)
from services.render.effects.time import Clock


@dataclass(frozen=True, slots=True)
class Scene:
    """A family: its steps for a strength above 0; whether they change from frame to frame, and whether they move alpha
    along with colours. Steps that do not, need not keep alpha.
    """

    steps: Callable[[float, Variation, Size, Clock], tuple[str, ...]]
    changes: bool = False
    moves: bool = False


SCENES: dict[E, Scene] = {
    E.BARS: Scene(bars.steps),
    E.CURTAIN: Scene(curtain.steps, changes=True),
    E.GHOST: Scene(ghost.steps, changes=True, moves=True),
    E.SWAY: Scene(sway.steps, changes=True, moves=True),
    E.FRAME: Scene(frame.steps),
    E.SPLIT: Scene(split.steps, moves=True),
    E.KALEIDOSCOPE: Scene(kaleidoscope.steps, moves=True),
    E.SCANLINES: Scene(scanlines.steps),
    E.NEGATIVE: Scene(negative.steps),
    E.EDGES: Scene(edges.steps),
    E.POSTER: Scene(poster.steps),
    E.LENS: Scene(lens.steps, moves=True),
    E.RIPPLE: Scene(ripple.steps, changes=True, moves=True),
    E.CLEARING: Scene(clearing.steps, changes=True, moves=True),
    E.DUOTONE: Scene(tint.steps),
    E.GLOW: Scene(glow.steps),
    E.DOUBLE: Scene(double.steps, moves=True),
    E.SPOTLIGHT: Scene(spotlight.steps, changes=True),
    E.LIGHT: Scene(light.steps, changes=True),
    E.RAIN: Scene(partial(particles.steps, particles.RAIN), changes=True),
    E.SNOW: Scene(partial(particles.steps, particles.SNOW), changes=True),
    E.BUBBLES: Scene(partial(particles.steps, particles.BUBBLES), changes=True),
    E.STARS: Scene(partial(particles.steps, particles.STARS), changes=True),
    E.PETALS: Scene(partial(particles.steps, particles.PETALS), changes=True),
    E.HEARTS: Scene(partial(particles.steps, particles.HEARTS), changes=True),
}
CHANGING_SCENES = frozenset(kind for kind, scene in SCENES.items() if scene.changes)


def scene_steps(kind: E, s: float, look: Variation, sides: Size, clock: Clock, *, alpha: bool) -> tuple[str, ...]:
    """One of `SCENES` at a strength above 0."""
    scene = SCENES[kind]
    found = scene.steps(s, look, sides, clock)
    if scene.moves:
        return (*found, "setsar=1")  # a change of the aspect ratio and back leaves a rest
    return (beside_alpha(",".join(found)),) if found and alpha else found
