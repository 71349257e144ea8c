"""A dissolve below a bar of light that moves over the picture: opacity
0.95 (1 - |2 p - 1|) exp(-10 (a - 1.6 p + 0.3)^2), a the way in the direction.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import direction

WARM = ((1.0, 0.75, 0.35, 1.0), (1.0, 0.5, 0.45, 1.0), (0.8, 0.75, 1.0, 1.0), (0.6, 1.0, 0.9, 1.0))
DETAIL = Size(64, 64)


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The lit dissolve."""
    across, down = direction(look.angle(0, 90, 180, 270, 45))
    parts = [("(X+0.5)/W" if sign > 0 else "(W-X-0.5)/W") if sign else "" for sign in (across,)]
    parts += [("(Y+0.5)/H" if sign > 0 else "(H-Y-0.5)/H") if sign else "" for sign in (down,)]
    seen = [part for part in parts if part]
    way = f"(({'+'.join(seen)})/{len(seen)})"
    part = f"({mixer.span.ramp.expression('N')})"
    level = f"0.95*(1-abs(2*{part}-1))*exp(-10*pow({way}-1.6*{part}+0.3,2))"
    plane = mixer.plane(level, DETAIL.width, DETAIL.height, "bilinear")
    return mixer.tinted(plane, look.color or look.pick(*WARM, salt=4), mixer.through(mixer.even(), before, after))
