"""The new picture widens from a side and squeezes the old one: widths p p (3 - 2 p) and the rest."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import direction, progress, resized, staged


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """Both pictures side by side."""
    across, down = direction(look.angle(180, 0, 90, 270))
    part = progress(mixer)
    wide = f"{part}*{part}*(3-2*{part})"
    far = max(0, -across), max(0, -down)
    shares = ((share, "1") if across else ("1", share) for share in (f"1-{wide}", wide))
    places = (1 - far[0], 1 - far[1]), far
    shown = (
        resized(mixer, label, share, place) for label, share, place in zip((before, after), shares, places, strict=True)
    )
    return staged(mixer, *((label, "0", "0") for label in shown))
