"""Ten bars, each opening from its right: the new picture is where 10 x mod 1 >= smoothstep(-0.5, 0, x - 1.5 p). The
arrival is that, solved for p.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import X_

BARS, SOFT = 10, 0.5


def arrival(_: Variation, __: Size) -> str:
    """The arrival of the bars' edges."""
    part = f"(0.5-sin(asin(1-2*mod({BARS}*{X_},1))/3))"
    return f"({X_}+{SOFT}-{SOFT}*{part})/{1 + SOFT}"
