"""The new picture falls over the old one and bounces: it is away by |cos(2.5 pi p)| (1 - p)^2 of a side."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import direction, progress, staged


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The new picture over the old one."""
    across, down = direction(look.angle(90, 0, 180, 270))
    part = progress(mixer)
    away = f"abs(cos(2.5*PI*{part}))*pow(1-{part},2)"
    return staged(mixer, (before, "0", "0"), (after, f"-({across})*W*{away}", f"-({down})*H*{away}"))
