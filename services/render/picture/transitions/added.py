"""Both pictures added: a dissolve by p times 2 - |2 p - 1|, so that each is as bright as before in the middle."""

from services.drafts.design import Variation
from services.render.effects.color import FROM_RGB, TO_RGB
from services.render.picture.mixing import Mixer

STEPS = 60


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The bright dissolve."""

    def lit(rising: float) -> list[str]:
        gain = f"clip(val*{1 + rising:.6f},minval,maxval)"
        return [*TO_RGB, f"lutrgb=r='{gain}':g='{gain}':b='{gain}'", *FROM_RGB]

    return mixer.coarse(mixer.through(mixer.even(), before, after), lit, steps=STEPS)
