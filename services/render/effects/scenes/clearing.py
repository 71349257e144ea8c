"""A picture that becomes clear: blurred by a sigma of 0.03 s of the shorter side, which falls to nothing in the first
second, in twelve even steps.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock

SIGMA, STEPS = 0.03, 12


def steps(s: float, _: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """A blur for each twelfth of the second, with chroma at full resolution."""
    found = ["format=yuva444p|yuv444p"]
    for step in range(STEPS):
        sigma = SIGMA * s * sides.shorter * (1 - (step + 0.5) / STEPS)
        bounds = f"gte({clock.seconds}+1e-6,{step / STEPS:.6f})*lt({clock.seconds}+1e-6,{(step + 1) / STEPS:.6f})"
        found.append(f"gblur=sigma={sigma:.4f}:steps=2:enable='{bounds}'")
    return tuple(found)
