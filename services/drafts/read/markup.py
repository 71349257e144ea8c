"""JianYing 3 and 4's captions: `<font id=".." path=".."><color=(1,0,0,1)><size=5.0>[text]</size></color></font>`.

Tags come in any order; attributes are quoted or not; the text stands in square brackets or not.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from services.drafts.colors import BLACK, Color
from services.drafts.read.style import font_name
from services.drafts.records import Stroke, TextStyle

_TAG = re.compile(r"<(/?)(font|color|size|b|i|u|outline|shadow|useLetterColor|effectStyle)\b([^<>]*)>")
_OPENS = re.compile(r"\s*<(?:useLetterColor>|(?:font|color|size|outline|shadow|effectStyle)\b[= ][^<>]*>)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_COLOR = re.compile(r"\(([^()]*)\)")
_WIDTH = re.compile(r"width=\"?([^\s\"]+)")
_PATH = re.compile(r'path=(?:"([^"]*)"|([^"]*))')
_MAX_FONT_SIZE = 1000.0


def looks_like_markup(raw: str) -> bool:
    """Whether the text begins with a tag of this markup."""
    return _OPENS.match(raw) is not None


def read_markup(raw: str, base: TextStyle) -> tuple[str, tuple[TextStyle, ...]]:
    """The text without tags and brackets, and the style of each stretch between tags."""
    first, *rest = _TAG.split(raw)
    opened, stretches = [base], [(first, base)]
    for closing, name, arguments, piece in zip(*(rest[at::4] for at in range(4)), strict=True):
        _follow(closing, name, arguments, opened)
        stretches.append((piece, opened[-1]))
    return _joined(_without_brackets([(piece, style) for piece, style in stretches if piece]), base)


def _joined(stretches: Sequence[tuple[str, TextStyle]], base: TextStyle) -> tuple[str, tuple[TextStyle, ...]]:
    styles = [replace(base, start=0, end=0)]
    for piece, style in stretches:
        styles.append(replace(style, start=styles[-1].end, end=styles[-1].end + len(piece)))
    return "".join(piece for piece, _ in stretches), tuple(styles[1:] or styles)


def _without_brackets(stretches: list[tuple[str, TextStyle]]) -> list[tuple[str, TextStyle]]:
    """The stretches without brackets, where all have them: many generators write them, and the apps hide them."""
    if not all(len(piece) > 1 and piece[0] == "[" and piece[-1] == "]" for piece, _ in stretches if piece.strip()):
        return stretches
    return [(piece.strip()[1:-1] if piece.strip() else "", style) for piece, style in stretches]


def _follow(closing: str, name: str, arguments: str, opened: list[TextStyle]) -> None:
    """Push the style of an opening tag; a closing tag restores the style before it."""
    if not closing:
        opened.append(_CHANGES.get(name, _unchanged)(opened[-1], arguments))
    elif len(opened) > 1:
        opened.pop()


def _color(arguments: str, default: Color) -> Color:
    found = _COLOR.search(arguments)
    parts = [min(1.0, max(0.0, float(part))) for part in _NUMBER.findall(found[1])] if found else []
    return (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0) if len(parts) >= 3 else default


def _colored(style: TextStyle, arguments: str) -> TextStyle:
    return replace(style, color=_color(arguments, style.color))


def _sized(style: TextStyle, arguments: str) -> TextStyle:
    parts = _NUMBER.findall(arguments)
    return replace(style, size=min(float(parts[0]), _MAX_FONT_SIZE)) if parts and float(parts[0]) > 0 else style


def _in_font(style: TextStyle, arguments: str) -> TextStyle:
    path = _PATH.search(arguments)
    return replace(style, font_name=font_name("", path[1] or path[2] or "") or style.font_name) if path else style


def _outlined(style: TextStyle, arguments: str) -> TextStyle:
    """The style with the outline of `<outline color=(0,0,0,1) width=0.08>`."""
    width = _WIDTH.search(arguments)
    number = _NUMBER.match(width[1]) if width else None
    width_em = min(max(float(number[0]), 0.0), 1.0) if number else 0.0
    return replace(style, stroke=Stroke(width_em, _color(arguments, BLACK)) if width_em else None)


def _unchanged(style: TextStyle, _arguments: str) -> TextStyle:
    return style


_CHANGES: dict[str, Callable[[TextStyle, str], TextStyle]] = {
    "color": _colored,
    "size": _sized,
    "font": _in_font,
    "outline": _outlined,
    "b": lambda style, _: replace(style, bold=True),
    "i": lambda style, _: replace(style, italic=True),
    "u": lambda style, _: replace(style, underline=True),
}
