"""Captions: text materials, whose content has one of three forms."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, cast

from services.drafts.colors import BLACK, read_color, with_opacity
from services.drafts.fields import Fields, Warnings
from services.drafts.read.glow import is_glow
from services.drafts.read.karaoke import read_karaoke
from services.drafts.read.markup import looks_like_markup, read_markup
from services.drafts.read.style import (
    BACKGROUND_BIT,
    GLOW_BIT,
    flat_style,
    font_titles,
    read_style,
    style_effects,
    switched_on,
)
from services.drafts.read.unsupported import TEXT_EFFECT, Sentence, warn_of
from services.drafts.records import Align, Glow, TextBackground, TextMaterial, TextStyle
from services.errors import ErrorCode, Failed, WarningCode, failed

MAX_TEXT_LENGTH = 5000
"""Characters of one caption, and number of its styles; more would not fit any canvas."""
MAX_CONTENT_LENGTH = 2_000_000
"""Characters of a caption's JSON with its styles: some hundred for each character of the text."""
LINE_MAX_WIDTH = 0.82
_MARKUP_PARTS = ("shadow", "effectStyle")
"""Tags of JianYing 3's markup that are ignored."""
_STYLED = re.compile(r'\s*\{\s*"(styles|text)"\s*:')
_OPEN_END = 1 << 30
"""The end of a style without a range."""
_FLAT_PARTS: tuple[tuple[str, Sentence], ...] = (
    ("background_fill", ("The picture behind a text is not drawn.", "文字背景图片未绘制。")),
    ("shadow_thickness_projection_enable", ("The thick shadow of a text is not drawn.", "文字立体投影未绘制。")),
)
_ALIGNS = {0: Align.LEFT, 1: Align.CENTER, 2: Align.RIGHT}


class Captions:
    """The captions of a draft. A material is read once, even when several segments share it."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, Glow | None], tuple[TextMaterial, Warnings]] = {}

    def read(self, fields: Fields, segment_id: str, glow: Glow | None) -> TextMaterial:
        """The caption of a text material, with the segment's glow. Raises `Failed` as `read_text` does."""
        key = fields.path, glow
        if key not in self._read:
            warnings = Warnings()
            self._read[key] = read_text(fields.with_warnings(warnings), segment_id, glow), warnings
        material, warnings = self._read[key]
        fields.warnings.add_for_segment(warnings, segment_id)
        return material


def read_text(fields: Fields, segment_id: str, glow: Glow | None = None) -> TextMaterial:
    """The caption; `glow` is that of styles without their own. Raises `Failed` (DRAFT_TOO_LARGE) for more than
    5000 characters or styles.
    """
    text, styles = _content(fields, segment_id, glow)
    if len(text) > MAX_TEXT_LENGTH:
        raise _too_long(segment_id, len(text), MAX_TEXT_LENGTH)
    karaoke = read_karaoke(fields, text)
    _warn_karaoke(fields, segment_id, drawn=karaoke is not None)
    _warn_undrawn(fields, segment_id, glows=any(style.glow for style in styles))
    _warn_layout(fields, segment_id)
    return TextMaterial(
        id=fields.text("id"),
        text=text,
        styles=styles,
        name=fields.title("name"),
        align=_ALIGNS.get(int(fields.number("alignment", 1)), Align.CENTER),
        vertical=fields.number("typesetting") == 1,
        letter_spacing_em=fields.number("letter_spacing", 0.0, -1.0, 10.0),
        line_spacing=fields.number("line_spacing", 0.02, -1.0, 10.0),
        line_max_width=fields.number("line_max_width", LINE_MAX_WIDTH, 0.0, 10.0) or LINE_MAX_WIDTH,
        wrap=_wraps(fields),
        fixed_width_px=_fixed(fields, "fixed_width"),
        fixed_height_px=_fixed(fields, "fixed_height"),
        alpha=fields.number("global_alpha", 1.0, 0.0, 1.0),
        background=_background(fields),
        karaoke=karaoke,
    )


