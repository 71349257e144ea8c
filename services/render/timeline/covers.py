"""Animations that uncover a picture at its beginning or cover it at its end, as masks over time. Pure.

A front goes over the picture by a quadratic ease-out with a feather of 0.2, as in packages of the apps; that of the
middle and of the circle is the same by analogy. At the end the front goes on in its direction.
"""

import math
from dataclasses import replace

from services.drafts.design import COVERS, Animation, AnimationKind, AnimationPhase, Mask, MaskKind
from services.drafts.records import Segment
from services.render.timeline.animation import elapsed, quadratic

FEATHER = 0.2
LINE_MARGIN = 0.15
"""Reach of a line's feather, in shorter sides: three sigmas."""
SHAPE_MARGIN = 0.15
"""Reach of another shape's feather, of its size."""
_SEEN_FROM = {
    AnimationKind.WIPE_RIGHT: 270.0,
    AnimationKind.WIPE_LEFT: 90.0,
    AnimationKind.WIPE_UP: 180.0,
    AnimationKind.WIPE_DOWN: 0.0,
}
"""Rotation of a line, which keeps what is above it."""


def covers(segment: Segment) -> tuple[Animation, ...]:
    """The segment's animations that cover it."""
    return tuple(
        each
        for each in segment.animations
        if each.kind in COVERS and each.phase in (AnimationPhase.IN, AnimationPhase.OUT) and each.duration_us > 0
    )


def covered(segment: Segment, offset_us: float) -> bool:
    """Whether an animation covers some of the segment at a time from its start."""
    return any(_shown(each, offset_us, segment) < 1 for each in covers(segment))


def masks_at(segment: Segment, offset_us: float, width: float, height: float) -> tuple[Mask, ...]:
    """The segment's own mask and its covers at a time from its start; `width` and `height` are those of its picture in
    any unit.
    """
    own = () if segment.mask is None else (segment.mask.moved(segment.curves, offset_us),)
    shares = ((each, _shown(each, offset_us, segment)) for each in covers(segment))
    return (*own, *(_mask(each, share, width, height) for each, share in shares if share < 1))


def _shown(animation: Animation, offset_us: float, segment: Segment) -> float:
    """The share of the picture that is uncovered."""
    part = elapsed(animation, offset_us, segment.target.duration_us)
    return quadratic(part if animation.phase is AnimationPhase.IN else 1 - part)


def _mask(animation: Animation, share: float, width: float, height: float) -> Mask:
    if animation.kind is AnimationKind.OPEN:
        high = share * width / height / (1 - 2 * SHAPE_MARGIN)
        return Mask(kind=MaskKind.MIRROR, height=high, rotation_deg=90.0, feather=FEATHER)
    if animation.kind is AnimationKind.SPREAD:
        across = share * math.hypot(width, height) / (1 - 2 * SHAPE_MARGIN)
        return Mask(kind=MaskKind.CIRCLE, width=across / width, height=across / height, feather=FEATHER)
    turned = _SEEN_FROM[animation.kind] + (0.0 if animation.phase is AnimationPhase.IN else 180.0)
    sideways = turned % 180 != 0
    margin = 2 * LINE_MARGIN * min(width, height) / (width if sideways else height)
    place = (2 * share - 1) * (1 + margin)  # from the middle of the seen side to that of the other, in half pictures
    line = Mask(kind=MaskKind.LINE, rotation_deg=turned % 360, feather=FEATHER)
    angle = math.radians(turned)
    return replace(line, center_x=-place * math.sin(angle), center_y=-place * math.cos(angle))
