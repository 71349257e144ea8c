"""`draftcast connections`: list and end the open connections of a running server."""

from typing import Annotated

import typer

from draftcast.cli.commands.remote import HERE, Server
from draftcast.cli.terminal import AsJson, print_json, print_table, run, say, spoken
from services.errors import Bilingual

connections = typer.Typer(no_args_is_help=True, help="List and end the open connections of a running server.")


@connections.command(name="list")
def list_connections(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, those that read slowest first.")] = 20,
    as_json: AsJson = False,
    server: Server = HERE,
) -> None:
    """List open websockets, event streams and multipart responses; needs a key with the scope admin."""
    from draftcast.cli import client
    from draftcast.cli.tables import connections_table
    from services.clock import now_ms

    found = run(client.connections(server, limit))
    if as_json:
        for each in found:
            print_json(each)
    elif found:
        print_table(connections_table(found, now_ms()))
    else:
        say(spoken(Bilingual("There are no open connections.", "没有打开的连接。")))


@connections.command()
def end(
    connection: Annotated[str, typer.Argument(metavar="ID", help="The connection's id.")], server: Server = HERE
) -> None:
    """End one connection; its client is told not to reconnect."""
    from draftcast.cli import client

    run(client.end_connection(server, connection))
    say(spoken(Bilingual(f"{connection} is ended.", f"{connection} 已断开。")))
