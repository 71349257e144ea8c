"""The paint of letters and their outlines: a colour, a gradient, or a picture."""

from typing import Any

from services.drafts.colors import Color, solid_color, unit, with_opacity
from services.drafts.fields import Fields, finite, is_list
from services.drafts.read.unsupported import Sentence, warn_of
from services.drafts.records import Gradient
from services.errors import WarningCode

MAX_STOPS = 32
"""Colours of a gradient that are read; the apps offer a handful."""
_COVERING: Sentence = (
    "The picture within a text's letters covers the whole text.",
    "文字的图片填充按铺满整段文字绘制。",
)


def read_paint(paint: Fields, default: Color, segment_id: str) -> tuple[Color, Gradient | None]:
    """The colour and the gradient of a fill, stroke or shadow: `{alpha, content: {render_type, solid | gradient}}`.

    The colour of a gradient is its mean. Warns of other kinds (textures), which are drawn in one colour.
    """
    content = paint.object("content")
    kind = content.text("render_type") or ("gradient" if _is_gradient_only(content) else "solid")
    alpha = paint.number("alpha", 1.0, 0.0, 1.0)
    gradient = _gradient(content.object("gradient"), alpha) if kind == "gradient" else None
    if gradient is not None:
        return _mean(gradient), gradient
    if kind != "solid":
        _warn(paint, kind, segment_id)
    return with_opacity(solid_color(content, default), alpha), None


def read_fill(fill: Fields, default: Color, segment_id: str) -> tuple[Color, Gradient | None, str]:
    """The paint of letters, and the path of their picture, a texture; the colour stands in for it where it is missing.

    `{render_type: texture, texture: {path, scale, angle, blend}}`: the units of what follows the path are not known.
    """
    content = fill.object("content")
    path = content.object("texture").text("path").strip()
    if content.text("render_type") != "texture" or not path:
        return *read_paint(fill, default, segment_id), ""
    warn_of(fill, segment_id, _COVERING, WarningCode.EFFECT_APPROXIMATED)
    return with_opacity(solid_color(content, default), fill.number("alpha", 1.0, 0.0, 1.0)), None, path


def _is_gradient_only(content: Fields) -> bool:
    return content.has("gradient") and not content.has("solid")


def _gradient(fields: Fields, alpha: float) -> Gradient | None:
    """The gradient of `{angle, mode: character | all, color: [[r, g, b]...], alpha: [a...], percent: [place...]}`, with
    colours in any order of their places. The direction of `angle` is that of style sheets [unverified].
    """
    stops = [stop for at in range(min(MAX_STOPS, len(fields.list("color")))) if (stop := _stop(fields, at, alpha))]
    if not stops:
        return None
    stops.sort(key=lambda stop: stop[0])
    return Gradient(fields.number("angle", 0.0), tuple(stops), per_character=fields.text("mode") == "character")


def _stop(fields: Fields, at: int, alpha: float) -> tuple[float, Color] | None:
    colors: list[Any] = fields.list("color")
    value: Any = colors[at]
    parts = [finite(part) for part in value[:3]] if is_list(value) else []
    red, green, blue = parts if len(parts) == 3 else (None, None, None)
    if red is None or green is None or blue is None:
        return None
    place = _listed(fields, "percent", at, at / max(1, len(colors) - 1))
    return place, (unit(red), unit(green), unit(blue), alpha * _listed(fields, "alpha", at, 1.0))


def _listed(fields: Fields, name: str, at: int, default: float) -> float:
    """The number at an index of a list, within 0..1."""
    values: list[Any] = fields.list(name)
    value = finite(values[at]) if at < len(values) else None
    return unit(default if value is None else value)


def _mean(gradient: Gradient) -> Color:
    count = len(gradient.stops)
    red, green, blue, alpha = (sum(color[part] for _, color in gradient.stops) / count for part in range(4))
    return red, green, blue, alpha


def _warn(paint: Fields, kind: str, segment_id: str) -> None:
    paint.warnings.add(
        WarningCode.EFFECT_APPROXIMATED,
        f"A {kind[:40]} fill of a text is drawn in one colour.",
        f"文字的 {kind[:40]} 填充按单色绘制。",
        segment_id=segment_id,
    )
