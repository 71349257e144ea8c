"""From a text material's JSON to a `TextMaterial`: three shapes of content, three writers' ranges."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from services.drafts.colors import hex_color
from services.drafts.fields import Fields, clean_text
from services.drafts.markup import looks_like_markup, read_markup
from services.drafts.records import (
    Align,
    Color,
    Shadow,
    Stroke,
    TextBackground,
    TextMaterial,
    TextStyle,
)
from services.errors import ErrorCode, WarningCode, failed

LONGEST_TEXT = 5000
"""Characters of one caption; more would not fit any canvas."""
DEFAULT_SIZE = 15.0
WHITE: Color = (1.0, 1.0, 1.0, 1.0)
_SYSTEM_FONTS = {"", "none", "system", "systemfont", "zh-hans", "zh-hant", "en", "系统", "d:"}
_ALIGNS = {0: Align.LEFT, 1: Align.CENTER, 2: Align.RIGHT}


def read_text(fields: Fields, segment_id: str) -> TextMaterial:
    """The caption. Raises `Failed` (DRAFT_TOO_LARGE) for a text of more than 5000 characters."""
    text, styles = _content(fields, segment_id)
    if len(text) > LONGEST_TEXT:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The caption of segment {segment_id} has {len(text)} characters; at most {LONGEST_TEXT} are drawn.",
            f"片段 {segment_id} 的文字有 {len(text)} 个字符，最多 {LONGEST_TEXT} 个。",
            segment_id=segment_id,
        )
    fixed_width = fields.number("fixed_width", -1.0)
    return TextMaterial(
        id=fields.text("id"),
        text=text,
        styles=styles,
        align=_ALIGNS.get(int(fields.number("alignment", 1)), Align.CENTER),
        vertical=fields.number("typesetting") == 1,
        letter_spacing_em=fields.number("letter_spacing", 0.0, -1.0, 10.0),
        line_spacing_em=fields.number("line_spacing", 0.02, -1.0, 10.0),
        line_max_width=fields.number("line_max_width", 0.82, 0.0, 10.0) or 0.82,
        wrap=fields.text("type") == "subtitle" or fields.number("line_feed") == 1,
        fixed_width_px=fixed_width if fixed_width > 0 else None,
        alpha=fields.number("global_alpha", 1.0, 0.0, 1.0),
        background=_background(fields),
    )


def _content(fields: Fields, segment_id: str) -> tuple[str, tuple[TextStyle, ...]]:
    """Text and styles of a JSON content, of JianYing 3's markup, or of a plain string."""
    raw = fields.text("content")
    base = _flat_style(fields)
    try:
        parsed = json.loads(raw, parse_constant=lambda _: None) if raw.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict) and isinstance(cast("dict[str, Any]", parsed).get("text"), str):
        content = Fields(cast("dict[str, Any]", parsed), f"{fields.path}.content", fields.warnings)
        text = content.text("text")
        return text, (_covering(base, text), *_styles(content, text, base, fields, segment_id))
    if looks_like_markup(raw):
        return read_markup(raw, base)
    return raw, (_covering(base, raw),)


def _covering(base: TextStyle, text: str) -> TextStyle:
    return replace(base, start=0, end=len(text))


def _flat_style(fields: Fields) -> TextStyle:
    """What the material says outside its styles: it holds where no style says otherwise."""
    border = fields.number("border_width", 0.0, 0.0, 1.0)
    stroke = Stroke(border, hex_color(fields.text("border_color"), (0.0, 0.0, 0.0, 1.0))) if border else None
    return TextStyle(
        start=0,
        end=0,
        size=fields.number("font_size", DEFAULT_SIZE, 0.0, 1000.0) or DEFAULT_SIZE,
        color=hex_color(fields.text("text_color"), WHITE),
        bold=fields.number("bold_width", 0.0) > 0,
        italic=fields.number("italic_degree", 0.0) > 0,
        underline=fields.flag("underline"),
        stroke=stroke,
        font_name=_font_name(fields.text("font_title") or fields.text("font_name"), fields.text("font_path")),
    )


def _styles(content: Fields, text: str, base: TextStyle, material: Fields, segment_id: str) -> list[TextStyle]:
    ranges = [_ends(style) for style in content.objects("styles")]
    index = _index_of(text, [end for _, end in ranges])
    found: list[TextStyle] = []
    for style, (start, end) in zip(content.objects("styles"), ranges, strict=True):
        first, last = index(start), index(end)
        if first < last:
            found.append(_style(style, first, last, base, segment_id))
    if material.has("text_effect") or any(style.has("effectStyle") for style in content.objects("styles")):
        effect = next((style.object("effectStyle") for style in content.objects("styles")), material)
        material.warnings.add(
            WarningCode.EFFECT_SKIPPED,
            "A text effect is drawn as plain text with its colour and outline.",
            "花字按普通文字（颜色与描边）绘制。",
            segment_id=segment_id,
            effect_id=effect.text("id"),
        )
    return found


