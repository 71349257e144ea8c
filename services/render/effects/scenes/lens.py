"""A lens: a point at r, 1 in the corners, shows the one at r (1 - k r r), k = 0.5 s; some names have 0.3 s."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, look: Variation, _: Size, __: Clock) -> tuple[str, ...]:
    """The bent picture; each plane is bent by itself."""
    return ("format=yuva420p|yuv420p", f"lenscorrection=k1={-look.pick(0.5, 0.3) * s:.5f}:k2=0:i=bilinear")
