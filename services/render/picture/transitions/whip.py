"""A slide that blurs in its direction, most in the middle: sigma 0.04 of the side."""

from services.drafts.design import Variation
from services.render.effects.shape import streak_steps
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import direction


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The blurred slide."""
    across, down = direction(look.angle(180, 0, 270, 90) // 90 * 90)
    side = mixer.size.width if across else mixer.size.height

    def blurred(rising: float) -> tuple[str, ...]:
        return streak_steps(0.04 * side * rising, mixer.size, across=bool(across), pixel_format=mixer.whole)

    return mixer.coarse(mixer.slid(across, down, before, after), blurred)
