"""Both pictures are neighbouring faces of a cube that turns by 90 degrees between 0.133 and 0.633 of the time, seen in
a field of view of 60.5 degrees. Compared with exports of the apps, whose easing is not known: it turns evenly.
"""

import math
from collections.abc import Iterator

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import CLEAR, TAGS
from services.render.picture.transitions.stage import progress, staged

BEGINS, TURNS = 0.133, 0.5
"""Of the time: the beginning of the turn, and its length."""
VIEW_DEG = 60.5
MARGIN = 4
"""Transparent pixels around a face, for smooth edges."""
EDGE_ON = 0.01
"""Sine of the angle below which a face is not seen."""


def drawn(mixer: Mixer, _: Variation, before: str, after: str) -> str:
    """The faces on black."""
    angle = f"(PI/2*clip(({progress(mixer, '(in-1)')}-{BEGINS})/{TURNS},0,1))"
    faces = ((_face(mixer, before, angle), "0", "0"), (_face(mixer, after, f"({angle}-PI/2)"), "0", "0"))
    return staged(mixer, *faces)


def _face(mixer: Mixer, label: str, angle: str) -> str:
    """A face turned to the left by an angle from facing the camera; one that is not seen lies outside of the canvas."""
    width, height = mixer.size.width, mixer.size.height
    pad = f"pad=w={width + 2 * MARGIN}:h={height + 2 * MARGIN}:x={MARGIN}:y={MARGIN}:color={CLEAR}"
    place = ":".join(f"{name}='{at}'" for name, at in _corners(width, height, angle))
    steps = ["format=yuva444p", TAGS, pad, "premultiply=inplace=1", f"perspective={place}:sense=destination:eval=frame"]
    crop = f"crop=w={width}:h={height}:x={MARGIN}:y={MARGIN}:exact=1"
    return mixer.chains.chain(label, [*steps, "unpremultiply=inplace=1", crop, TAGS])


def _corners(width: int, height: int, angle: str) -> Iterator[tuple[str, str]]:
    """The places of the padded face's corners."""
    away = height / 2 / math.tan(math.radians(VIEW_DEG / 2))
    middle_x, middle_y = width / 2 + MARGIN, height / 2 + MARGIN
    seen = f"gt(cos({angle}),{EDGE_ON})"
    corners = ((x + 0.5, y + 0.5) for y in (-middle_y, middle_y) for x in (-middle_x, middle_x))
    # pixels lie at integers; the axis lies half a width behind the face; depth counts from the camera
    for number, (x, y) in enumerate(corners):
        right = f"({x}*cos({angle})-{width / 2}*sin({angle}))"
        depth = f"({away + width / 2:.6f}-{x}*sin({angle})-{width / 2}*cos({angle}))"
        yield f"x{number}", f"if({seen},{middle_x - 0.5}+{right}*{away:.6f}/{depth},{x - 4 * width})"
        yield f"y{number}", f"if({seen},{middle_y - 0.5}+{y}*{away:.6f}/{depth},{middle_y + y})"