def _fixed(fields: Fields, name: str) -> float | None:
    """A side of the text's box in pixels; the apps write -1 where it has none."""
    side_px = fields.number(name, -1.0)
    return side_px if side_px > 0 else None


def _warn_karaoke(fields: Fields, segment_id: str, *, drawn: bool) -> None:
    """Warn of a style for the spoken word other than a colour. Times of words alone have no effect."""
    templates = (fields.object(name).text("resource_id") for name in ("caption_template_info", "lyrics_template"))
    designed = fields.flag("is_lyric_effect") or any(templates)
    if designed or (fields.text("ktv_color") and not drawn):
        how, how_zh = ("only in colour", "仅绘制变色") if drawn else ("not drawn", "未绘制，按普通文字绘制")
        fields.warnings.add(
            WarningCode.EFFECT_APPROXIMATED,
            f"Karaoke highlighting of words is {how}.",
            f"字幕的逐词高亮（卡拉OK效果）{how_zh}。",
            segment_id=segment_id,
        )


def _warn_undrawn(fields: Fields, segment_id: str, *, glows: bool) -> None:
    if int(fields.number("check_flag")) & GLOW_BIT and not glows:
        warn_of(fields, segment_id, ("The glow of a text is not drawn.", "文字发光未绘制。"))
    if fields.has("text_curve") or fields.flag("text_loop_on_path"):
        straight = ("A text along a curve is drawn straight.", "沿曲线排列的文字按直线绘制。")
        warn_of(fields, segment_id, straight, WarningCode.EFFECT_APPROXIMATED)


def _warn_layout(fields: Fields, segment_id: str) -> None:
    for name, known in (("alignment", _ALIGNS), ("typesetting", (0, 1)), ("background_style", (0, 1, 2))):
        if fields.has(name) and fields.number(name) not in known:
            fields.warn_unknown(name)
    for name, sentence in _FLAT_PARTS:
        if fields.values.get(name):
            warn_of(fields, segment_id, sentence)


def _wraps(fields: Fields) -> bool:
    """Whether lines wrap: those of type subtitle do, and others with a `line_feed` of 1 [unverified]."""
    return fields.text("type") == "subtitle" or fields.number("line_feed") == 1


def _content(fields: Fields, segment_id: str, glow: Glow | None) -> tuple[str, tuple[TextStyle, ...]]:
    """Text and styles of a JSON content, of JianYing 3's markup, or of a plain string."""
    base = replace(flat_style(fields), glow=glow)
    content = _styled_content(fields, segment_id)
    if content is not None:
        raw = content.text("text")
        text = _with_plain_newlines(raw)
        return text, (_covering(base, text), *_styles(content, raw, base, segment_id, font_titles(fields)))
    plain = _with_plain_newlines(fields.text("content"))
    if not looks_like_markup(plain):
        return plain, (_covering(base, plain),)
    for tag in _MARKUP_PARTS:
        if f"<{tag}" in plain:
            warn_of(fields, segment_id, (f"The {tag} of a text is not drawn.", f"文字的 {tag} 未绘制。"))
    return read_markup(plain, base)


def _styled_content(fields: Fields, segment_id: str) -> Fields | None:
    """The content as an object, usually JSON within a string; None for a plain string or markup."""
    value: Any = fields.values.get("content")
    if isinstance(value, str):
        if len(value) > MAX_CONTENT_LENGTH:
            raise _too_long(segment_id, len(value), MAX_CONTENT_LENGTH)
        if not value.lstrip().startswith("{"):
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            if not _STYLED.match(value):
                return None
            fields.warn_unknown("content")
            value = {"text": ""}
    if not isinstance(value, dict) or not {"text", "styles"} & cast("dict[str, Any]", value).keys():
        return None
    return Fields(cast("dict[str, Any]", value), f"{fields.path}.content", fields.warnings)


def _too_long(segment_id: str, length: int, limit: int) -> Failed:
    return failed(
        ErrorCode.DRAFT_TOO_LARGE,
        f"The caption of segment {segment_id} has {length} characters; at most {limit} are drawn.",
        f"片段 {segment_id} 的文字有 {length} 个字符，最多 {limit} 个。",
        segment_id=segment_id,
    )


