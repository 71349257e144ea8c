"""Colours as drafts spell them."""

from services.drafts.records import Color


def hex_color(text: str, default: Color) -> Color:
    """A colour of the form #RRGGBB or #RRGGBBAA; `default` for anything else."""
    digits = text.strip().lstrip("#")
    if len(digits) not in (6, 8):
        return default
    try:
        red, green, blue, *rest = bytes.fromhex(digits)
    except ValueError:
        return default
    return red / 255, green / 255, blue / 255, (rest[0] if rest else 255) / 255
