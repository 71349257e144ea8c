"""The command line. What only one command needs is imported by it: `render` starts without a server's parts."""

import asyncio
import json
import logging
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from draftcast.keys import keys
from draftcast.logs import keep_log
from draftcast.show import ProgressBar, report_object, report_table
from services.errors import DraftcastError, DraftWarning, Failed, Failure
from services.settings import SERVER_VARIABLE, Settings, load, traces_wanted
from services.tasks.exporter import (
    OWN_EXPORTER,
    ExportLimits,
    ExportRequest,
    PreviewLine,
    ReportRequest,
    Result,
    StageLine,
    export,
)
from services.tasks.records import StageProgress
from services.tasks.report import make_report
from services.tasks.scale import percent

if TYPE_CHECKING:
    from services.compose import Services

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
app.add_typer(keys, name="keys")
errors = Console(stderr=True, highlight=False)

Asked = TypeVar("Asked", bound=ExportRequest)
Server = Annotated[str, typer.Option(help="The server's address.", envvar=SERVER_VARIABLE)]
"""Where submit and watch find the server."""


def main() -> None:
    """Run the command line; what goes wrong is said in one line."""
    try:
        app()
    except DraftcastError as error:
        _stop(str(error))


def _stop(text: str) -> NoReturn:
    errors.print(f"[bold red]draftcast:[/] {escape(text)}", soft_wrap=True)
    raise SystemExit(1)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    worker: Annotated[bool, typer.Option(help="Render in this process, too.")] = True,
) -> None:
    """Serve the API, with a worker in the same process."""
    settings = _settings(host=host, port=port)  # first: a wrong one is said at once
    traces_wanted()
    from draftcast.serving import server
    from services.access.doors import check_door

    keep_log(settings.log_format)
    is_open = _run(check_door(settings))
    if is_open:
        _tell(
            settings,
            "There are no keys: everyone who reaches this address may submit and see all tasks. "
            "`draftcast keys create NAME` ends that.",
            style="yellow",
        )
    if worker:
        _say_what_next(settings)
    server(settings, work=worker).run()


def _say_what_next(settings: Settings) -> None:
    from resolvers.sample import draft_url as sample_url

    base = settings.base_url
    _tell(settings, f"draftcast serves on {base}" + (f" (GraphiQL: {base}/graphiql/)" if settings.graphiql else ""))
    if settings.log_format == "text":
        errors.print("Render the built-in sample, in another terminal:")
        errors.print(f"  .venv/bin/draftcast submit --watch --server {base} '{sample_url(base)}'", soft_wrap=True)


def _tell(settings: Settings, text: str, style: str | None = None) -> None:
    """Say something at the start: to people, or to programs that read the log."""
    if settings.log_format == "json":
        logging.getLogger(__name__).info(text)
    else:
        errors.print(text, style=style, markup=False, soft_wrap=True)


@app.command()
def migrate() -> None:
    """Bring the database to this release's layout. serve and work do so by themselves, too."""
    settings = _settings()
    from services.tasks.migrate import migrate as bring_up_to_date

    bring_up_to_date(settings.database)
    errors.print("The database is up to date.")


@app.command("webhook-secret")
def webhook_secret() -> None:
    """Print the secret with which receivers of webhooks check that a message comes from here."""
    settings = _settings()
    from services.access.signing import Seal
    from services.tasks.webhooks import secret_of

    typer.echo(secret_of(settings.webhook_secret, Seal(settings.data_dir, settings.signing_key)))


@app.command()
def work() -> None:
    """Render tasks of the queue, without serving the API; on as many machines as you like, with Postgres."""
    settings = _settings()
    traces_wanted()
    from services.compose import open_services

    keep_log(settings.log_format)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with open_services(settings) as services, _watched(settings, services):
            _tell(settings, "draftcast works; stop it with Ctrl+C")
            await stop.wait()

    _run(until_stopped())