def _covering(base: TextStyle, text: str) -> TextStyle:
    return replace(base, start=0, end=len(text))


def _styles(content: Fields, raw: str, base: TextStyle, segment_id: str, titles: Mapping[str, str]) -> list[TextStyle]:
    styles = list(content.objects("styles"))
    if len(styles) > MAX_TEXT_LENGTH:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The caption of segment {segment_id} has {len(styles)} styles; at most {MAX_TEXT_LENGTH} are drawn.",
            f"片段 {segment_id} 的文字有 {len(styles)} 个样式，最多 {MAX_TEXT_LENGTH} 个。",
            segment_id=segment_id,
        )
    ranges = [_range(style) for style in styles]
    index = _index_of(raw, [end for _, end in ranges if end < _OPEN_END])
    _warn_text_effect(styles, segment_id)
    found: list[TextStyle] = []
    for style, (start, end) in zip(styles, ranges, strict=True):
        first, last = index(start), index(end)
        if first < last:
            found.append(read_style(style, first, last, base, segment_id, titles))
    return found


def _range(style: Fields) -> tuple[int, int]:
    """The offsets of a style's beginning and end; those of the whole text where it has no range."""
    ends = [int(end) for end in style.list("range") if isinstance(end, int | float) and abs(end) < _OPEN_END]
    return (max(0, ends[0]), max(0, ends[1])) if len(ends) == 2 else (0, _OPEN_END)


def _warn_text_effect(styles: list[Fields], segment_id: str) -> None:
    effects = (effect for style in styles for effect in style_effects(style) if not is_glow(effect))
    for effect in islice((effect for effect in effects if effect.text("id")), 1):
        warn_of(replace(effect, values={"effect_id": effect.text("id")}), segment_id, TEXT_EFFECT)


def _background(fields: Fields) -> TextBackground | None:
    """The box behind the text; None where it is switched off or transparent. `background_style` does not decide: the
    apps keep it when the box is switched off, and some generators number their first style 0.

    Of the apps' two kinds, the second is a box for each line [unverified].
    """
    color, alpha = fields.text("background_color"), fields.number("background_alpha", 1.0, 0.0, 1.0)
    if switched_on(fields, BACKGROUND_BIT) is False or alpha == 0 or not color:
        return None
    return TextBackground(
        color=with_opacity(read_color(fields, "background_color", BLACK), alpha),
        per_line=fields.number("background_style") == 2,
        round_radius=fields.number("background_round_radius", 0.0, 0.0, 1.0),
        width=fields.number("background_width", 0.14, 0.0, 1.0),
        height=fields.number("background_height", 0.14, 0.0, 1.0),
        horizontal_offset=fields.number("background_horizontal_offset", 0.0, -1.0, 1.0),
        vertical_offset=fields.number("background_vertical_offset", 0.0, -1.0, 1.0),
    )


def _with_plain_newlines(text: str) -> str:
    """The text with each line break as one newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _index_of(text: str, ends: Iterable[int]) -> Callable[[int], int]:
    """The conversion of an offset into `text` to an index of `_with_plain_newlines(text)`.

    The apps count UTF-16 units; pyJianYingDraft counts characters; capcut-mate counts the bytes of UTF-16 for the
    style of the whole text, which is too large, and characters for keywords. They differ only where a character takes
    two units. There, offsets are units when the styles end beyond the last character, but not beyond the last unit.
    """
    units = sum(_units(character) for character in text)
    in_units = len(text) < max(ends, default=0) <= units
    starts: list[int] = []
    at = 0
    for position, character in enumerate(text):
        starts.extend([at] * (_units(character) if in_units else 1))
        if text[position : position + 2] != "\r\n":
            at += 1
    return lambda offset: starts[offset] if offset < len(starts) else at


def _units(character: str) -> int:
    return 1 if ord(character) < 0x10000 else 2
