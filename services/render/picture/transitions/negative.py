"""The negative from a quarter of the time to three quarters, over a cut or a dissolve."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import TAGS

NEGATED = "lutyuv=y=negval:u=negval:v=negval"


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The cut, or dissolve, with its negative."""
    mixed = mixer.through(mixer.even(), before, after) if look.pick(False, True) else mixer.cut(before, after)
    mixed, other = mixer.chains.split(mixed, 2)
    plane = mixer.plane(f"between({mixer.span.ramp.expression('N')},0.25,0.75)", 16, 16, "neighbor")
    return mixer.through(plane, mixed, mixer.chains.chain(other, [NEGATED, TAGS]))
