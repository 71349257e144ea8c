"""From a segment's keyframes to curves."""

import math
from collections.abc import Iterator
from itertools import islice

from services.drafts.design import Curve, Keyframe, Property
from services.drafts.fields import Fields, finite
from services.drafts.read_clip import FARTHEST, LARGEST_SCALE, LOUDEST
from services.drafts.reading import Limits
from services.drafts.records import TrackKind
from services.drafts.undrawn import MANY, warn_of
from services.errors import WarningCode

_TURNS_DEG = 360_000.0
_PROPERTIES: dict[str, tuple[Property, ...]] = {
    "KFTypePositionX": (Property.X,),
    "KFTypePositionY": (Property.Y,),
    "KFTypeScaleX": (Property.SCALE_X,),
    "KFTypeScaleY": (Property.SCALE_Y,),
    "KFTypeUniformScale": (Property.SCALE_X, Property.SCALE_Y),
    "UNIFORM_SCALE": (Property.SCALE_X, Property.SCALE_Y),
    "KFTypeRotation": (Property.ROTATION,),
    "KFTypeAlpha": (Property.ALPHA,),
    "KFTypeGlobalAlpha": (Property.ALPHA,),
    "KFTypeVolume": (Property.VOLUME,),
    "KFTypeBrightness": (Property.BRIGHTNESS,),
    "KFTypeContrast": (Property.CONTRAST,),
    "KFTypeSaturation": (Property.SATURATION,),
}
"""By `property_type`. The apps themselves write uniform scaling as KFTypeScaleX."""
_BOUNDS: dict[Property, tuple[float, float]] = {
    Property.X: (-FARTHEST, FARTHEST),
    Property.Y: (-FARTHEST, FARTHEST),
    Property.SCALE_X: (0.0, LARGEST_SCALE),
    Property.SCALE_Y: (0.0, LARGEST_SCALE),
    Property.ROTATION: (-_TURNS_DEG, _TURNS_DEG),
    Property.ALPHA: (0.0, 1.0),
    Property.VOLUME: (0.0, LOUDEST),
    Property.BRIGHTNESS: (-1.0, 1.0),
    Property.CONTRAST: (-1.0, 1.0),
    Property.SATURATION: (-1.0, 1.0),
}
_MOVED: dict[TrackKind, frozenset[Property]] = {
    TrackKind.VIDEO: frozenset(Property),
    TrackKind.AUDIO: frozenset({Property.VOLUME}),
    TrackKind.TEXT: frozenset(Property) - {Property.VOLUME},
    TrackKind.STICKER: frozenset(Property) - {Property.VOLUME},
    TrackKind.EFFECT: frozenset(),
}
"""What keyframes move, by what a track holds."""


def read_curves(kind: TrackKind, fields: Fields, limits: Limits) -> tuple[Curve, ...]:
    """The curves of a segment's `common_keyframes`. Warns of what is not played as it was designed."""
    uniform = fields.object("uniform_scale").flag("on")
    curves: dict[Property, Curve] = {}
    for listed in islice(fields.objects("common_keyframes"), MANY):
        properties = _properties(kind, listed, uniform)
        if not properties:
            if listed.list("keyframe_list"):
                _warn(fields, listed, "are not played", "未生效")
            continue
        points = _points(listed, _BOUNDS[properties[0]], fields, limits)
        for moved in properties if points else ():
            curves.setdefault(moved, Curve(moved, points))
    _warn_others(fields)
    return tuple(curves.values())


def _properties(kind: TrackKind, listed: Fields, uniform: bool) -> tuple[Property, ...]:
    """What a list of keyframes moves: with a locked scale, the one across drives both."""
    properties = _PROPERTIES.get(listed.text("property_type"), ())
    if uniform and properties == (Property.SCALE_X,):
        properties = (Property.SCALE_X, Property.SCALE_Y)
    return properties if _MOVED[kind].issuperset(properties) else ()


def _points(listed: Fields, bounds: tuple[float, float], fields: Fields, limits: Limits) -> tuple[Keyframe, ...]:
    """The keyframes in order of time; of two at one time, the one that is written later."""
    given = list(listed.list("keyframe_list"))
    free = limits.keyframes
    limits.keyframes = max(0, free - len(given))
    if len(given) > free:
        _warn(fields, listed, f"are more than are played; {free} of them are kept", f"数量过多，仅保留 {free} 个")
    if any(_eased(point) for point in islice(listed.objects("keyframe_list"), free)):
        _warn(fields, listed, "are played as straight lines, without easing", "按直线播放，不含缓动")
    times = dict(_read(listed, bounds, free))
    return tuple(Keyframe(offset_us, times[offset_us]) for offset_us in sorted(times))


def _read(listed: Fields, bounds: tuple[float, float], count: int) -> Iterator[tuple[int, float]]:
    for point in islice(listed.objects("keyframe_list"), count):
        value = _value(point)
        if math.isnan(value):
            point.unknown("values")
        else:
            yield point.microseconds("time_offset"), min(max(value, bounds[0]), bounds[1])


def _value(point: Fields) -> float:
    """The first of a keyframe's values; NaN when it has none. A few generators write `value`."""
    values = [*point.list("values"), *(point.list("value") if isinstance(point.values.get("value"), list) else ())]
    value = finite(values[0] if values else point.values.get("value"))
    return math.nan if value is None else value


def _eased(point: Fields) -> bool:
    return point.text("curveType", "Line").casefold() not in ("", "line", "linear")


def _warn(fields: Fields, listed: Fields, en: str, zh: str) -> None:
    name = listed.label("property_type") or "?"
    sentence = (f"The keyframes of {name} {en}.", f"关键帧 {name} {zh}。")
    warn_of(fields, fields.own_id, sentence, WarningCode.KEYFRAME_SIMPLIFIED)


def _warn_others(fields: Fields) -> None:
    """Old drafts keep keyframes outside of the segments; more lists than the apps write are not looked at."""
    if fields.list("keyframe_refs") or len(fields.list("common_keyframes")) > MANY:
        sentence = (
            "Keyframes of an unknown form are not played; the segment's own values hold.",
            "格式未知的关键帧未生效，使用片段自身的数值。",
        )
        warn_of(fields, fields.own_id, sentence, WarningCode.KEYFRAME_SIMPLIFIED)
