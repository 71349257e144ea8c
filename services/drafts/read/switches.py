"""The switches of a segment (`enable_*`), one for each box in the apps' panels.

A material whose switch is off stays attached; it is ignored without a warning.
"""

from services.drafts.curves import MASKED, Curve, Property
from services.drafts.families.effects import ADJUSTMENTS, NEAR_ADJUSTMENTS
from services.drafts.fields import Fields
from services.drafts.read.keyed_names import ADJUSTED, LUT
from services.drafts.read.material_index import MaterialEntry

_ADJUST, _LUT = "enable_adjust", "enable_lut"
_OF_BUCKETS = {
    "masks": "enable_video_mask",
    "common_mask": "enable_video_mask",
    "hsl": "enable_hsl",
    "color_curves": "enable_color_curves",
    "hsl_curves": "enable_hsl_curves",
    "primary_color_wheels": "enable_color_wheels",
    "log_color_wheels": "enable_color_wheels",
}
_ADJUSTED = frozenset({Property.BRIGHTNESS, Property.CONTRAST, Property.SATURATION})


def switched_on(segment: Fields, refs: list[MaterialEntry]) -> list[MaterialEntry]:
    """The extra materials of a segment that are switched on; a missing switch is on."""
    return [(bucket, found) for bucket, found in refs if _is_on(segment, _switch(bucket, found))]


def adjusted(segment: Fields, curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """The curves of a segment, without those of adjustments or the mask where these are switched off."""
    switches = {_ADJUST: _ADJUSTED, _OF_BUCKETS["masks"]: MASKED}
    off = frozenset[Property]().union(*(moved for name, moved in switches.items() if not _is_on(segment, name)))
    return tuple(each for each in curves if each.property not in off)


def keyed_on(segment: Fields, name: str) -> bool:
    """Whether the effects that a list of keyframes moves are switched on."""
    return _is_on(segment, _LUT if name == LUT else _ADJUST if name in ADJUSTED else "")


def _switch(bucket: str, found: Fields) -> str:
    """The name of a material's switch; empty where it has none."""
    kind = found.text("type")
    if bucket == "effects" and (kind in ADJUSTMENTS or kind in NEAR_ADJUSTMENTS):
        return _LUT if kind == "lut" else _ADJUST
    return _OF_BUCKETS.get(bucket, "")


def _is_on(segment: Fields, switch: str) -> bool:
    return segment.flag(switch, True)
