"""A dissolve by a sine in-out, at rest for 0.075 of the time at both ends: compared with exports of the apps."""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer

REST = 0.075


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The dissolve."""
    part = f"clip((({mixer.span.ramp.expression('N')})-{REST})/{1 - 2 * REST},0,1)"
    return mixer.through(mixer.plane(f"(1-cos(PI*{part}))/2", 16, 16, "neighbor"), before, after)
