"""Both pictures by turns: six stretches of equal length, the old one first."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The turns."""
    turns = look.pick(6, 4, 8)
    level = f"mod(floor({turns}*({mixer.span.ramp.expression('N')})),2)"
    return mixer.through(mixer.plane(level, 16, 16, "neighbor"), before, after)
