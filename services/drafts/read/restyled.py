"""Keyframes of a caption's style, as a look for each change: colours, opacities, outline, box, shadow and glow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeAlias

from services.drafts.colors import unit
from services.drafts.curves import Curve, Property
from services.drafts.fields import Fields
from services.drafts.read.context import ReadBudget
from services.drafts.read.keyed_names import STYLED
from services.drafts.read.keyframes import KeyframeTimes, read_list, warn_unplayed
from services.drafts.read.style import DIFFUSE_OF_SMOOTHING
from services.drafts.read.unsupported import MAX_LISTED
from services.drafts.records import Look, TextMaterial, TextStyle

STEP_US = 66_667
"""The time for which a caption keeps a look: two frames at 30 a second."""
MAX_LOOKS = 90
"""Looks of one caption at most; longer changes have longer steps."""
MAX_PARTS = 4
"""Parts of a vector that are read: red, green, blue, alpha."""

Values: TypeAlias = Sequence[float]
Change: TypeAlias = Callable[[TextMaterial, Values], TextMaterial]
StyleChange: TypeAlias = Callable[[TextStyle, Values], TextStyle]


def restyled(text: TextMaterial, fields: Fields, budget: ReadBudget) -> TextMaterial:
    """The caption with a look for each step in which keyframes of the segment change its style."""
    curves = dict(_curves(text, fields, budget))
    if not curves:
        return text
    return replace(text, looks=tuple(_looks(text, curves, fields.object("target_timerange").microseconds("duration"))))


def _curves(text: TextMaterial, fields: Fields, budget: ReadBudget) -> Iterator[tuple[str, tuple[Curve, ...]]]:
    """The curves of each list's parts by its name; lists of a part that the caption has not are told."""
    for listed in islice(fields.objects("common_keyframes"), MAX_LISTED):
        name = listed.label("property_type")
        if name not in STYLED:
            continue
        parts = max((len(point.list("values")) for point in listed.objects("keyframe_list")), default=0)
        curves = tuple(
            read_list(listed, fields, (Property.STYLE,) * min(max(1, parts), MAX_PARTS), budget, KeyframeTimes())
        )
        if not curves or _CHANGES[name](text, [curve.points[0].value for curve in curves]) is text:
            warn_unplayed(fields, listed)
        else:
            yield name, curves


def _looks(text: TextMaterial, curves: dict[str, tuple[Curve, ...]], length_us: int) -> Iterator[Look]:
    """The looks in order of time; each is that of the middle of its step."""
    step_us = max(STEP_US, -(-length_us // MAX_LOOKS))
    last: TextMaterial | None = None
    for start_us in range(0, max(1, length_us), step_us):
        look = text
        for name, parts in curves.items():
            look = _CHANGES[name](look, [curve.at(start_us + step_us / 2) for curve in parts])
        if look != last:
            yield Look(start_us, look)
        last = look


def _styles(change: StyleChange) -> Change:
    """A change of every style; the caption itself where it changes none."""

    def changed(text: TextMaterial, values: Values) -> TextMaterial:
        styles = tuple(change(style, values) for style in text.styles)
        same = all(one is other for one, other in zip(styles, text.styles, strict=True))
        return text if same else replace(text, styles=styles)

    return changed


def _part(name: str, field: str, read: Callable[[Any, Values], Any]) -> StyleChange:
    """A change of a field of a style's outline or shadow, where it has one."""

    def changed(style: TextStyle, values: Values) -> TextStyle:
        part: Any = getattr(style, name)
        changes: dict[str, Any] = {name: replace(part, **{field: read(getattr(part, field), values)})} if part else {}
        return replace(style, **changes) if changes else style

    return changed


def _color(now: tuple[float, ...], values: Values) -> tuple[float, ...]:
    """A colour of a vector; its alpha stays where the vector has none, and a shorter vector changes nothing."""
    return (*map(unit, values), *now[len(values) :]) if len(values) >= MAX_PARTS - 1 else now


def _alpha(now: tuple[float, ...], values: Values) -> tuple[float, ...]:
    return (*now[:3], unit(values[0]))


def _fill(read: Callable[[Any, Values], Any]) -> StyleChange:
    """A change of the letters' colour, in place of a gradient or a picture."""
    return lambda style, values: replace(style, color=read(style.color, values), gradient=None, picture="")


def _box(field: str, read: Callable[[Any, Values], Any]) -> Change:
    """A change of a field of the box, where there is one."""

    def changed(text: TextMaterial, values: Values) -> TextMaterial:
        box: Any = text.background
        return replace(text, background=replace(box, **{field: read(getattr(box, field), values)})) if box else text

    return changed


def _number(least: float, most: float) -> Callable[[Any, Values], float]:
    return lambda _, values: min(max(values[0], least), most)


def _smoothed(_: float, values: Values) -> float:
    """The blur of a shadow by the unit of the material's `shadow_smoothing`."""
    return DIFFUSE_OF_SMOOTHING * unit(values[0])


_CHANGES: dict[str, Change] = {
    "KFTypeTextColor": _styles(_fill(_color)),
    "KFTypeTextAlpha": _styles(_fill(_alpha)),
    "KFTypeBorderColor": _styles(_part("stroke", "color", _color)),
    "KFTypeBorderAlpha": _styles(_part("stroke", "color", _alpha)),
    "KFTypeBorderWidth": _styles(_part("stroke", "width_em", _number(0.0, 1.0))),
    "KFTypeBackgroundColor": _box("color", _color),
    "KFTypeBackgroundAlpha": _box("color", _alpha),
    "KFTypeBackgroundWidth": _box("width", _number(0.0, 1.0)),
    "KFTypeBackgroundHeight": _box("height", _number(0.0, 1.0)),
    "KFTypeBackgroundOffsetX": _box("horizontal_offset", _number(-1.0, 1.0)),
    "KFTypeBackgroundOffsetY": _box("vertical_offset", _number(-1.0, 1.0)),
    "KFTypeBackgroundRoundRadius": _box("round_radius", _number(0.0, 1.0)),
    "KFTypeShadowColor": _styles(_part("shadow", "color", _color)),
    "KFTypeShadowAlpha": _styles(_part("shadow", "color", _alpha)),
    "KFTypeShadowAngle": _styles(_part("shadow", "angle_deg", _number(-3600.0, 3600.0))),
    "KFTypeShadowDistance": _styles(_part("shadow", "distance", _number(0.0, 1000.0))),
    "KFTypeShadowSmoothing": _styles(_part("shadow", "diffuse", _smoothed)),
    "KFTypeBloomColor": _styles(_part("glow", "color", _color)),
    "KFTypeBloomStrength": _styles(_part("glow", "strength", _number(0.0, 1.0))),
    "KFTypeBloomRange": _styles(_part("glow", "range", _number(0.0, 1.0))),
}
