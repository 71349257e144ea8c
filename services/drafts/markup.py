"""JianYing 3's captions: `<font id=".." path=".."><color=(1,0,0,1)><size=5.0>text</size></color></font>`."""

import re
from collections.abc import Callable
from dataclasses import replace

from services.drafts.font_names import font_name
from services.drafts.records import TextStyle

_TAG = re.compile(r"<(/?)(font|color|size|b|i|u|outline|shadow|useLetterColor|effectStyle)\b([^<>]*)>")
_OPENS = re.compile(r"\s*<(font|color|size)\b[^<>]*>")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_PATH = re.compile(r'path="([^"]*)"')
_LARGEST_SIZE = 1000.0


def looks_like_markup(raw: str) -> bool:
    """Whether the text begins with one of the tags that all such captions begin with."""
    return _OPENS.match(raw) is not None


def read_markup(raw: str, base: TextStyle) -> tuple[str, tuple[TextStyle, ...]]:
    """The text without its tags, and a style for each stretch between tags."""
    first, *rest = _TAG.split(raw)
    pieces, opened = [first], [base]
    styles = [replace(base, start=0, end=len(first))]
    for closing, name, arguments, piece in zip(*(rest[at::4] for at in range(4)), strict=True):
        _follow(closing, name, arguments, opened)
        if piece:
            pieces.append(piece)
            styles.append(replace(opened[-1], start=styles[-1].end, end=styles[-1].end + len(piece)))
    return "".join(pieces), tuple(styles[1:] if len(styles) > 1 and not first else styles)


def _follow(closing: str, name: str, arguments: str, opened: list[TextStyle]) -> None:
    """An opening tag begins a look, a closing one goes back to the look before."""
    if not closing:
        opened.append(_CHANGES.get(name, _unchanged)(opened[-1], arguments))
    elif len(opened) > 1:
        opened.pop()


def _colored(style: TextStyle, arguments: str) -> TextStyle:
    parts = [min(1.0, max(0.0, float(part))) for part in _NUMBER.findall(arguments)]
    if len(parts) < 3:
        return style
    return replace(style, color=(parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0))


def _sized(style: TextStyle, arguments: str) -> TextStyle:
    parts = _NUMBER.findall(arguments)
    return replace(style, size=min(float(parts[0]), _LARGEST_SIZE)) if parts and float(parts[0]) > 0 else style


def _in_font(style: TextStyle, arguments: str) -> TextStyle:
    path = _PATH.search(arguments)
    return replace(style, font_name=font_name("", path[1]) or style.font_name) if path else style


def _unchanged(style: TextStyle, _arguments: str) -> TextStyle:
    return style


_CHANGES: dict[str, Callable[[TextStyle, str], TextStyle]] = {
    "color": _colored,
    "size": _sized,
    "font": _in_font,
    "b": lambda style, _: replace(style, bold=True),
    "i": lambda style, _: replace(style, italic=True),
    "u": lambda style, _: replace(style, underline=True),
}
