"""A dissolve through a blur along rays: the old picture grows from 1 to 2 and the new one from 2/3 to 1, mirrored
beyond its edges. Scales are the apps'; the blur, most in the middle, is ours.
"""

import math

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import TAGS
from services.render.picture.transitions.stage import enlarged, rayed

BEGINS = 2 / 3
"""Scale of the new picture at first."""
REACH = 0.02
"""The largest step of the blur, of a distance from the middle; seven steps make it."""


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The blurred dissolve."""
    del look  # all names look alike
    canvas = mixer.size
    across, down = (2 * math.ceil(side * (1 / BEGINS - 1) / 4) for side in (canvas.width, canvas.height))
    wide = Size(canvas.width + 2 * across, canvas.height + 2 * down)
    mirrored = [
        f"format={mixer.whole}",
        f"pad=w={wide.width}:h={wide.height}:x={across}:y={down}",
        f"fillborders=left={across}:right={across}:top={down}:bottom={down}:mode=mirror",
        TAGS,
    ]
    coming = mixer.chains.chain(after, mirrored)
    coming = enlarged(mixer, coming, lambda part: f"{BEGINS:.6f}+{1 - BEGINS:.6f}*{part}", size=wide)
    mixed = mixer.through(mixer.even(), enlarged(mixer, before, lambda part: f"1+{part}"), coming)
    return rayed(mixer, mixed, lambda part: f"{REACH}*(1-abs(2*{part}-1))")
