"""Commands of a running server: submit, watch, tasks, cancel, retry."""

import sys
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from draftcast.cli.output_options import From, Kind, Label, Level, Mark, Rate, Scale, Silent, Size, To, output_from
from draftcast.cli.replace_options import File, Texts, Urls, replacements_from
from draftcast.cli.terminal import (
    AsJson,
    Exit,
    Stopped,
    invalid,
    print_error,
    print_json,
    print_table,
    run,
    say,
    settings_of,
    spoken,
)
from services.environment import SERVER_VARIABLE
from services.errors import Bilingual
from services.output import OutputFormat, Quality

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what listens everywhere is reached here
_TASK_HELP = "A task's id or its beginning, or the draft URL that was submitted."


class Wanted(StrEnum):
    """The statuses that `draftcast tasks` accepts."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


_STATUS_HELP = f"Only tasks of this status; may be repeated: {', '.join(Wanted)}."


def server_address(server: str) -> str:
    """The address of the server; by default the one that the settings of this machine's server give."""
    if not server:
        settings = settings_of()
        host = LOOPBACK.get(settings.host, settings.host)
        return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
    if not server.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{server} is no address; write http://{server}")
    return server.rstrip("/")


Server = Annotated[
    str,
    typer.Option(
        help="The server's address.",
        envvar=SERVER_VARIABLE,
        callback=server_address,
        show_default="that of DRAFTCAST_HOST and DRAFTCAST_PORT",
    ),
]
Named = Annotated[str, typer.Argument(metavar="TASK", help=_TASK_HELP)]
Several = Annotated[list[str], typer.Argument(metavar="TASK...", help=_TASK_HELP)]
Watching = Annotated[bool, typer.Option("--watch", help="Watch it to its end.")]
HERE = ""


def submit(
    draft: Annotated[str, typer.Argument(help="The draft's URL, or its folder, zip or draft_content.json here.")],
    watching: Watching = False,
    strict: Annotated[bool, typer.Option(help="Fail when something cannot be drawn as designed.")] = False,
    webhook: Annotated[str | None, typer.Option(help="A URL that receives the task's changes of status.")] = None,
    format_: Kind = OutputFormat.MP4,
    quality: Level = Quality.STANDARD,
    short_side: Size = None,
    scale: Scale = None,
    fps: Rate = None,
    start: From = 0.0,
    end: To = None,
    silent: Silent = False,
    ai_label: Label = None,
    ai_mark: Mark = False,
    texts: Texts = None,
    urls: Urls = None,
    replace_file: File = None,
    as_json: AsJson = False,
    server: Server = HERE,
) -> None:
    """Submit a draft to a running server; a draft on this machine is sent there first, with its files."""
    from draftcast.cli import client
    from draftcast.cli.send import sent

    output = output_from(format_, short_side, scale, fps, quality, start, end, silent, ai_label, ai_mark)
    replacements = replacements_from(texts, urls, replace_file)
    draft_url = sent(server, draft, quiet=as_json)
    task = run(
        client.submit(server, draft_url, strict=strict, webhook_url=webhook, output=output, replacements=replacements)
    )
    _report(server, task, watching, as_json, task["id"])


def watch(named: Named, as_json: AsJson = False, server: Server = HERE) -> None:
    """Watch a task of a running server to its end."""
    from draftcast.cli import client

    _watch(server, run(client.find(server, named))["id"], as_json)


def tasks(
    status: Annotated[list[Wanted] | None, typer.Option(metavar="STATUS", help=_STATUS_HELP)] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the newest first.")] = 20,
    as_json: AsJson = False,
    server: Server = HERE,
) -> None:
    """List the newest tasks of a running server."""
    from draftcast.cli import client
    from draftcast.cli.tables import tasks_table
    from services.clock import now_ms

    found = run(client.newest(server, limit, [each.name for each in status or ()]))
    if as_json:
        for task in found:
            print_json(task)
    elif found:
        print_table(tasks_table(found, now_ms(), brief=sys.stdout.isatty()))
    else:
        say(spoken(Bilingual("There are no such tasks.", "没有这样的任务。")))


def cancel(named: Several, as_json: AsJson = False, server: Server = HERE) -> None:
    """Cancel tasks that wait or run."""
    from draftcast.cli import client

    _change_each(server, named, client.cancel, False, as_json)


def retry(named: Several, watching: Watching = False, as_json: AsJson = False, server: Server = HERE) -> None:
    """Put failed or canceled tasks into the queue again."""
    from draftcast.cli import client

    if watching and len(named) > 1:
        one = Bilingual(
            "--watch follows one task; give one, or leave it out", "--watch 只能跟踪一个任务；请只给一个，或去掉它"
        )
        raise invalid(spoken(one))
    _change_each(server, named, client.retry, watching, as_json)


def _change_each(
    server: str,
    named: list[str],
    change: Callable[[str, str], Coroutine[Any, Any, dict[str, Any]]],
    watching: bool,
    as_json: bool,
) -> None:
    """Change each task, also after one that is refused; the exit code is that of the last error."""
    from draftcast.cli import client

    async def once(name: str) -> dict[str, Any]:
        return await change(server, (await client.find(server, name))["id"])

    refused: list[Stopped] = []
    for name in named:
        try:
            _report(server, run(once(name)), watching, as_json, "")
        except client.ServerRefusal as error:
            print_error(error, as_json)
            refused.append(error)
    if refused:
        raise SystemExit(refused[-1].exit_code)


def _report(server: str, task: dict[str, Any], watching: bool, as_json: bool, result: str) -> None:
    """Watch a task that was changed, or print it, the command's result, or the task's status."""
    if watching:
        _watch(server, task["id"], as_json)
    elif as_json:
        print_json(task)
    elif result:
        typer.echo(result)
    else:
        say(_state_of(task, task["id"]))


def _watch(server: str, task_id: str, as_json: bool) -> None:
    task = run(_print_events(server, task_id) if as_json else _show_events(server, task_id))["task"]
    if not as_json:
        _say_end(task)
    raise SystemExit(Exit.DONE if task["status"] == "COMPLETED" else Exit.NO)


async def _print_events(server: str, task_id: str) -> dict[str, Any]:
    from draftcast.cli import client

    last: dict[str, Any] = {}
    async for last in client.watch(server, task_id):
        print_json(last)
    return last


async def _show_events(server: str, task_id: str) -> dict[str, Any]:
    from draftcast.cli import client
    from draftcast.cli.progress import ProgressBar, task_progress

    last: dict[str, Any] = {}
    with ProgressBar() as bar:
        async for last in client.watch(server, task_id):
            bar.update(task_progress(last["task"]))
    return last


def _say_end(task: dict[str, Any]) -> None:
    from draftcast.cli.report_display import place_of

    for warning in task["warnings"]:
        start, end = (None if each is None else each * 1e6 for each in (warning["startSeconds"], warning["endSeconds"]))
        place = place_of(start, end, warning["track"])
        say(f"{warning['code']}: {warning['message']}{f' ({place})' if place else ''}", "yellow")
    if task["status"] == "COMPLETED":
        typer.echo(task["videoUrl"])
    elif task["error"]:
        say(f"{task['error']['code']}: {task['error']['message']}", "bold red")
        say(task["error"]["hint"] or "")
    else:
        say(_state_of(task, spoken(Bilingual("The task", "任务"))))


def _state_of(task: dict[str, Any], name: str) -> str:
    from draftcast.cli.progress import words

    status = words(task["status"])
    return spoken(Bilingual(f"{name} is {status}.", f"{name}：{status}。"))
