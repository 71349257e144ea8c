"""Commands that run the service: serve, work, migrate, webhook-secret."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from draftcast.cli.terminal import keep_files_private, run, say, settings_of

if TYPE_CHECKING:
    from services.compose import Services
    from services.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    worker: Annotated[bool, typer.Option(help="Render in this process, too.")] = True,
) -> None:
    """Serve the API, with a worker in the same process."""
    settings = _settings(host=host, port=port)  # first: a wrong one is said at once
    keep_files_private()
    from draftcast.cli.doctor import check_port
    from draftcast.server.serving import server
    from services.startup_checks import check_access
    from services.telemetry.logs import configure_logging

    check_port(settings)
    configure_logging(settings.log_format)
    is_open = run(check_access(settings))
    if is_open:
        _tell(
            settings,
            "There are no keys: everyone who reaches this address may submit and see all tasks. "
            "`draftcast keys create NAME` ends that.",
            "yellow",
        )
    if worker:
        _say_what_next(settings)
    server(settings, work=worker).run()


def _say_what_next(settings: "Settings") -> None:
    from services.drafts.sample import draft_url as sample_url

    base = settings.base_url
    _tell(settings, f"draftcast serves on {base}" + (f" (GraphiQL: {base}/graphiql/)" if settings.graphiql else ""))
    if settings.log_format == "text":
        say("Render the built-in sample, in another terminal:")
        say(f"  .venv/bin/draftcast submit --watch --server {base} '{sample_url(base)}'")


def _tell(settings: "Settings", text: str, style: str = "") -> None:
    """Say something at the start: to people, or to programs that read the log."""
    if settings.log_format == "json":
        logging.getLogger(__name__).info(text)
    else:
        say(text, style)


def _settings(**overrides: Any) -> "Settings":
    """The settings, and those of traces looked through, too; nothing of ours may lie where renders read."""
    from services.settings import traces_enabled
    from services.startup_checks import check_exposure

    traces_enabled()
    settings = settings_of(**overrides)
    check_exposure(settings)
    return settings


def work() -> None:
    """Render tasks of the queue, without serving the API; on as many machines as you like, with Postgres."""
    settings = _settings()
    keep_files_private()
    from services.compose import open_services
    from services.telemetry.logs import configure_logging

    configure_logging(settings.log_format)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with open_services(settings) as services, _watched(settings, services):
            _tell(settings, "draftcast works; stop it with Ctrl+C")
            await stop.wait()

    run(until_stopped())


@asynccontextmanager
async def _watched(settings: "Settings", services: "Services") -> AsyncGenerator[None]:
    """Serve the worker's health and measures while the block lasts, if the settings give them a port."""
    if not settings.watch_port:
        yield
        return
    from draftcast.server.serving import watch_server

    server = watch_server(settings, services.health)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def migrate() -> None:
    """Bring the database to this release's layout. serve and work do so by themselves, too."""
    settings = settings_of()
    keep_files_private()
    from services.migrate import migrate as bring_up_to_date

    bring_up_to_date(settings.database)
    say("The database is up to date.")


def webhook_secret() -> None:
    """Print the secret with which receivers of webhooks check that a message comes from here."""
    settings = settings_of()
    from services.access.signing import Hmac
    from services.webhooks.delivery import webhook_secret

    typer.echo(webhook_secret(settings.webhook_secret, Hmac(settings.data_dir, settings.signing_key)))
