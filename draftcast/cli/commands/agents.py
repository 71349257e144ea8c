"""The command for agents: mcp."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from draftcast.cli.commands.remote import server_address
from draftcast.cli.commands.service import checked_settings
from draftcast.cli.terminal import keep_files_private, run
from services.environment import SERVER_VARIABLE

if TYPE_CHECKING:
    from services.settings import Settings

PROBE_SECONDS = 2.0
Ready = Callable[[], Awaitable[None]]


def mcp(
    server: Annotated[
        str,
        typer.Option(
            help="The server's address.",
            envvar=SERVER_VARIABLE,
            show_default="the one on this machine; where none runs, it is started",
        ),
    ] = "",
) -> None:
    """Serve tools for agents by the Model Context Protocol, on stdin and stdout."""
    run(_serve(server))


async def _serve(server: str) -> None:
    from draftcast.cli.remote_api import tool_server

    address = server_address(server)
    async with _elsewhere() if server else _local_server(checked_settings()) as ready:
        await tool_server(address, ready).run_stdio_async()


@asynccontextmanager
async def _elsewhere() -> AsyncGenerator[Ready]:
    async def ready() -> None:
        """Each tool says so itself when the server does not answer."""

    yield ready


@asynccontextmanager
async def _local_server(settings: "Settings") -> AsyncGenerator[Ready]:
    """The server of this machine; started here, for as long as the block lasts, where none runs. Agents need not wait
    for its start: the first tool does.
    """
    if _answers(settings):
        async with _elsewhere() as ready:
            yield ready
        return
    keep_files_private()
    import asyncio

    from draftcast.server.serving import local_server
    from services.telemetry.logs import configure_logging

    configure_logging(settings.log_format)
    server = local_server(settings)
    running = asyncio.create_task(server.serve(), name="local server")

    async def started() -> None:
        waiting = asyncio.create_task(server.ready.wait())
        await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    try:
        yield started
    finally:
        server.should_exit = True
        await running


def _answers(settings: "Settings") -> bool:
    """Whether something listens on the address of this machine's server."""
    import socket

    try:
        socket.create_connection((settings.host, settings.port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True
