"""The old picture narrows to a line by the middle, |1 - 2 p| of its width or height, and the new one widens from it."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import progress, resized, staged


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The turning picture on black."""
    narrow = f"abs(1-2*{progress(mixer)})"
    upright = look.angle(0, 90) % 180 == 0
    turning = resized(mixer, mixer.cut(before, after), (narrow, "1") if upright else ("1", narrow))
    return staged(mixer, (turning, "0", "0"))
