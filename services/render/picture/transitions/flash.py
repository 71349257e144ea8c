"""A dip to a colour, white if the name tells none."""

from services.drafts.colors import WHITE
from services.drafts.design import Variation
from services.render.picture.mixing import Mixer


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The dip."""
    return mixer.dipped(look.color or look.pick(WHITE, (1.0, 0.93, 0.7, 1.0), (0.75, 0.9, 1.0, 1.0)), before, after)
