"""A dissolve by a quadratic in-out r, blurred by 4 r (1 - r): compared with exports of the apps. The blur's largest
sigma, 0.03 of the width, is ours.
"""

from collections.abc import Iterable

from services.drafts.design import Variation
from services.render.effects.shape import blur_steps
from services.render.picture.mixing import BLUR_AT_MOST, Mixer

QUADRATIC = "if(lt(ld(0),0.5),2*pow(ld(0),2),1-2*pow(1-ld(0),2))"


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The blurred dissolve."""
    level = f"st(0,{mixer.span.ramp.expression('N')});{QUADRATIC}"
    mixed = mixer.through(mixer.plane(level, 16, 16, "neighbor"), before, after)

    def blurred(rising: float) -> Iterable[str]:
        mix = rising**2 / 2
        sigma = BLUR_AT_MOST * mixer.size.width * 4 * mix * (1 - mix)
        return blur_steps(sigma, mixer.size.width, mixer.size.height, alpha=mixer.clear)

    return mixer.coarse(mixed, blurred)
