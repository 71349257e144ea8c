"""The old page rolls up and uncovers the new one: on a way 0..1 across the canvas, at 100 degrees, the roll reaches
1/2pi to each side of p (1 + 2/2pi) - 1/2pi. Angle and radius are the apps'; the back of the page is white paper, lit by
sqrt(1 - d d) at a distance d of radii, and its shadow is ours.
"""

import math

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.front import along, arrivals, leveled

RADIUS = 1 / math.tau
TILTED_DEG = 170
"""The direction of the usual page, leftwards and a little down."""
PAPER, SHADE = (0.97, 0.96, 0.93, 1.0), (0.0, 0.0, 0.0, 1.0)
DARKEST = 0.45
"""Opacity of the shade at the roll's edges, and of its shadow beside it."""
EDGE = 0.02
"""Softness of the roll's edges, on the way."""


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The new page below the old one, and the roll with its shadow over both."""
    way = arrivals(mixer, along(look.angle(TILTED_DEG), mixer.size))
    part = f"({mixer.span.ramp.expression('N')})"
    away = f"st(0,(p(X,Y)/255-{part}*{1 + 2 * RADIUS:.6f}+{RADIUS:.6f})/{RADIUS:.6f});"
    soft = EDGE / RADIUS
    roll = f"{away}(1-abs(ld(0)))/{soft:.6f}+0.5"
    shade = f"{away}{DARKEST}*if(lt(abs(ld(0)),1),1-sqrt(1-ld(0)*ld(0)),lt(ld(0),0)*max(0,2+ld(0)))"
    ways = mixer.chains.split(way, 3)
    opened, rolled, shaded = (
        leveled(mixer, each, level) for each, level in zip(ways, (f"{away}-ld(0)/{soft:.6f}", roll, shade), strict=True)
    )
    page = mixer.tinted(rolled, PAPER, mixer.through(opened, before, after))
    return mixer.tinted(shaded, SHADE, page)
