"""Both pictures move in one of eight directions, the new one behind the old one, by p p (3 - 2 p); black between."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import direction, progress, staged


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The pictures beside each other."""
    across, down = direction(look.angle(225, 315, 45, 135))
    part = progress(mixer)
    gone = f"{part}*{part}*(3-2*{part})"
    return staged(
        mixer,
        (before, f"{across}*W*{gone}", f"{down}*H*{gone}"),
        (after, f"{across}*W*({gone}-1)", f"{down}*H*({gone}-1)"),
    )
