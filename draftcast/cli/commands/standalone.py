"""Commands that need no server: render, report, doctor."""

import errno
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from draftcast.cli.output_options import (
    Format,
    From,
    Label,
    Level,
    Mark,
    Rate,
    Scale,
    Silent,
    Size,
    To,
    format_of,
    output_from,
)
from draftcast.cli.replace_options import File, Texts, Urls, replacements_from
from draftcast.cli.terminal import AsJson, Exit, Stopped, print_json, print_table, run, say, settings_of, spoken
from services.errors import Bilingual, DraftWarning, Failed, Failure
from services.output import Quality, labelled

if TYPE_CHECKING:
    from draftcast.cli.ffmpeg_threads import FfmpegThreads
    from services.exporter_protocol.lines import Result
    from services.exporter_protocol.request import ExportRequest
    from services.settings import Settings
    from services.worker.exporter_process import ProgressLine
_ANOTHER = Bilingual("Give the path of a file that can be written: -o FILE.", "请用 -o 指定一个可以写入的文件路径。")
Draft = Annotated[str, typer.Argument(help="A draft URL, or a draft's folder, zip or draft_content.json here.")]


def render(
    draft: Draft,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("video.mp4"),
    format_: Format = None,
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
    strict: Annotated[bool, typer.Option(help="Fail when something cannot be drawn as designed.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Tell what each step costs: CPU and time.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the exporter's lines as JSON.")] = False,
) -> None:
    """Render a draft without a server."""
    from draftcast.cli.ffmpeg_threads import FfmpegThreads

    settings = settings_of()
    _check_output(output)
    wanted = format_ or format_of(output)
    options = output_from(wanted, short_side, scale, fps, quality, start, end, silent, ai_label, ai_mark)
    options = labelled(options, settings.ai_label)
    replacements = replacements_from(texts, urls, replace_file)
    with _request(settings, draft) as asked:
        named = asked.output.with_suffix(options.ending)
        request = replace(
            asked, strict=strict, options=options, replacements=replacements, output=named, timings=timings
        )
        with FfmpegThreads(request.folder) if timings else nullcontext() as threads:
            if as_json:
                _render_json(request, output, threads)
            else:
                _render_shown(request, output, threads)


@contextmanager
def _attempt_folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="draftcast-") as folder:
        attempt = Path(folder) / "1"
        attempt.mkdir()
        yield attempt


@contextmanager
def _request(settings: "Settings", draft: str) -> Generator["ExportRequest"]:
    """The exporter's request; its temporary files are removed after the block."""
    from services.exporter_protocol.request import ExportRequest
    from services.startup_checks import check_looks
    from services.worker.exporter_process import limits_of

    check_looks(settings)
    with ExitStack() as stack:
        folder = stack.enter_context(_attempt_folder())
        local: dict[str, Any] = {"draft_url": draft}
        if not draft.startswith(("http://", "https://")):
            from draftcast.cli.local_drafts import opened

            source = stack.enter_context(opened(draft))
            local = {
                "draft_url": Path(draft).absolute().as_uri(),
                "draft_folder": source.folder,
                "draft_files": source.files,
            }
        yield ExportRequest(
            **local,
            task_id="render",
            attempt=1,
            folder=folder,
            output=folder / "video.mp4",
            allow_hosts=settings.allow_hosts,
            font_dirs=settings.font_dirs,
            looks=settings.looks,
            copy_video=settings.copy_video,
            ffmpeg=settings.ffmpeg,
            require_sandbox=settings.require_sandbox,
            limits=limits_of(settings),
        )