def _ends(style: Fields) -> tuple[int, int]:
    ends = style.list("range")
    numbers = [int(end) for end in ends if isinstance(end, int | float) and abs(end) < 1e9]
    return (max(0, numbers[0]), max(0, numbers[1])) if len(numbers) == 2 else (0, 1 << 30)


def _index_of(text: str, ends: list[int]) -> Callable[[int], int]:
    """How a style's offset becomes an index of the text.

    The apps count UTF-16 units, pyJianYingDraft counts characters, and capcut-mate's first
    style counts bytes of UTF-16 and is simply too large. They differ only where a character
    takes two units; there the unit shows in where the styles end.
    """
    units = len(text.encode("utf-16-le")) // 2
    if units == len(text) or units not in ends:
        return lambda offset: min(offset, len(text))
    starts: list[int] = []
    for at, character in enumerate(text):
        starts.extend([at] * (1 if ord(character) < 0x10000 else 2))
    return lambda offset: starts[offset] if offset < len(starts) else len(text)


def _style(style: Fields, start: int, end: int, base: TextStyle, segment_id: str) -> TextStyle:
    strokes, shadows = list(style.objects("strokes")), list(style.objects("shadows"))
    font = style.object("font")
    return TextStyle(
        start=start,
        end=end,
        size=style.number("size", base.size, 0.0, 1000.0) or base.size,
        color=_fill(style.object("fill"), base.color, segment_id),
        bold=style.flag("bold", base.bold),
        italic=style.flag("italic", base.italic),
        underline=style.flag("underline", base.underline),
        stroke=_stroke(strokes[0]) if strokes else base.stroke,
        shadow=_shadow(shadows[0]) if shadows else base.shadow,
        font_name=_font_name("", font.text("path")) or base.font_name,
    )


def _fill(fill: Fields, default: Color, segment_id: str) -> Color:
    content = fill.object("content")
    kind = content.text("render_type", "solid")
    alpha = fill.number("alpha", 1.0, 0.0, 1.0)
    if kind not in ("", "solid"):
        fill.warnings.add(
            WarningCode.EFFECT_APPROXIMATED,
            f"A {kind} fill of a text is drawn in one colour.",
            f"文字的 {kind} 填充按单色绘制。",
            segment_id=segment_id,
        )
    solid = content.object("solid")
    if not solid.has("color"):
        return default
    red, green, blue, own = _color(solid)
    return red, green, blue, own * alpha


def _stroke(stroke: Fields) -> Stroke | None:
    width = stroke.number("width", 0.08, 0.0, 1.0)
    red, green, blue, alpha = _color(stroke.object("content").object("solid"))
    return Stroke(width, (red, green, blue, alpha * stroke.number("alpha", 1.0, 0.0, 1.0))) if width else None


def _shadow(shadow: Fields) -> Shadow | None:
    red, green, blue, own = _color(shadow.object("content").object("solid"))
    alpha = own * shadow.number("alpha", 1.0, 0.0, 1.0)
    if alpha == 0:
        return None
    return Shadow(
        distance=shadow.number("distance", 5.0, 0.0, 1000.0),
        angle_deg=shadow.number("angle", -45.0),
        diffuse=shadow.number("diffuse", shadow.number("feather", 0.0, 0.0, 1.0), 0.0, 1.0),
        color=(red, green, blue, alpha),
    )


def _color(solid: Fields) -> Color:
    parts = [part for part in solid.list("color") if isinstance(part, int | float) and 0 <= part <= 1]
    if len(parts) < 3:
        return (0.0, 0.0, 0.0, 1.0)
    return float(parts[0]), float(parts[1]), float(parts[2]), solid.number("alpha", 1.0, 0.0, 1.0)


def _font_name(title: str, path: str) -> str | None:
    """A font's name, from its title or its file; None for the apps' own default font."""
    name = title or re.sub(r"\.(ttf|otf|ttc)$", "", path.replace("\\", "/").rsplit("/", 1)[-1], flags=re.IGNORECASE)
    return None if name.strip().lower() in _SYSTEM_FONTS else clean_text(name.strip())


def _background(fields: Fields) -> TextBackground | None:
    alpha = fields.number("background_alpha", 1.0, 0.0, 1.0)
    color = fields.text("background_color")
    if fields.number("background_style") == 0 or alpha == 0 or not color:
        return None
    red, green, blue, own = hex_color(color, (0.0, 0.0, 0.0, 1.0))
    return TextBackground(
        color=(red, green, blue, own * alpha),
        round_radius=fields.number("background_round_radius", 0.0, 0.0, 1.0),
        width=fields.number("background_width", 0.14, 0.0, 1.0),
        height=fields.number("background_height", 0.14, 0.0, 1.0),
        horizontal_offset=fields.number("background_horizontal_offset", 0.0, -1.0, 1.0),
        vertical_offset=fields.number("background_vertical_offset", 0.0, -1.0, 1.0),
    )
