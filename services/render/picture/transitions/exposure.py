"""The old picture is exposed longer and longer up to the cut, and the new one less and less: R'G'B' times
2^(16 min(p, 1 - p)). Compared with exports of the apps, whose exponent has an easing that is not known.
"""

from services.drafts.design import Variation
from services.render.effects.color import FROM_RGB, TO_RGB
from services.render.picture.mixing import Mixer

DOUBLINGS = 8
"""In the middle: every code but 0 is full."""
STEPS = 60


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The exposed pictures."""

    def exposed(rising: float) -> list[str]:
        gain = f"clip(val*{2 ** (DOUBLINGS * rising):.6f},minval,maxval)"
        return [*TO_RGB, f"lutrgb=r='{gain}':g='{gain}':b='{gain}'", *FROM_RGB]

    return mixer.coarse(mixer.cut(before, after), exposed, steps=STEPS)
