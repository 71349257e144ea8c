"""A broken signal: ten pieces of the time show one picture or the other, their red and blue apart."""

from services.drafts.design import Variation
from services.render.effects.color import FROM_RGB, TO_RGB
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import TAGS
from services.render.picture.transitions.stage import progress

LATER = (0, 0, 0, 1, 0, 1, 0, 1, 1, 1)
"""The picture of each tenth of the time: 0 the old one."""
SHIFTS = (0.0, 0.02, -0.03, 0.05, 0.0, -0.06, 0.04, -0.03, 0.015, 0.0)
"""Of the side, how far red is moved right or down, and blue left or up."""


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The pieces."""
    tenth = f"floor(10*{progress(mixer, 'N')})"
    seen = "+".join(f"eq({tenth},{number})" for number, later in enumerate(LATER) if later)
    shown = mixer.through(mixer.plane(f"gt({seen},0)", 16, 16, "neighbor"), before, after)
    axis, side = ("h", mixer.size.width) if look.angle(0, 0, 90) % 180 == 0 else ("v", mixer.size.height)
    more, now = look.pick(1.0, 1.6, 0.6, salt=2), f"floor(10*{progress(mixer)})"
    shifts = [
        f"rgbashift=r{axis}={moved}:b{axis}={-moved}:enable='eq({now},{number})'"
        for number, moved in enumerate(round(part * more * side) for part in SHIFTS)
        if moved
    ]
    return mixer.chains.chain(shown, [*TO_RGB, *shifts, *FROM_RGB, f"format={mixer.small}", TAGS])