def _render_json(request: "ExportRequest", output: Path, threads: "FfmpegThreads | None") -> None:
    """Print the renderer's lines as JSON; the result follows when the file is at its place."""
    from services.exporter_protocol.lines import StepCost
    from services.worker.child import supervised
    from services.worker.exporter_process import OWN_EXPORTER, parse_line

    result: dict[str, Any] | None = None
    failure: Any = None
    child = subprocess.Popen(  # noqa: S603 - ours
        supervised(OWN_EXPORTER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with child, _terminated(child):
        assert child.stdin is not None  # noqa: S101 - both are pipes
        assert child.stdout is not None  # noqa: S101
        child.stdin.write(request.to_json().encode())
        child.stdin.close()
        for text in child.stdout:
            line: dict[str, Any] = json.loads(text)
            if "result" in line:
                result = line["result"]
                continue
            print_json(line)
            failure = parse_line(text) if "error" in line else None
    if isinstance(failure, Failure):
        raise Failed(failure)
    if result is None or child.returncode:
        raise Stopped("RENDER_FAILED", f"The renderer ended with {child.returncode}.")
    _keep(request, output)
    if threads is not None:
        result["timings"] = [
            asdict(each) for each in threads.told_apart(StepCost(**each) for each in result["timings"])
        ]
    print_json({"result": {**result, "output": str(output.absolute()), "thumbnail": None}})


@contextmanager
def _terminated(child: "subprocess.Popen[bytes]") -> Generator[None]:
    """Terminate the child where the block is left early, as by Ctrl+C."""
    try:
        yield
    except BaseException:
        child.terminate()
        raise


def _render_shown(request: "ExportRequest", output: Path, threads: "FfmpegThreads | None") -> None:
    from draftcast.cli.progress import LocalProgress, ProgressBar
    from draftcast.cli.report_display import place_of
    from draftcast.cli.tables import timings_table
    from services.clock import now_ms
    from services.exporter_protocol.lines import StageLine
    from services.worker.exporter_process import OWN_EXPORTER, export

    warnings: list[DraftWarning] = []
    progress = LocalProgress()
    with ProgressBar() as bar:

        def on_line(line: "ProgressLine") -> None:
            if isinstance(line, StageLine):
                bar.update(progress.state(line, now_ms()))
            elif isinstance(line, DraftWarning):
                warnings.append(line)

        result = run(export(OWN_EXPORTER, request, on_line))
        bar.finish()
    for warning in warnings:
        place = place_of(warning.start_us, warning.end_us, warning.track)
        say(f"{warning.code}: {spoken(warning.message)}{f' ({place})' if place else ''}", "yellow")
    _keep(request, output)
    _say_result(result, output)
    if threads is not None:
        print_table(timings_table(threads.told_apart(result.timings or ())))


def _check_output(output: Path) -> None:
    """Raises `Stopped` when no file can be made at this path."""
    try:
        if output.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(output))
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise _not_written(output, error, _ANOTHER) from error


def _keep(request: "ExportRequest", output: Path) -> None:
    """Move the video to its place; where that fails it is kept beside the temporary files."""
    try:
        shutil.move(request.output, output)
    except OSError as error:
        kept = Path(tempfile.mkdtemp(prefix="draftcast-video-")) / request.output.name
        request.output.rename(kept)
        raise _not_written(output, error, Bilingual(f"The video is kept: {kept}", f"视频已保留：{kept}")) from error


def _not_written(output: Path, error: OSError, hint: Bilingual) -> Stopped:
    why = error.strerror or error
    return Stopped("OS_ERROR", Bilingual(f"{output} cannot be written: {why}", f"无法写入 {output}：{why}"), hint)


def _say_result(result: "Result", output: Path) -> None:
    seconds = result.duration_us / 1e6
    facts = Bilingual(
        f"{seconds:.1f} s, {result.frames} frames, {'with sound' if result.has_sound else 'silent'}",
        f"{seconds:.1f} 秒，{result.frames} 帧，{'有声音' if result.has_sound else '无声音'}",
    )
    say(f"{output}: {result.width}x{result.height}, {spoken(facts)}")


def report(
    draft: Draft, texts: Texts = None, urls: Urls = None, replace_file: File = None, as_json: AsJson = False
) -> None:
    """Print the warnings and error that a render would have; exit code 1 when there would be no video."""
    from rich.console import Console

    from draftcast.cli.report_display import report_object, report_table
    from services.tasks.report import make_report

    settings = settings_of()
    replacements = replacements_from(texts, urls, replace_file)
    with _request(settings, draft) as asked, Console(stderr=True).status("reading the draft"):
        made = run(make_report(replace(asked, report=True, replacements=replacements)))
    if as_json:
        print_json(report_object(made))
    else:
        print_table(report_table(made))
    raise SystemExit(Exit.DONE if made.renderable else Exit.NO)


def doctor(as_json: AsJson = False) -> None:
    """Check the requirements of a render; exit code 1 when one is missing."""
    from draftcast.cli.doctor import examine
    from draftcast.cli.tables import findings_table

    findings = list(examine(settings_of()))
    if as_json:
        for finding in findings:
            print_json(asdict(finding))
    else:
        print_table(findings_table(findings))
    raise SystemExit(Exit.DONE if all(finding.ok or not finding.needed for finding in findings) else Exit.NO)
