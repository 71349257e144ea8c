"""A dissolve through a lens: a point at r, 1 in the corners, shows the one at r (1 - k r r), k up to 0.6 (0.35 of some
names) in the middle of the time.
"""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The bent dissolve."""
    most = look.pick(-0.6, -0.35)

    def bent(rising: float) -> list[str]:
        return [f"format={mixer.small}", f"lenscorrection=k1={most * rising:.4f}:k2=0:i=bilinear"]

    return mixer.coarse(mixer.through(mixer.even(), before, after), bent)
