"""The picture turns and grows to the middle, and on to the new one: with q = min(2 p, 2 - 2 p) squared, by a q and
1 + 0.6 q about the middle, the new one from the other side. Edge pixels go on outside.
"""

import math

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import TAGS
from services.render.picture.transitions.stage import progress


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The turning picture."""
    turn = math.radians(look.pick(90, 45, 180)) * (1 if look.clockwise() else -1)
    part = progress(mixer, "(in-1)")
    near = f"st(1,pow(min(2*{part},2-2*{part}),2));st(0,{turn:.6f}*ld(1)*if(lt({part},0.5),1,-1));"
    size = mixer.size
    corners: list[str] = []
    for number, (right, down) in enumerate(((-1, -1), (1, -1), (-1, 1), (1, 1))):
        x, y = right * size.width / 2, down * size.height / 2
        corners.append(f"x{number}='{near}{size.width / 2}+({x}*cos(ld(0))+{y}*sin(ld(0)))/(1+0.6*ld(1))'")
        corners.append(f"y{number}='{near}{size.height / 2}+({y}*cos(ld(0))-{x}*sin(ld(0)))/(1+0.6*ld(1))'")
    turned = f"perspective={':'.join(corners)}:sense=source:eval=frame"
    clear = [f"format={mixer.whole}", TAGS, "premultiply=inplace=1", turned, "unpremultiply=inplace=1"]
    steps = clear if mixer.clear else [turned]
    return mixer.chains.chain(mixer.cut(before, after), [*steps, f"format={mixer.small}", TAGS])
