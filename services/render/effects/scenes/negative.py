"""The negative: c + s (1 - 2 c)."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, _: Variation, __: Size, ___: Clock) -> tuple[str, ...]:
    """The negative."""
    level = f"val+{s:.5f}*(negval-val)+0.5"
    return (f"lutyuv=y='{level}':u='{level}':v='{level}'",)
