"""Ink or smoke that spreads: arrival = 0.45 n + 0.55 r, with
n = 1/2 + (sin(6 k u + 2.3 sin(5 k v + s)) + sin(7 k v + 2.1 sin(4 k u + 2 s))) / 4.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import RADIUS, U, V


def arrival(look: Variation, _: Size) -> str:
    """The arrival of the ink."""
    fine, shift = look.pick(1.0, 2.0, 3.5), look.seed % 89 / 7
    first = f"sin({6 * fine}*{U}+2.3*sin({5 * fine}*{V}+{shift:.4f}))"
    second = f"sin({7 * fine}*{V}+2.1*sin({4 * fine}*{U}+{2 * shift:.4f}))"
    return f"0.45*(0.5+({first}+{second})/4)+0.55*{RADIUS}"
