"""The styles of a caption: those of its content, with the material's own fields as defaults."""

import re
from collections.abc import Mapping
from itertools import islice

from services.drafts.colors import BLACK, WHITE, read_color, with_opacity
from services.drafts.fields import Fields
from services.drafts.read.glow import read_glow
from services.drafts.read.paint import read_fill, read_paint
from services.drafts.read.unsupported import MAX_LISTED, Sentence, warn_of
from services.drafts.records import Shadow, Stroke, TextStyle
from services.errors import WarningCode
from services.http.redaction import display_name

DEFAULT_SIZE = 15.0
MAX_FONT_SIZE = 1000.0
MAX_FONTS = 100
"""Fonts of one caption that are read."""
STROKE_BIT, BACKGROUND_BIT, SHADOW_BIT, GLOW_BIT = 8, 16, 32, 64
"""Bits of `check_flag`. The apps keep the values of an outline or a box that is switched off."""
_APP_BITS = 7
"""Bits that are set in every `check_flag` of the apps and of generators that follow them."""
DIFFUSE_OF_SMOOTHING = 0.0556
"""A style's `feather` in the apps for a material's `shadow_smoothing` of 1."""

MAX_LAYERS = 8
"""Outlines or shadows of one style that are drawn; the apps' styled texts have up to six."""
_MORE_STROKES: Sentence = ("Of the outlines of a text, the first eight are drawn.", "文字描边过多，仅绘制前八层。")
_MORE_SHADOWS: Sentence = ("Of the shadows of a text, the first eight are drawn.", "文字阴影过多，仅绘制前八层。")
_PLAIN_SHADOW: Sentence = ("A shadow of several colours is drawn in one.", "渐变色阴影按单色绘制。")
_PARTS = frozenset(
    {
        "range", "size", "bold", "italic", "underline", "fill", "strokes", "shadows", "inner_shadows", "font",
        "effectStyle", "effects", "useLetterColor",
    }
)  # fmt: skip
"""Fields of a style that are read, or warned of elsewhere."""
_SYSTEM_FONTS = {"", "none", "system", "systemfont", "zh-hans", "zh-hant", "系统", "c:", "d:"}
"""Names of the apps' default font, and drives, which generators write in place of a path."""
_ENDING = re.compile(r"\.(ttf|otf|ttc)$", re.IGNORECASE)


def flat_style(fields: Fields) -> TextStyle:
    """The style of the material's own fields, the default of its styles."""
    return TextStyle(
        start=0,
        end=0,
        size=fields.number("font_size", DEFAULT_SIZE, 0.0, MAX_FONT_SIZE) or DEFAULT_SIZE,
        color=with_opacity(read_color(fields, "text_color", WHITE), _alpha(fields, "text_alpha")),
        bold=fields.number("bold_width", 0.0) > 0,
        italic=fields.number("italic_degree", 0.0) > 0,
        underline=fields.flag("underline"),
        stroke=_flat_stroke(fields),
        shadow=_flat_shadow(fields),
        font_name=font_name(fields.label("font_title") or fields.label("font_name"), fields.label("font_path")),
    )


def font_name(title: str, path: str = "", font_id: str = "") -> str | None:
    """A font's name: its title, else its file's name, else its id where only a drive stands for the path.

    None for the apps' default font.
    """
    stem = _ENDING.sub("", display_name("", path))
    pathless = path.strip().lower() in ("", "c:", "d:")
    names = [display_name(title), stem, font_id if pathless else ""]
    return next((name.strip() for name in names if name.strip().lower() not in _SYSTEM_FONTS), None)


def font_titles(fields: Fields) -> dict[str, str]:
    """The titles of a caption's fonts by each of their ids; the apps list them beside its content."""
    found: dict[str, str] = {}
    for font in islice(fields.objects("fonts"), MAX_FONTS):
        title = font.label("title")
        ids = (font.label(name) for name in ("resource_id", "effect_id", "id"))
        found.update({own: title for own in ids if own and title})
    return found


