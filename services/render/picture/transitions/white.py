"""A white light that rises up to a cut at 0.6 of the time (compared with exports of the apps) and falls from it: its
opacity, the square of the part of the way, is ours.
"""

from services.drafts.colors import WHITE
from services.drafts.design import Variation
from services.render.picture.mixing import Mixer

SWITCH = 0.6


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The lit cut."""
    part = f"({mixer.span.ramp.expression('N')})"
    level = f"pow(min({part}/{SWITCH},(1-{part})/{1 - SWITCH}),2)"
    return mixer.tinted(mixer.plane(level, 16, 16, "neighbor"), WHITE, mixer.cut(before, after, SWITCH))
