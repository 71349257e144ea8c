"""Commands that run the service: serve, work, migrate, webhook-secret."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from draftcast.cli.terminal import keep_files_private, run, say, settings_of, spoken
from services.errors import Bilingual

if TYPE_CHECKING:
    from services.compose import Services
    from services.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    worker: Annotated[bool, typer.Option(help="Render in this process, too.")] = True,
) -> None:
    """Serve the API, with a worker in the same process."""
    settings = checked_settings(host=host, port=port)  # first, so that a wrong setting is reported at once
    keep_files_private()
    from draftcast.cli.doctor import check_port
    from draftcast.server.serving import server
    from services.startup_checks import check_access
    from services.telemetry.logs import configure_logging

    check_port(settings)
    configure_logging(settings.log_format)
    is_open = run(check_access(settings))
    if is_open:
        _announce(
            settings,
            Bilingual(
                "There are no keys: everyone who reaches this address may submit and see all tasks. "
                "`draftcast keys create NAME` ends that.",
                "此服务没有密钥：能访问该地址的人都可以提交任务并查看所有任务。"
                "可用 `draftcast keys create NAME` 创建密钥。",
            ),
            "yellow",
        )
    if worker:
        _print_next_steps(settings)
    server(settings, work=worker).run()


def _print_next_steps(settings: "Settings") -> None:
    from services.drafts.sample import draft_url as sample_url

    base = settings.base_url
    editor = f" (GraphiQL: {base}/graphiql/)" if settings.graphiql else ""
    _announce(settings, Bilingual(f"draftcast serves on {base}{editor}", f"draftcast 已启动：{base}{editor}"))
    if settings.log_format == "text":
        say(spoken(Bilingual("Render the built-in sample, in another terminal:", "渲染内置示例，请在另一个终端运行：")))
        say(f"  .venv/bin/draftcast submit --watch --server {base} '{sample_url(base)}'")


def _announce(settings: "Settings", text: Bilingual, style: str = "") -> None:
    """Print a message of the start, or log it in English where programs read the log."""
    if settings.log_format == "json":
        import logging

        logging.getLogger(__name__).info(text.en)
    else:
        say(spoken(text), style)


def checked_settings(**overrides: Any) -> "Settings":
    """The settings, checked together with those of traces and with the folders that renders may read."""
    from services.settings import traces_enabled
    from services.startup_checks import check_exposure, check_looks

    traces_enabled()
    settings = settings_of(**overrides)
    check_exposure(settings)
    check_looks(settings)
    return settings


def work() -> None:
    """Render tasks of the queue without serving the API; with PostgreSQL on any number of machines."""
    settings = checked_settings()
    keep_files_private()
    import asyncio
    import signal

    from services.compose import open_services
    from services.telemetry.logs import configure_logging

    configure_logging(settings.log_format)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with open_services(settings) as services, _health_served(settings, services):
            started = Bilingual("draftcast works; stop it with Ctrl+C", "draftcast 工作进程已启动；按 Ctrl+C 停止")
            _announce(settings, started)
            await stop.wait()

    run(until_stopped())


@asynccontextmanager
async def _health_served(settings: "Settings", services: "Services") -> AsyncGenerator[None]:
    """Serve the worker's health and metrics while the block lasts, if the settings have a port for them."""
    if not settings.watch_port:
        yield
        return
    import asyncio

    from draftcast.server.serving import watch_server

    server = watch_server(settings, services.health)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def migrate() -> None:
    """Migrate the database to this release; serve and work do so, too."""
    settings = settings_of()
    keep_files_private()
    from services.migrate import migrate as migrate_database

    migrate_database(settings.database)
    say("The database is up to date.")


def webhook_secret() -> None:
    """Print the secret that receivers of webhooks check signatures with."""
    settings = settings_of()
    from services.access.signing import Hmac
    from services.webhooks.delivery import webhook_secret

    typer.echo(webhook_secret(settings.webhook_secret, Hmac(settings.data_dir, settings.signing_key)))
