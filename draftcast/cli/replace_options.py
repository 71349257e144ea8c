"""Options of the commands that replace texts and files of a draft."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.errors import InvalidInput
from services.replacements import Replacement, Replacements, check_replacements, in_order, replacements_of

Texts = Annotated[
    list[str] | None,
    typer.Option("--replace", metavar="NAME=TEXT", help="A new text for a placeholder or caption; may be repeated."),
]
Urls = Annotated[
    list[str] | None,
    typer.Option("--replace-url", metavar="NAME=URL", help="A new file for a material; may be repeated."),
]
File = Annotated[
    Path | None,
    typer.Option("--replace-file", help="Replacements as JSON: a list of objects with name, and text or url."),
]


def replacements_from(texts: list[str] | None, urls: list[str] | None, file: Path | None) -> Replacements:
    """The replacements of the options. Raises a usage error that names the wrong one."""
    found = [
        *(Replacement(name=name, text=text) for name, text in map(_pair, texts or ())),
        *(Replacement(name=name, url=url) for name, url in map(_pair, urls or ())),
        *(_read(file) if file else ()),
    ]
    replacements = in_order(found)
    try:
        check_replacements(replacements)
    except InvalidInput as error:
        raise typer.BadParameter(error.message.en) from None
    return replacements


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise typer.BadParameter(f"{given!r} has no =; write NAME=VALUE")
    return name, value


def _read(file: Path) -> Replacements:
    try:
        values: Any = json.loads(file.read_text(encoding="utf-8"))
        return replacements_of(values)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise typer.BadParameter(f"{file} is no JSON list of objects with name, and text or url") from None
