"""The glow of a text: the one text effect that drafts describe by numbers."""

from collections.abc import Iterable

from services.drafts.colors import WHITE, Color, read_color, solid_color
from services.drafts.fields import Fields
from services.drafts.records import Glow

GLOW_ID = "7367637998579487248"
"""The apps' resource of the glow: 45 of the 54 text effects of 121 public drafts."""


def is_glow(effect: Fields) -> bool:
    """Whether a text effect is the glow."""
    return GLOW_ID in (effect.text("resource_id"), effect.text("effect_id"), effect.text("id"))


def read_glow(effects: Iterable[Fields]) -> Glow | None:
    """The first glow of some text effects: `{color, strength, range}` beside its id, or within `bloom`. Missing values
    are those of a cover that the apps drew (0.4 and 0.45).
    """
    for effect in effects:
        if is_glow(effect):
            values = effect.object("bloom") if effect.has("bloom") else effect
            return Glow(
                _color(values), values.number("strength", 0.4, 0.0, 1.0), values.number("range", 0.45, 0.0, 1.0)
            )
    return None


def _color(values: Fields) -> Color:
    """The colour as #RRGGBB or as `[r, g, b]`."""
    if isinstance(values.values.get("color"), list):
        return solid_color(Fields({"solid": values.values}, values.path, values.warnings), WHITE)
    return read_color(values, "color", WHITE)
