"""The old picture becomes a card of 0.55 of its size by the middle, and leaves; the new one lies below."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import direction, progress, resized, staged


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The card over the new picture."""
    across, down = direction(look.angle(270, 0, 180, 90, 315))
    part = progress(mixer)
    small = f"1-0.45*min(1,2*{part})"
    gone = f"0.8*pow(max(0,2*{part}-1),2)"
    card = resized(mixer, before, (small, small))
    return staged(mixer, (after, "0", "0"), (card, f"{across}*W*{gone}", f"{down}*H*{gone}"))
