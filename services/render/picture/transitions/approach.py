"""The old picture grows by 0.3 about a point at (0.5, 0.3) from the upper left corner, and dissolves into the new one
in a blur. Growth and point are the apps'; the blur, most in the middle, is that of `blur`.
"""

from collections.abc import Iterable

from services.drafts.design import Variation
from services.render.effects.shape import blur_steps
from services.render.picture.mixing import BLUR_AT_MOST, Mixer
from services.render.picture.transitions.stage import enlarged

GROWTH, POINT = 0.3, (0.5, 0.3)


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The blurred dissolve."""
    near = enlarged(mixer, before, lambda part: f"1+{GROWTH}*{part}", POINT)

    def blurred(rising: float) -> Iterable[str]:
        sigma = BLUR_AT_MOST * mixer.size.width * rising
        return blur_steps(sigma, mixer.size.width, mixer.size.height, alpha=mixer.clear)

    return mixer.coarse(mixer.through(mixer.even(), near, after), blurred)
