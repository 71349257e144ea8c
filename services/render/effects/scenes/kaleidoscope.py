"""The upper left quarter, mirrored to the right and down; some names mirror downwards only."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.shape import mirror_axis
from services.render.effects.time import Clock


def steps(_: float, look: Variation, sides: Size, __: Clock) -> tuple[str, ...]:
    """The mirrored borders."""
    right, bottom = (side - mirror_axis(side) for side in (sides.width, sides.height))
    return (f"fillborders={look.pick(f'right={right}:bottom={bottom}', f'bottom={bottom}')}:mode=mirror",)
