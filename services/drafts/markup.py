"""JianYing 3's captions: `<font id=".." path=".."><color=(1,0,0,1)><size=5.0>text</size></color></font>`."""

import re
from collections.abc import Callable
from dataclasses import replace

from services.drafts.records import Color, TextStyle

_TAG = re.compile(r"<(/?)(font|color|size|b|i|u|outline|shadow|useLetterColor|effectStyle)\b([^<>]*)>")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def looks_like_markup(raw: str) -> bool:
    """Whether the text begins with one of the tags."""
    return _TAG.match(raw.lstrip()) is not None


def read_markup(raw: str, base: TextStyle) -> tuple[str, tuple[TextStyle, ...]]:
    """The text without its tags, and a style for each stretch between tags."""
    text, at = "", 0
    styles: list[TextStyle] = []
    opened = [base]
    for tag in _TAG.finditer(raw):
        text = _append(text, raw[at : tag.start()], opened[-1], styles)
        at = tag.end()
        closing, name, arguments = tag.groups()
        if not closing:
            opened.append(_CHANGES.get(name, _unchanged)(opened[-1], arguments))
        elif len(opened) > 1:
            opened.pop()
    text = _append(text, raw[at:], opened[-1], styles)
    return text, tuple(styles) or (replace(base, start=0, end=len(text)),)


def _append(text: str, piece: str, style: TextStyle, styles: list[TextStyle]) -> str:
    if piece:
        styles.append(replace(style, start=len(text), end=len(text) + len(piece)))
    return text + piece


def _colored(style: TextStyle, arguments: str) -> TextStyle:
    parts = [min(1.0, max(0.0, float(part))) for part in _NUMBER.findall(arguments)]
    color: Color = (
        (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0) if len(parts) > 2 else style.color
    )
    return replace(style, color=color)


def _sized(style: TextStyle, arguments: str) -> TextStyle:
    parts = _NUMBER.findall(arguments)
    return replace(style, size=min(float(parts[0]), 1000.0)) if parts and float(parts[0]) > 0 else style


def _unchanged(style: TextStyle, _arguments: str) -> TextStyle:
    return style


_CHANGES: dict[str, Callable[[TextStyle, str], TextStyle]] = {
    "color": _colored,
    "size": _sized,
    "b": lambda style, _: replace(style, bold=True),
    "i": lambda style, _: replace(style, italic=True),
    "u": lambda style, _: replace(style, underline=True),
}
