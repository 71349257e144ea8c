"""The commands of the command line."""

from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_command

from draftcast.cli.commands import agents, connections, fonts, keys, looks, remote, service, standalone
from draftcast.cli.terminal import is_chinese

_PANELS = {
    "Without a server": (standalone.render, standalone.report, standalone.doctor),
    "With a running server": (remote.submit, remote.watch, remote.tasks, remote.cancel, remote.retry),
    "For agents": (agents.mcp,),
    "The service": (service.serve, service.work, service.migrate, service.webhook_secret),
}


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"draftcast {version('draftcast')}")
        raise typer.Exit


app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Renders CapCut and JianYing drafts to MP4 files, with live progress.",
    epilog="Exit codes: 0 done, 1 no video, 2 wrong options, 3 the server does not answer, 4 the server refuses.",
)


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Options of the program."""


for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(_command.__name__.replace("_", "-"), rich_help_panel=_panel)(_command)
app.add_typer(connections.connections, name="connections", rich_help_panel="With a running server")
app.add_typer(fonts.fonts, name="fonts", rich_help_panel="Without a server")
app.add_typer(looks.looks, name="looks", rich_help_panel="Without a server")
app.add_typer(keys.keys, name="keys", rich_help_panel="The service")


def command_line() -> TyperGroup:
    """All commands, with their help in the language of the locale."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101 - there are several commands
    if is_chinese():
        from draftcast.cli.chinese import translate

        translate(group)
    return group
