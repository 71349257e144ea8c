"""The curves of a segment's keyframes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from services.drafts.bezier import Point
from services.drafts.curves import MASKED, Curve, Keyframe, Property
from services.drafts.fields import Fields, finite, is_list
from services.drafts.read.clip import MAX_OFFSET, MAX_SCALE, MAX_VOLUME
from services.drafts.read.context import ReadBudget
from services.drafts.read.design import MAX_MASK_SIZE
from services.drafts.read.keyed_names import STYLED, is_strength
from services.drafts.read.unsupported import MAX_LISTED, warn_of
from services.drafts.records import TimeRange, TrackKind
from services.drafts.time_warp import TimeWarp
from services.errors import WarningCode

_TURNS_DEG = 360_000.0
_PROPERTIES: dict[str, tuple[Property, ...]] = {
    "KFTypePositionX": (Property.X,),
    "KFTypePositionY": (Property.Y,),
    "KFTypeScaleX": (Property.SCALE_X,),
    "KFTypeScaleY": (Property.SCALE_Y,),
    "KFTypeScale": (Property.SCALE_X, Property.SCALE_Y),
    "KFTypePosition": (Property.X, Property.Y),
    "KFTypeUniformScale": (Property.SCALE_X, Property.SCALE_Y),
    "UNIFORM_SCALE": (Property.SCALE_X, Property.SCALE_Y),
    "KFTypeRotation": (Property.ROTATION,),
    "KFTypeAlpha": (Property.ALPHA,),
    "KFTypeGlobalAlpha": (Property.ALPHA,),
    "KFTypeVolume": (Property.VOLUME,),
    "KFTypeBrightness": (Property.BRIGHTNESS,),
    "KFTypeContrast": (Property.CONTRAST,),
    "KFTypeSaturation": (Property.SATURATION,),
    "KFTypeCommonMaskPositionX": (Property.MASK_X,),
    "KFTypeCommonMaskPositionY": (Property.MASK_Y,),
    "KFTypeCommonMaskSizeWidth": (Property.MASK_WIDTH,),
    "KFTypeCommonMaskSizeHeight": (Property.MASK_HEIGHT,),
    "KFTypeCommonMaskRotation": (Property.MASK_ROTATION,),
    "KFTypeCommonMaskFeather": (Property.MASK_FEATHER,),
    "KFTypeCommonMaskRoundCorner": (Property.MASK_CORNER,),
    "KFTypeMaskPostionX": (Property.MASK_X,),
    "KFTypeMaskPostionY": (Property.MASK_Y,),
    "KFTypeMaskPositionX": (Property.MASK_X,),
    "KFTypeMaskPositionY": (Property.MASK_Y,),
    "KFTypeMaskSizeX": (Property.MASK_WIDTH,),
    "KFTypeMaskSizeY": (Property.MASK_HEIGHT,),
    "KFTypeMaskRotation": (Property.MASK_ROTATION,),
    "KFTypeMaskFeather": (Property.MASK_FEATHER,),
    "KFTypeMaskRoundCorner": (Property.MASK_CORNER,),
}
"""By `property_type`. The apps themselves write uniform scaling as KFTypeScaleX; some drafts have one vector for
both axes. Older apps spell a mask's position as `KFTypeMaskPostionX`.
"""
_SPREAD = (Property.SCALE_X, Property.SCALE_Y)
"""Properties that take the first value where a vector has no second one."""
_NEAR_US = 50_000
"""Tolerance around the used part of the source: the apps snap times to frames."""
_BOUNDS: dict[Property, tuple[float, float]] = {
    Property.X: (-MAX_OFFSET, MAX_OFFSET),
    Property.Y: (-MAX_OFFSET, MAX_OFFSET),
    Property.SCALE_X: (0.0, MAX_SCALE),
    Property.SCALE_Y: (0.0, MAX_SCALE),
    Property.ROTATION: (-_TURNS_DEG, _TURNS_DEG),
    Property.ALPHA: (0.0, 1.0),
    Property.VOLUME: (0.0, MAX_VOLUME),
    Property.BRIGHTNESS: (-1.0, 1.0),
    Property.CONTRAST: (-1.0, 1.0),
    Property.SATURATION: (-1.0, 1.0),
    Property.MASK_X: (-MAX_MASK_SIZE, MAX_MASK_SIZE),
    Property.MASK_Y: (-MAX_MASK_SIZE, MAX_MASK_SIZE),
    Property.MASK_WIDTH: (0.0, MAX_MASK_SIZE),
    Property.MASK_HEIGHT: (0.0, MAX_MASK_SIZE),
    Property.MASK_ROTATION: (-_TURNS_DEG, _TURNS_DEG),
    Property.MASK_FEATHER: (0.0, 1.0),
    Property.MASK_CORNER: (0.0, 1.0),
    Property.STRENGTH: (-1.0, 1.0),
    Property.STYLE: (-10_000.0, 10_000.0),
}
_MOVED: dict[TrackKind, frozenset[Property]] = {
    TrackKind.VIDEO: frozenset(Property),
    TrackKind.AUDIO: frozenset({Property.VOLUME}),
    TrackKind.TEXT: frozenset(Property) - {Property.VOLUME},
    TrackKind.STICKER: frozenset(Property) - {Property.VOLUME},
    TrackKind.EFFECT: frozenset(),
}
"""The properties with keyframes, by kind of track."""


@dataclass(frozen=True, slots=True)
class KeyframeTimes:
    """The conversion of keyframe times to times from the segment's start.

    Keyframe times are times of the source where there is one: its first used moment is the segment's start, and speed
    stretches them. Those of texts and stickers count from the segment's start. Four independent sources agree.
    """

    source: TimeRange | None = None
    speed: float = 1.0
    warp: TimeWarp | None = None

    def offset_us(self, time_us: int) -> int:
        """Microseconds of the timeline from the segment's start."""
        if self.warp is not None:
            return round(self.warp.time_us(time_us))
        return round((time_us - self.source.start_us) / self.speed) if self.source else time_us

    def reaches(self, time_us: int) -> bool:
        """Whether the segment plays this time of its source."""
        if self.source is None or not self.source.duration_us:
            return True
        return self.source.start_us - _NEAR_US <= time_us <= self.source.end_us + _NEAR_US


