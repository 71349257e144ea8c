"""The switches of a segment (`enable_*`), one for each box in the apps' panels.

A material whose switch is off stays attached; it is ignored without a warning.
"""

from services.drafts.design import Curve, Property
from services.drafts.families.effects import ADJUSTMENTS, NEAR_ADJUSTMENTS
from services.drafts.fields import Fields
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
_ADJUSTED = (Property.BRIGHTNESS, Property.CONTRAST, Property.SATURATION)


def switched_on(segment: Fields, refs: list[MaterialEntry]) -> list[MaterialEntry]:
    """The extra materials of a segment that are switched on; a missing switch is on."""
    return [(bucket, found) for bucket, found in refs if _is_on(segment, _switch(bucket, found))]


def adjusted(segment: Fields, curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """The curves of a segment, without those of adjustments where these are switched off."""
    return curves if _is_on(segment, _ADJUST) else tuple(each for each in curves if each.property not in _ADJUSTED)


def _switch(bucket: str, found: Fields) -> str:
    """The name of a material's switch; empty where it has none."""
    kind = found.text("type")
    if bucket == "effects" and (kind in ADJUSTMENTS or kind in NEAR_ADJUSTMENTS):
        return _LUT if kind == "lut" else _ADJUST
    return _OF_BUCKETS.get(bucket, "")


def _is_on(segment: Fields, switch: str) -> bool:
    return segment.flag(switch, True)
