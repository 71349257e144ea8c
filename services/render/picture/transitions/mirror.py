"""A dissolve that is mirrored about its middle line from a quarter of the time to three quarters."""

from services.drafts.design import Variation
from services.render.effects.shape import mirror_axis
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import TAGS
from services.render.picture.transitions.stage import progress


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The mirrored dissolve."""
    mixed, other = mixer.chains.split(mixer.through(mixer.even(), before, after), 2)
    right, bottom = (side - mirror_axis(side) for side in (mixer.size.width, mixer.size.height))
    borders = look.pick(f"right={right}", f"bottom={bottom}", f"right={right}:bottom={bottom}")
    part = progress(mixer, "N")
    plane = mixer.plane(f"between({part},0.25,0.75)", 16, 16, "neighbor")
    return mixer.through(plane, mixed, mixer.chains.chain(other, [f"fillborders={borders}:mode=mirror", TAGS]))
