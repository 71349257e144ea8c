"""The new picture shrinks from 1 + 1.2 (1 - p)^2 of its size while it dissolves in."""

from services.drafts.design import Variation
from services.render.picture.chains import frame_number
from services.render.picture.mixing import Mixer
from services.render.picture.transitions.stage import progress


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The dissolve."""
    del look  # all names look alike
    at_scale, at_crop = (progress(mixer, frame) for frame in (frame_number(mixer.span.rate), "n"))
    sides = mixer.size.width, mixer.size.height
    width, height = (f"2*round({side / 2}*(1+1.2*pow(1-{at_scale},2)))" for side in sides)
    # crop knows the first frame's size only
    x, y = (f"round({side / 2}*(1+1.2*pow(1-{at_crop},2)))-{side // 2}" for side in sides)
    steps = [f"scale=w='{width}':h='{height}':eval=frame", f"crop=w={sides[0]}:h={sides[1]}:x='{x}':y='{y}'"]
    return mixer.through(mixer.even(), before, mixer.chains.chain(after, [*steps, "setsar=1"]))