def read_style(
    style: Fields, start: int, end: int, base: TextStyle, segment_id: str, titles: Mapping[str, str]
) -> TextStyle:
    """A style of the content for the characters `start` to `end`, with the defaults of `base`. `titles` are the titles
    of fonts by id.
    """
    _warn_parts(style, segment_id)
    font = style.object("font")
    font_id = font.label("id")
    color, gradient, picture = read_fill(style.object("fill"), base.color, segment_id)
    flat = ((base.stroke,) if base.stroke else (), (base.shadow,) if base.shadow else ())
    strokes = _strokes(style, segment_id) if style.has("strokes") else flat[0]
    shadows = _shadows(style, "shadows", segment_id) if style.has("shadows") else flat[1]
    return TextStyle(
        start=start,
        end=end,
        size=style.number("size", base.size, 0.0, MAX_FONT_SIZE) or base.size,
        color=color,
        gradient=gradient,
        picture=picture,
        bold=style.flag("bold", base.bold),
        italic=style.flag("italic", base.italic),
        underline=style.flag("underline", base.underline),
        stroke=next(iter(strokes), None),
        inner_strokes=strokes[1:],
        shadow=next(iter(shadows), None),
        lower_shadows=shadows[1:],
        inner_shadows=_shadows(style, "inner_shadows", segment_id),
        glow=read_glow(style_effects(style)) or base.glow,
        font_name=font_name("", font.label("path"), titles.get(font_id, font_id)) or base.font_name,
    )


def style_effects(style: Fields) -> list[Fields]:
    """The text effects of a style."""
    return [*([style.object("effectStyle")] if style.has("effectStyle") else []), *style.objects("effects")]


def _warn_parts(style: Fields, segment_id: str) -> None:
    """Warn of other fields of a style with a true value."""
    for name in islice((name for name in style.values if name not in _PARTS and style.values[name]), MAX_LISTED):
        part = (f"The {name[:40]} of a text is not drawn.", f"文字样式 {name[:40]} 未绘制。")
        warn_of(style, segment_id, part)


def _alpha(fields: Fields, name: str = "alpha") -> float:
    return fields.number(name, 1.0, 0.0, 1.0)


def switched_on(fields: Fields, bit: int) -> bool | None:
    """Whether a part of a text's style is switched on; None where `check_flag` is not of the apps' form."""
    bits = int(fields.number("check_flag"))
    return bool(bits & bit) if bits & _APP_BITS == _APP_BITS else None


def _flat_stroke(fields: Fields) -> Stroke | None:
    width, color = fields.number("border_width", 0.0, 0.0, 1.0), fields.text("border_color")
    if not width or not color or switched_on(fields, STROKE_BIT) is False:
        return None
    return Stroke(width, with_opacity(read_color(fields, "border_color", BLACK), _alpha(fields, "border_alpha")))


def _flat_shadow(fields: Fields) -> Shadow | None:
    if not fields.flag("has_shadow") or switched_on(fields, SHADOW_BIT) is False:
        return None
    return Shadow(
        distance=fields.number("shadow_distance", 5.0, 0.0, 1000.0),
        angle_deg=fields.number("shadow_angle", -45.0),
        diffuse=DIFFUSE_OF_SMOOTHING * fields.number("shadow_smoothing", 0.0, 0.0, 1.0),
        color=with_opacity(read_color(fields, "shadow_color", BLACK), _alpha(fields, "shadow_alpha")),
    )


def _layers(style: Fields, name: str, segment_id: str, others: Sentence) -> list[Fields]:
    """A style's outlines or shadows, with a warning of those beyond `MAX_LAYERS`."""
    found = list(islice(style.objects(name), MAX_LAYERS + 1))
    if len(found) > MAX_LAYERS:
        warn_of(style, segment_id, others, WarningCode.EFFECT_APPROXIMATED)
    return found[:MAX_LAYERS]


def _strokes(style: Fields, segment_id: str) -> tuple[Stroke, ...]:
    """The outlines, the widest first: it lies lowest, so that all are seen, whatever their order in the draft."""
    found = [
        Stroke(width, *read_paint(stroke, BLACK, segment_id))
        for stroke in _layers(style, "strokes", segment_id, _MORE_STROKES)
        if (width := stroke.number("width", 0.08, 0.0, 1.0))
    ]
    return tuple(sorted(found, key=lambda stroke: -stroke.width_em))


def _shadows(style: Fields, name: str, segment_id: str) -> tuple[Shadow, ...]:
    found = _layers(style, name, segment_id, _MORE_SHADOWS)
    return tuple(_shadow(shadow, segment_id) for shadow in found if _alpha(shadow) > 0)


def _shadow(shadow: Fields, segment_id: str) -> Shadow:
    """A shadow in one colour."""
    color, gradient = read_paint(shadow, BLACK, segment_id)
    if gradient is not None:
        warn_of(shadow, segment_id, _PLAIN_SHADOW, WarningCode.EFFECT_APPROXIMATED)
    return Shadow(
        distance=shadow.number("distance", 5.0, 0.0, 1000.0),
        angle_deg=shadow.number("angle", -45.0),
        diffuse=shadow.number("diffuse", shadow.number("feather", 0.0, 0.0, 1.0), 0.0, 1.0),
        color=color,
    )
