"""Colours of drafts."""

from typing import TypeAlias

from services.drafts.fields import Fields, finite

Color: TypeAlias = tuple[float, float, float, float]
"""Red, green, blue and alpha, each 0..1."""
BLACK: Color = (0.0, 0.0, 0.0, 1.0)
WHITE: Color = (1.0, 1.0, 1.0, 1.0)


def hex_color(text: str, default: Color) -> Color:
    """The colour of #RRGGBB or #RRGGBBAA; `default` for any other text."""
    digits = text.strip().lstrip("#")
    if len(digits) not in (6, 8):
        return default
    try:
        red, green, blue, *rest = bytes.fromhex(digits)
    except ValueError:
        return default
    return red / 255, green / 255, blue / 255, (rest[0] if rest else 255) / 255


def read_color(fields: Fields, name: str, default: Color) -> Color:
    """The colour of a field by `hex_color`, with a warning for one of another form."""
    text = fields.text(name)
    color = hex_color(text, default)
    if color is default and text.strip():
        fields.warn_unknown(name)
    return color


def solid_color(content: Fields, default: Color) -> Color:
    """The colour of a fill, stroke or shadow: `{solid: {color: [r, g, b], alpha}}`, each 0..1."""
    solid = content.object("solid")
    parts = [finite(part) for part in solid.list("color")[:3]]
    red, green, blue = parts if len(parts) == 3 else (None, None, None)
    if red is None or green is None or blue is None:
        return default
    return unit(red), unit(green), unit(blue), solid.number("alpha", 1.0, 0.0, 1.0)


def with_opacity(color: Color, alpha: float) -> Color:
    """The colour with its alpha multiplied by `alpha`, 0..1."""
    red, green, blue, own = color
    return red, green, blue, own * alpha


def unit(part: float) -> float:
    """The number within 0..1."""
    return min(1.0, max(0.0, part))