@asynccontextmanager
async def _watched(settings: Settings, services: "Services") -> AsyncGenerator[None]:
    """Serve the worker's health and measures while the block lasts, if the settings give them a port."""
    if not settings.watch_port:
        yield
        return
    from draftcast.serving import watch_server

    server = watch_server(settings, services.health)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@app.command()
def render(
    draft: Annotated[str, typer.Argument(help="A draft URL, or a draft's folder on this machine.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The MP4 to write.")] = Path("video.mp4"),
    strict: Annotated[bool, typer.Option(help="Fail when something cannot be drawn as designed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the exporter's lines as JSON.")] = False,
) -> None:
    """Render a draft without a server."""
    settings = _settings()
    with tempfile.TemporaryDirectory(prefix="draftcast-") as folder:
        attempt = Path(folder) / "1"
        attempt.mkdir()
        request = replace(_request(ExportRequest, settings, draft, attempt), strict=strict)
        if as_json:
            _render_json(request, output)
        else:
            _render_shown(request, output)


def _request(kind: type[Asked], settings: Settings, draft: str, folder: Path) -> Asked:
    local = not draft.startswith(("http://", "https://"))
    if local and not Path(draft).is_dir():
        _stop(f"{draft} is neither an http(s) URL nor a folder")
    return kind(
        task_id="render",
        attempt=1,
        draft_url=Path(draft).absolute().as_uri() if local else draft,
        draft_folder=str(Path(draft).absolute()) if local else "",
        folder=str(folder),
        output=str(folder / "video.mp4"),
        allow_hosts=settings.allow_hosts,
        font_dirs=tuple(str(fonts) for fonts in settings.font_dirs),
        copy_video=settings.copy_video,
        ffmpeg=settings.ffmpeg,
        limits=ExportLimits.of(settings),
    )


def _render_json(request: ExportRequest, output: Path) -> None:
    """The child's own lines, word for word."""
    child = subprocess.run(  # noqa: S603 - our own renderer
        OWN_EXPORTER, input=json.dumps(asdict(request)), text=True, check=False
    )
    if child.returncode == 0:
        _keep(Path(request.output), output)
    raise SystemExit(child.returncode)


def _render_shown(request: ExportRequest, output: Path) -> None:
    warnings: list[DraftWarning] = []
    with ProgressBar() as bar:

        def on_line(line: StageLine | PreviewLine | DraftWarning) -> None:
            if isinstance(line, StageLine):
                reached = StageProgress(stage=line.stage, started_at_ms=0, done=line.done, total=line.total)
                bar.update(line.stage, percent(reached), line.done, line.total, line.unit)
            elif isinstance(line, DraftWarning):
                warnings.append(line)

        try:
            result = _run(export(OWN_EXPORTER, request, on_line))
        except Failed as error:
            failure: Failure | None = error.failure
            result = None
        else:
            failure = None
            bar.update("DONE", 100)
    for warning in warnings:
        errors.print(f"[yellow]{warning.code}[/]: {escape(warning.message.en)}", soft_wrap=True)
    if result is None or failure is not None:
        assert failure is not None  # noqa: S101 - one of the two is there
        _stop(f"{failure.code}: {failure.message.en} {failure.hint.en}")
    _keep(Path(request.output), output)
    _say(result, output)


def _keep(made: Path, output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, output)


def _say(result: Result, output: Path) -> None:
    sound = "with sound" if result.has_sound else "silent"
    seconds = result.duration_us / 1e6
    errors.print(f"{output}: {result.width}x{result.height}, {seconds:.1f} s, {result.frames} frames, {sound}")


