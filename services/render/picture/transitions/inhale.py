"""The old picture shrinks to a point in the middle by 1 - p p, and uncovers the new one; or the new one grows from
there by p (2 - p).
"""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import progress, resized, staged


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The smaller picture over the other."""
    part = progress(mixer)
    grows = look.opening is True
    share = f"{part}*(2-{part})" if grows else f"1-{part}*{part}"
    small = resized(mixer, after if grows else before, (share, share))
    return staged(mixer, (before if grows else after, "0", "0"), (small, "0", "0"))
