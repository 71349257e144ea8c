"""A cut at 13/24 of the time (compared with exports of the apps) in a blur across, whose sigma of up to 0.06 of the
width is ours.
"""

from services.drafts.design import Variation
from services.render.effects.shape import streak_steps
from services.render.picture.mixing import Mixer

SWITCH = 13 / 24
SIGMA = 0.06


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The blurred cut."""

    def blurred(rising: float) -> tuple[str, ...]:
        return streak_steps(SIGMA * mixer.size.width * rising, mixer.size, across=True, pixel_format=mixer.whole)

    return mixer.coarse(mixer.cut(before, after, SWITCH), blurred)
