"""Few tones: Y in five steps, chroma 1.4 times as strong; mixed with the picture by s."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, look: Variation, _: Size, __: Clock) -> tuple[str, ...]:
    """The tones."""
    tones = look.pick(5, 4, 8)
    level = f"16+219*floor({tones}*clip((val-16)/219,0,0.999))/{tones - 1}"
    chroma = f"128.5+(val-128)*{1 + 0.4 * s:.5f}"
    return (f"lutyuv=y='val+{s:.5f}*({level}-val)+0.5':u='{chroma}':v='{chroma}'",)