@app.command()
def report(
    draft: Annotated[str, typer.Argument(help="A draft URL, or a draft's folder on this machine.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Tell what a render would lose or lack, without rendering; exit code 1 when there would be no video."""
    settings = _settings()
    with tempfile.TemporaryDirectory(prefix="draftcast-") as folder, errors.status("looking at the draft"):
        attempt = Path(folder) / "1"
        attempt.mkdir()
        made = _run(make_report(_request(ReportRequest, settings, draft, attempt)))
    if as_json:
        _print_json(report_object(made))
    else:
        Console(highlight=False).print(report_table(made))
    raise SystemExit(0 if made.renderable else 1)


@app.command()
def submit(
    draft: Annotated[str, typer.Argument(help="The draft's URL, or its folder or zip on this machine.")],
    watching: Annotated[bool, typer.Option("--watch", help="Watch it to its end.")] = False,
    strict: Annotated[bool, typer.Option(help="Fail when something cannot be drawn as designed.")] = False,
    webhook: Annotated[str | None, typer.Option(help="An address to tell of the task's changes of status.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    server: Server = "http://127.0.0.1:8000",
) -> None:
    """Submit a draft to a running server; a folder or zip is sent there first."""
    from draftcast import client

    task = _run(client.submit(server.rstrip("/"), _sent(server, draft), strict=strict, webhook_url=webhook))
    if watching:
        _watch(server, as_json, task_id=task["id"])
    elif as_json:
        _print_json(task)
    else:
        typer.echo(task["id"])


def _sent(server: str, draft: str) -> str:
    """The draft's URL; what lies on this machine is on the server then."""
    from draftcast import upload

    if draft.startswith(("http://", "https://")):
        return draft
    path = Path(draft).absolute()
    if not path.exists():
        _stop(f"{draft} is neither an http(s) URL nor a folder or zip")
    with upload.packed(path) as zipped:
        draft_url: str = _run(upload.send(server.rstrip("/"), path.stem, zipped))
    return draft_url


@app.command()
def watch(
    draft: Annotated[str, typer.Argument(help="A draft URL that was submitted, or a task's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    server: Server = "http://127.0.0.1:8000",
) -> None:
    """Watch a task of a running server to its end."""
    if "://" in draft:
        _watch(server, as_json, draft_url=draft)
    else:
        _watch(server, as_json, task_id=draft)


def _watch(server: str, as_json: bool, **which: str) -> None:
    last = _run(_print_events(server, which) if as_json else _show_events(server, which))
    task = last["task"]
    if not as_json:
        _say_end(task)
    raise SystemExit(0 if task["status"] == "COMPLETED" else 1)


async def _print_events(server: str, which: dict[str, str]) -> dict[str, Any]:
    from draftcast import client

    last: dict[str, Any] = {}
    async for last in client.watch(server.rstrip("/"), **which):
        _print_json(last)
    return last


async def _show_events(server: str, which: dict[str, str]) -> dict[str, Any]:
    from draftcast import client

    last: dict[str, Any] = {}
    with ProgressBar() as bar:
        async for last in client.watch(server.rstrip("/"), **which):
            counts: dict[str, Any] = last["task"]["stages"][-1]
            bar.update(last["stage"], last["progress"], counts["done"], counts["total"], counts["unit"])
    return last


def _say_end(task: dict[str, Any]) -> None:
    for warning in task["warnings"]:
        errors.print(f"[yellow]{warning['code']}[/]: {escape(warning['message'])}", soft_wrap=True)
    if task["status"] == "COMPLETED":
        typer.echo(task["videoUrl"])
    elif task["error"]:
        errors.print(f"[bold red]{task['error']['code']}[/]: {escape(task['error']['message'])}", soft_wrap=True)
        errors.print(escape(task["error"]["hint"] or ""), soft_wrap=True)
    else:
        errors.print(f"The task is {task['status'].lower()}.")


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check that everything a render needs is here; exit code 1 when something is missing."""
    from draftcast.doctor import examine

    findings = list(examine(_settings()))
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        table = Table(show_header=False, box=None)
        for finding in findings:
            mark = "[green]ok[/]" if finding.ok else "[red]missing[/]" if finding.needed else "[yellow]note[/]"
            table.add_row(mark, finding.name, finding.detail)
        Console().print(table)
    raise SystemExit(0 if all(finding.ok or not finding.needed for finding in findings) else 1)


def _settings(**overrides: Any) -> Settings:
    return load(**{name: value for name, value in overrides.items() if value is not None})


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(coroutine)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
