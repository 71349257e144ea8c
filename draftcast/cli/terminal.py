"""Output of commands: results on stdout, all else on stderr, errors in one form, exit codes.

Slow modules are imported where they are used, since shell completion waits for this module.
"""

import json
import os
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeAlias

import typer

from services.errors import Bilingual, DraftcastError, Failed, RequestError, SettingsError, StoreUnavailable

if TYPE_CHECKING:
    from rich.text import Text

    from services.settings import Settings

Told: TypeAlias = str | Bilingual
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and errors as JSON on stderr.")]


class Exit(IntEnum):
    """Exit codes, which are part of the public interface."""

    DONE = 0
    NO = 1
    """There is no video, something is missing, or the command failed."""
    USAGE = 2
    """A wrong option or argument."""
    UNREACHABLE = 3
    """The server does not answer."""
    REFUSED = 4
    """The server refuses the request."""
    INTERRUPTED = 130
    """Ctrl+C."""


class Stopped(DraftcastError):
    """The error that ends a command, in the language of the terminal's reader. `code` is for programs, `hint` says
    what to do.
    """

    def __init__(self, code: str, message: Told, hint: Told = "", exit_code: Exit = Exit.NO) -> None:
        super().__init__(_told(message))
        self.code = code
        self.hint = _told(hint)
        self.exit_code = exit_code


def invalid(message: Told) -> Stopped:
    """The error of an invalid argument."""
    return Stopped("INVALID_INPUT", message, exit_code=Exit.USAGE)


def end(error: DraftcastError | OSError, as_json: bool) -> NoReturn:
    """End the program with an error."""
    stopped = _stopped(error)
    print_error(stopped, as_json)
    raise SystemExit(stopped.exit_code)


def print_error(stopped: Stopped, as_json: bool) -> None:
    """Print an error on stderr: a line for people and one with what to do, or one JSON object."""
    if as_json:
        fields = {"code": stopped.code, "message": str(stopped), "hint": stopped.hint}
        typer.echo(json.dumps({"error": fields}, ensure_ascii=False), err=True)
    else:
        say(f"draftcast: {stopped} ({stopped.code})", "bold red")
        if stopped.hint:
            say(stopped.hint)


def _stopped(error: DraftcastError | OSError) -> Stopped:
    match error:
        case Stopped():
            return error
        case Failed(failure=failure):
            return Stopped(failure.code, failure.message, failure.hint)
        case RequestError(message=message) | SettingsError(message=message):
            return Stopped("INVALID_INPUT", message)
        case StoreUnavailable():
            return Stopped(
                "UNAVAILABLE",
                str(error),
                Bilingual(
                    "Is the database running? DRAFTCAST_DATABASE_URL names it.",
                    "请确认数据库已启动；它的地址由 DRAFTCAST_DATABASE_URL 指定。",
                ),
            )
        case OSError():
            return Stopped("OS_ERROR", f"{error.filename}: {error.strerror}" if error.filename else str(error))
        case _:
            return Stopped("INVALID_INPUT", str(error))


def is_chinese() -> bool:
    """Whether people read Chinese here: the first of LC_ALL, LC_MESSAGES and LANG that is set says so. JSON is for
    programs, and in English.
    """
    locales = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, locales), "").lower().startswith("zh") and "--json" not in sys.argv


def _told(text: Told) -> str:
    return text if isinstance(text, str) else spoken(text)


def spoken(text: Bilingual) -> str:
    """The text in the language of the terminal's reader."""
    return text.zh if is_chinese() else text.en


def say(text: str, style: str = "") -> None:
    """Print a message on stderr, without the control characters of foreign texts."""
    from rich.console import Console

    Console(stderr=True, highlight=False).print(printable(text, style), soft_wrap=True)


def printable(text: str, style: str = "") -> "Text":
    """A text without control characters, which could control the terminal."""
    from rich.text import Text

    return Text("".join(each if each.isprintable() else "\ufffd" for each in text), style)


def print_json(value: Any) -> None:
    """One JSON object in a line of stdout, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_table(table: Any) -> None:
    """A table on stdout; as wide as it needs where no terminal limits it."""
    from rich.console import Console

    Console(highlight=False, width=None if sys.stdout.isatty() else 1000).print(table)


def settings_of(**overrides: Any) -> "Settings":
    """The settings; options that were not given override nothing. Raises `SettingsError`."""
    from services.settings import load

    return load(**{name: value for name, value in overrides.items() if value is not None})


def keep_files_private() -> None:
    """Make new files and folders readable to their owner only: the database, drafts, videos."""
    os.umask(0o077)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end, or until Ctrl+C."""
    import asyncio

    try:
        return asyncio.run(coroutine)
    except KeyboardInterrupt:
        raise SystemExit(Exit.INTERRUPTED) from None
