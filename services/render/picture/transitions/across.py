"""A cut at 13/24 of the time (compared with exports of the apps) in a blur across, whose sigma of up to 0.06 of the
width is ours.
"""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer

SWITCH = 13 / 24
SIGMA, STILL = 0.06, 0.1


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The blurred cut."""

    def blurred(rising: float) -> list[str]:
        sigma = max(STILL, SIGMA * mixer.size.width * rising)
        return [f"format={mixer.whole}", f"gblur=sigma={sigma:.3f}:sigmaV={STILL}:steps=2"]

    return mixer.coarse(mixer.cut(before, after, SWITCH), blurred)