def read_curves(
    kind: TrackKind, fields: Fields, budget: ReadBudget, clock: KeyframeTimes, *, masked: bool = False
) -> tuple[Curve, ...]:
    """The curves of a segment's `common_keyframes`, with warnings for those not played as designed. Lists of effects'
    strengths and of a text's styles are read elsewhere; those of a mask are played if the segment is `masked`.
    """
    uniform = fields.object("uniform_scale").flag("on") or not _scales_down(fields)
    curves: dict[Property, Curve] = {}
    for listed in islice(fields.objects("common_keyframes"), MAX_LISTED):
        properties = _properties(kind, listed, uniform)
        if not properties or (not masked and MASKED.issuperset(properties)):
            if not _read_elsewhere(kind, listed.text("property_type")):
                warn_unplayed(fields, listed)
            continue
        for curve in read_list(listed, fields, properties, budget, clock, spread=uniform):
            doubled = curves.setdefault(curve.property, curve) is not curve
            if doubled and not (uniform and curve.property in _SPREAD):
                _warn(
                    fields,
                    listed,
                    "are not played: other keyframes move the same property",
                    "未生效：同一属性已有其他关键帧",
                )
    _warn_others(fields)
    return tuple(curves.values())


def read_list(
    listed: Fields,
    fields: Fields,
    properties: Sequence[Property],
    budget: ReadBudget,
    clock: KeyframeTimes,
    *,
    spread: bool = False,
) -> Iterator[Curve]:
    """The curves of one list, whose values are vectors with a part for each property; with `spread` the scale of both
    axes is the first part. Properties without a value are left out.
    """
    points = _taken(listed, fields, budget)
    _warn_unreached(points, clock, fields, listed)
    for at, moved in enumerate(properties):
        keyframes = _keyframes(points, 0 if spread and moved in _SPREAD else at, moved, clock)
        if keyframes:
            yield Curve(moved, keyframes)


def moves_segment(kind: TrackKind, name: str) -> bool:
    """Whether a list of a name moves a segment itself on a kind of track."""
    properties = _PROPERTIES.get(name, ())
    return bool(properties) and _MOVED[kind].issuperset(properties)


def warn_unplayed(fields: Fields, listed: Fields) -> None:
    """Warn of a list of keyframes that move nothing."""
    if listed.list("keyframe_list"):
        _warn(fields, listed, "are not played", "未生效")


def _read_elsewhere(kind: TrackKind, name: str) -> bool:
    return (kind is not TrackKind.AUDIO and is_strength(name)) or (kind is TrackKind.TEXT and name in STYLED)


def _scales_down(fields: Fields) -> bool:
    """Whether any keyframes move the vertical scale."""
    listed = islice(fields.objects("common_keyframes"), MAX_LISTED)
    return any(Property.SCALE_Y in _PROPERTIES.get(each.text("property_type"), ()) for each in listed)


