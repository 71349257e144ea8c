"""The old picture falls off the new one and bounces: it stands |cos 3 pi p| (1 - sin(pi p / 2)) of the height above the
canvas's lower edge. Compared with exports of the apps.
"""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import progress, staged


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The old picture over the new one."""
    part = progress(mixer)
    return staged(mixer, (after, "0", "0"), (before, "0", f"H*(1-abs(cos(3*PI*{part}))*(1-sin(PI*{part}/2)))"))
