"""The families of transitions: one module each, one row each here. Those of mixing.py are the oldest and plainest."""

from services.drafts.design import TransitionKind as T
from services.drafts.design import Variation
from services.render.picture.mixing import Drawing, Mixer
from services.render.picture.transitions import (
    blinds,
    bounce,
    brush,
    card,
    cells,
    clock,
    cover,
    doors,
    dots,
    exposure,
    fisheye,
    flash,
    flip,
    glitch,
    heart,
    ink,
    leak,
    mirror,
    mist,
    negative,
    panes,
    polygon,
    pull,
    push,
    rings,
    shake,
    sine,
    spin,
    spiral,
    star,
    stretch,
    strobe,
    sweep,
    tear,
    waves,
    whip,
)
from services.render.picture.transitions.front import Front

FIRE, PAPER = (1.0, 0.55, 0.1, 1.0), (0.97, 0.96, 0.93, 1.0)
FAMILIES: dict[T, Drawing] = {
    T.SWEEP: Front(sweep.arrival, soft=0.3).drawing,
    T.BLINDS: Front(blinds.arrival).drawing,
    T.DOORS: Front(doors.arrival).drawing,
    T.CLOCK: Front(clock.arrival).drawing,
    T.HEART: Front(heart.arrival).drawing,
    T.STAR: Front(star.arrival).drawing,
    T.POLYGON: Front(polygon.arrival).drawing,
    T.CELLS: Front(cells.arrival).drawing,
    T.INK: Front(ink.arrival, soft=0.15).drawing,
    T.BURN: Front(ink.arrival, color=FIRE).drawing,
    T.DOTS: Front(dots.arrival).drawing,
    T.WAVES: Front(waves.arrival).drawing,
    T.TEAR: Front(tear.arrival, color=PAPER).drawing,
    T.BRUSH: Front(brush.arrival).drawing,
    T.SPIRAL: Front(spiral.arrival).drawing,
    T.RINGS: Front(rings.arrival).drawing,
    T.PUSH: push.drawn,
    T.COVER: cover.drawn,
    T.CARD: card.drawn,
    T.FLIP: flip.drawn,
    T.STRETCH: stretch.drawn,
    T.SPIN: spin.drawn,
    T.PULL: pull.drawn,
    T.SHAKE: shake.drawn,
    T.WHIP: whip.drawn,
    T.GLITCH: glitch.drawn,
    T.NEGATIVE: negative.drawn,
    T.MIRROR: mirror.drawn,
    T.FISHEYE: fisheye.drawn,
    T.FLASH: flash.drawn,
    T.LEAK: leak.drawn,
    T.STROBE: strobe.drawn,
    T.SINE: sine.drawn,
    T.EXPOSURE: exposure.drawn,
    T.MIST: mist.drawn,
    T.PANES: Front(panes.arrival, soft=0.02).drawing,
    T.BOUNCE: bounce.drawn,
}


def mix(mixer: Mixer, kind: T, look: Variation, before: str, after: str) -> str:
    """The label of a transition's frames."""
    drawing = FAMILIES.get(kind)
    return drawing(mixer, look, before, after) if drawing else mixer.mix(kind, before, after)