def _properties(kind: TrackKind, listed: Fields, uniform: bool) -> tuple[Property, ...]:
    """The properties of a list of keyframes; with a locked scale, or without keyframes of the vertical one, the
    horizontal one drives both.
    """
    properties = _PROPERTIES.get(listed.text("property_type"), ())
    if uniform and properties == (Property.SCALE_X,):
        properties = (Property.SCALE_X, Property.SCALE_Y)
    return properties if _MOVED[kind].issuperset(properties) else ()


def _taken(listed: Fields, fields: Fields, budget: ReadBudget) -> list[Fields]:
    """The keyframes of a list within the budget."""
    free = budget.keyframes
    budget.keyframes = max(0, free - len(listed.list("keyframe_list")))
    if len(listed.list("keyframe_list")) > free:
        _warn(fields, listed, f"are too many; the first {free} are played", f"数量过多，仅保留 {free} 个")
    points = list(islice(listed.objects("keyframe_list"), free))
    if any(_eased(point) for point in points):
        _warn(fields, listed, "are played linearly, without easing", "按直线播放，不含缓动")
    return points


def _keyframes(points: list[Fields], at: int, moved: Property, clock: KeyframeTimes) -> tuple[Keyframe, ...]:
    """The keyframes at one index of the vectors, in order; the later entry counts where two have one time."""
    found: dict[int, Keyframe] = {}
    least, most = _BOUNDS[moved]
    for point in points:
        value = _value(point, at, moved)
        if value is None:
            point.warn_unknown("values")
        else:
            offset_us = clock.offset_us(point.microseconds("time_offset"))
            controls = (_control(point, name, clock) for name in ("left_control", "right_control"))
            found[offset_us] = Keyframe(offset_us, min(max(value, least), most), *controls)
    return tuple(found[offset_us] for offset_us in sorted(found))


def _control(point: Fields, name: str, clock: KeyframeTimes) -> Point:
    """A control point of a free curve, as an offset from its keyframe: x in µs of the keyframes' clock, y in units of
    the value (three independent sources).
    """
    if not _is_free(point):
        return 0.0, 0.0
    control = point.object(name)
    return control.number("x") / clock.speed, control.number("y")


def _value(point: Fields, at: int, moved: Property) -> float | None:
    """One of a keyframe's values; None when it is missing. A few generators write `value`."""
    written = point.values.get("value")
    values: list[Any] = [*point.list("values"), *(written if is_list(written) else [written])]
    if len(point.list("values")) <= at and moved in _SPREAD:
        at = 0
    return finite(values[at]) if at < len(values) else None


def _is_free(point: Fields) -> bool:
    return point.text("curveType").casefold().startswith("freecurve") and any(
        point.object(name).values for name in ("left_control", "right_control")
    )


def _eased(point: Fields) -> bool:
    """Whether a keyframe has a curve that is not drawn."""
    return point.text("curveType", "Line").casefold() not in ("", "line", "linear") and not _is_free(point)


def _warn(fields: Fields, listed: Fields, en: str, zh: str) -> None:
    name = listed.label("property_type") or "?"
    sentence = (f"The keyframes of {name} {en}.", f"关键帧 {name} {zh}。")
    warn_of(fields, fields.own_id, sentence, WarningCode.KEYFRAME_SIMPLIFIED)


def _warn_unreached(points: list[Fields], clock: KeyframeTimes, fields: Fields, listed: Fields) -> None:
    """Warn of keyframes outside the used part of the source; the apps keep the nearest value there."""
    if all(clock.reaches(point.microseconds("time_offset")) for point in points):
        return
    _warn(
        fields,
        listed,
        "lie partly outside the used part of the source and are not reached; their times count from the source's start",
        "有一部分超出片段所用的素材范围，不会生效；其时间从素材起点算起",
    )


def _warn_others(fields: Fields) -> None:
    """Warn of keyframes outside of the segments, as in old drafts, and of more lists than are read."""
    if (
        fields.list("keyframe_refs")
        or fields.values.get("lyric_keyframes")
        or len(fields.list("common_keyframes")) > MAX_LISTED
    ):
        sentence = (
            "Keyframes of an unknown form are not played; the segment's own values hold.",
            "格式未知的关键帧未生效，使用片段自身的数值。",
        )
        warn_of(fields, fields.own_id, sentence, WarningCode.KEYFRAME_SIMPLIFIED)
