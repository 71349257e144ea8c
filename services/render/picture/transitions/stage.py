"""A black stage (transparent for pictures with alpha), on which pictures are placed and scaled frame by frame."""

import math
from collections.abc import Callable

from services.render.box import Size
from services.render.picture.chains import frame_number, repeated
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import CLEAR, TAGS


def progress(mixer: Mixer, frame: str = "") -> str:
    """The progress as an expression of a filter's `t`, or of another frame number."""
    return f"({mixer.span.ramp.expression(frame or frame_number(mixer.span.rate))})"


def direction(angle_deg: int) -> tuple[int, int]:
    """The nearest of eight directions: -1, 0 or 1 to the right and down."""
    angle = math.radians(angle_deg)
    return round(1.2 * math.cos(angle)), round(1.2 * math.sin(angle))


def staged(mixer: Mixer, *placed: tuple[str, str, str]) -> str:
    """Pictures of the canvas's size over each other, the lowest first: label, and position as expressions of `t`, `W`
    and `H`.
    """
    color = "black@0" if mixer.clear else "black"
    source = f"color=c={color}:s={mixer.size.width}x{mixer.size.height}:r={mixer.rate}"
    shown = mixer.chains.chain(
        "", [source, "trim=end_frame=1", f"format={mixer.whole}", TAGS, *repeated(mixer.span.count)]
    )
    forms = "|".join(dict.fromkeys(("yuva444p", mixer.whole)))
    for label, x, y in placed:
        top = mixer.chains.chain(label, [f"format={forms}", TAGS])
        shown = mixer.chains.chain(shown + top, [f"overlay=x='{x}':y='{y}':eval=frame:format=yuv444"])
    return mixer.chains.chain(shown, [f"format={mixer.small}", TAGS])


def resized(mixer: Mixer, label: str, shares: tuple[str, str], anchor: tuple[float, float] = (0.5, 0.5)) -> str:
    """A picture scaled in each frame to shares of the canvas's sides (expressions of `t`), by even pixels, on a
    transparent canvas; `anchor` is its place there, 0..1 from the left and from above.
    """
    sides = (mixer.size.width, mixer.size.height)
    width, height = (f"max(2,2*round({side / 2}*({share})))" for side, share in zip(sides, shares, strict=True))
    x, y = (f"(o{name}-i{name})*{place}" for name, place in zip("wh", anchor, strict=True))
    pad = f"pad=w={sides[0]}:h={sides[1]}:x='{x}':y='{y}':color={CLEAR}:eval=frame"
    return mixer.chains.chain(label, ["format=yuva444p", TAGS, f"scale=w='{width}':h='{height}':eval=frame", pad, TAGS])


def enlarged(
    mixer: Mixer,
    label: str,
    share: Callable[[str], str],
    anchor: tuple[float, float] = (0.5, 0.5),
    size: Size | None = None,
) -> str:
    """The canvas's part of a picture (of `size`, else the canvas's) that is scaled in each frame, by even pixels, to a
    share of the progress, which covers the canvas. `anchor` is the point that stays, 0..1 from the left and from above.
    """
    own, canvas = size or mixer.size, mixer.size
    at_scale, at_crop = (share(progress(mixer, frame)) for frame in (frame_number(mixer.span.rate), "n"))
    pairs = ((own.width, canvas.width), (own.height, canvas.height))
    width, height = (f"max({least},2*round({side / 2}*({at_scale})))" for side, least in pairs)
    # crop knows the first frame's size only
    x, y = (
        f"{place}*max(0,2*round({side / 2}*({at_crop}))-{least})"
        for place, (side, least) in zip(anchor, pairs, strict=True)
    )
    crop = f"crop=w={canvas.width}:h={canvas.height}:x='{x}':y='{y}'"
    return mixer.chains.chain(label, [f"scale=w='{width}':h='{height}':eval=frame", crop, "setsar=1", TAGS])


def rayed(mixer: Mixer, label: str, reach: Callable[[str], str]) -> str:
    """The picture blurred along rays from its middle: the mean of itself at 1 to 1 + 7 `reach` (of the progress) of its
    size, in steps of `reach`.
    """
    for doubled in (1, 2, 4):

        def grown(part: str, times: int = doubled) -> str:
            return f"1+{times}*{reach(part)}"

        one, other = mixer.chains.split(label, 2)
        label = mixer.chains.chain(one + enlarged(mixer, other, grown), ["blend=all_mode=average", TAGS])
    return label
