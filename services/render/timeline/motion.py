"""Keyframes and animations of a segment as a pose per frame, and poses as ramps. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from services.drafts.curves import Property
from services.drafts.design import Animation
from services.drafts.records import Clip, Segment, TextMaterial
from services.render.box import Box
from services.render.timeline.animation import AT_REST, PoseChange, active, of_picture, pose_change
from services.render.timeline.geometry import Pose, turned
from services.render.timeline.prepared import Caption, Visual, fitted_size, largest_scale
from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import Motion, Span, time_of

PLACED = (Property.X, Property.Y, Property.SCALE_X, Property.SCALE_Y, Property.ROTATION, Property.ALPHA)
TONED = (Property.BRIGHTNESS, Property.CONTRAST, Property.SATURATION)
PIXELS_OFF, ALPHA_OFF = 0.02, 0.002
"""Maximum deviation of a ramp from its curve, invisible in the picture: the place of a pixel, and opacity."""


def moving(segment: Segment) -> bool:
    """Whether a segment's picture changes from frame to frame by keyframes or animations."""
    return any(curve.property in PLACED + TONED for curve in segment.curves) or active(_animations(segment))


def poses(segment: Segment, visual: Visual, region: Box, canvas: Box, span: Span, rate: Fraction) -> list[Pose]:
    """The segment's pose in each frame of the span; a single pose if it does not move."""
    if not moving(segment):
        return [_pose(segment, segment.clip, AT_REST, visual, region, canvas)]
    offsets = [time_of(frame, rate) - segment.target.start_us for frame in range(span.start, span.end)]
    return [
        _pose(segment, _clip_at(segment, offset), _pose_change_at(segment, offset), visual, region, canvas)
        for offset in offsets
    ]


def changed(pose: Pose, change: PoseChange, canvas: Box) -> Pose:
    """A pose changed about its own middle."""
    return replace(
        pose,
        center_x=pose.center_x + canvas.width * change.dx + pose.width * change.own_dx,
        center_y=pose.center_y + canvas.height * change.dy + pose.height * change.own_dy,
        width=max(1e-3, pose.width * change.scale * change.narrow),
        height=max(1e-3, pose.height * change.scale),
        rotation_deg=pose.rotation_deg + change.rotation_deg,
        alpha=min(1.0, max(0.0, pose.alpha * change.alpha)),
    )


def motion(segment: Segment, frame_poses: Sequence[Pose], span: Span, rate: Fraction) -> Motion:
    """The motion of a span: its poses, and the segment's tones, as ramps."""

    def ramp(values: list[float], tolerance: float) -> Ramp:
        return Ramp.through(values, tolerance).shifted(span.start)

    def tone(change: Property) -> Ramp:
        curve = segment.curve(change)
        offsets = [time_of(frame, rate) - segment.target.start_us for frame in range(span.start, span.end)]
        return ramp([curve.at(offset) if curve else 0.0 for offset in offsets], ALPHA_OFF)

    reach = max(math.hypot(pose.width, pose.height) / 2 for pose in frame_poses)
    return Motion(
        x=ramp([pose.center_x for pose in frame_poses], PIXELS_OFF),
        y=ramp([pose.center_y for pose in frame_poses], PIXELS_OFF),
        width=ramp([pose.width for pose in frame_poses], PIXELS_OFF),
        height=ramp([pose.height for pose in frame_poses], PIXELS_OFF),
        rotation_deg=ramp([pose.rotation_deg for pose in frame_poses], math.degrees(PIXELS_OFF / reach)),
        alpha=ramp([pose.alpha for pose in frame_poses], ALPHA_OFF),
        brightness=tone(Property.BRIGHTNESS),
        contrast=tone(Property.CONTRAST),
        saturation=tone(Property.SATURATION),
    )


def _clip_at(segment: Segment, offset_us: float) -> Clip:
    """The segment's clip settings with its curves' values at a time from its start; angles may exceed a turn."""
    placed = (curve for curve in segment.curves if curve.property in PLACED)
    values: dict[str, Any] = {curve.property.value: curve.at(offset_us) for curve in placed}
    return replace(segment.clip, **values)


def _animations(segment: Segment) -> Sequence[Animation]:
    return segment.animations if isinstance(segment.material, TextMaterial) else of_picture(segment.animations)


def _pose_change_at(segment: Segment, offset_us: float) -> PoseChange:
    animations = _animations(segment)
    text = isinstance(segment.material, TextMaterial)
    return pose_change(animations, offset_us, segment.target.duration_us, text=text) if animations else AT_REST


def _pose(segment: Segment, clip: Clip, change: PoseChange, visual: Visual, region: Box, canvas: Box) -> Pose:
    largest = largest_scale(segment) if isinstance(visual, Caption) else 1.0
    width, height = (
        side * max(0.0, scale) / largest
        for side, scale in zip(fitted_size(visual, region, canvas), (clip.scale_x, clip.scale_y), strict=True)
    )
    grown_x, grown_y = change.scale * change.narrow, change.scale
    rotation_deg = clip.rotation_deg + change.rotation_deg
    dx, dy = 0.0, 0.0
    if isinstance(visual, Caption):
        scale_x, scale_y = clip.scale_x / largest * grown_x, clip.scale_y / largest * grown_y
        dx, dy = turned(visual.offset_x * scale_x, visual.offset_y * scale_y, rotation_deg)
    return Pose(
        center_x=canvas.width * ((1 + clip.x) / 2 + change.dx) + width * change.own_dx + dx,
        center_y=canvas.height * ((1 - clip.y) / 2 + change.dy) + height * change.own_dy + dy,
        width=max(1e-3, width * grown_x),
        height=max(1e-3, height * grown_y),
        rotation_deg=rotation_deg,
        flip_horizontal=clip.flip_horizontal,
        flip_vertical=clip.flip_vertical,
        alpha=min(1.0, max(0.0, clip.alpha * change.alpha)),
    )
