"""From the styles of a caption to `TextStyle`: a look in the content, with the flat fields behind it."""

from services.drafts.colors import BLACK, WHITE, faded, hex_color, solid_color
from services.drafts.fields import Fields
from services.drafts.font_names import font_name
from services.drafts.records import Color, Shadow, Stroke, TextStyle
from services.errors import WarningCode

DEFAULT_SIZE = 15.0
LARGEST_SIZE = 1000.0
_STROKE_BIT, _SHADOW_BIT = 8, 32
"""Bits of `check_flag`. The apps keep the numbers of an outline that is switched off."""
_DIFFUSE_OF_SMOOTHING = 0.0556
"""What the apps store as a style's `feather` for a flat `shadow_smoothing` of 1."""


def flat_style(fields: Fields) -> TextStyle:
    """What the material says outside its styles: it holds where no style says otherwise."""
    return TextStyle(
        start=0,
        end=0,
        size=fields.number("font_size", DEFAULT_SIZE, 0.0, LARGEST_SIZE) or DEFAULT_SIZE,
        color=faded(hex_color(fields.text("text_color"), WHITE), _alpha(fields, "text_alpha")),
        bold=fields.number("bold_width", 0.0) > 0,
        italic=fields.number("italic_degree", 0.0) > 0,
        underline=fields.flag("underline"),
        stroke=_flat_stroke(fields),
        shadow=_flat_shadow(fields),
        font_name=font_name(fields.label("font_title") or fields.label("font_name"), fields.label("font_path")),
    )


def read_style(style: Fields, start: int, end: int, base: TextStyle, segment_id: str) -> TextStyle:
    """A style of the content for the characters `start` to `end`; what it leaves out is as in `base`."""
    font = style.object("font")
    return TextStyle(
        start=start,
        end=end,
        size=style.number("size", base.size, 0.0, LARGEST_SIZE) or base.size,
        color=_fill(style.object("fill"), base.color, segment_id),
        bold=style.flag("bold", base.bold),
        italic=style.flag("italic", base.italic),
        underline=style.flag("underline", base.underline),
        stroke=_stroke(style) if style.has("strokes") else base.stroke,
        shadow=_shadow(style) if style.has("shadows") else base.shadow,
        font_name=font_name("", font.label("path"), font.label("id")) or base.font_name,
    )


def _alpha(fields: Fields, name: str = "alpha") -> float:
    return fields.number(name, 1.0, 0.0, 1.0)


def _switched_on(fields: Fields, bit: int) -> bool:
    return not fields.has("check_flag") or bool(int(fields.number("check_flag")) & bit)


def _flat_stroke(fields: Fields) -> Stroke | None:
    width, color = fields.number("border_width", 0.0, 0.0, 1.0), fields.text("border_color")
    if not width or not color or not _switched_on(fields, _STROKE_BIT):
        return None
    return Stroke(width, faded(hex_color(color, BLACK), _alpha(fields, "border_alpha")))


def _flat_shadow(fields: Fields) -> Shadow | None:
    if not fields.flag("has_shadow") or not _switched_on(fields, _SHADOW_BIT):
        return None
    return Shadow(
        distance=fields.number("shadow_distance", 5.0, 0.0, 1000.0),
        angle_deg=fields.number("shadow_angle", -45.0),
        diffuse=_DIFFUSE_OF_SMOOTHING * fields.number("shadow_smoothing", 0.0, 0.0, 1.0),
        color=faded(hex_color(fields.text("shadow_color"), BLACK), _alpha(fields, "shadow_alpha")),
    )


def _fill(fill: Fields, default: Color, segment_id: str) -> Color:
    content = fill.object("content")
    kind = content.text("render_type", "solid")
    if kind not in ("", "solid"):
        fill.warnings.add(
            WarningCode.EFFECT_APPROXIMATED,
            f"A {kind[:40]} fill of a text is drawn in one colour.",
            f"文字的 {kind[:40]} 填充按单色绘制。",
            segment_id=segment_id,
        )
    return faded(solid_color(content, default), _alpha(fill))


def _stroke(style: Fields) -> Stroke | None:
    """The first outline; the apps offer one."""
    stroke = next(style.objects("strokes"), None)
    width = stroke.number("width", 0.08, 0.0, 1.0) if stroke else 0.0
    if stroke is None or not width:
        return None
    return Stroke(width, faded(solid_color(stroke.object("content"), BLACK), _alpha(stroke)))


def _shadow(style: Fields) -> Shadow | None:
    """The first shadow; the apps offer one."""
    shadow = next(style.objects("shadows"), None)
    if shadow is None or _alpha(shadow) == 0:
        return None
    return Shadow(
        distance=shadow.number("distance", 5.0, 0.0, 1000.0),
        angle_deg=shadow.number("angle", -45.0),
        diffuse=shadow.number("diffuse", shadow.number("feather", 0.0, 0.0, 1.0), 0.0, 1.0),
        color=faded(solid_color(shadow.object("content"), BLACK), _alpha(shadow)),
    )
