"""Progress and reports on a terminal."""

from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from services.errors import DraftWarning, Failure
from services.tasks.report import DraftReport

_WORDS = {
    "QUEUED": "waiting",
    "STARTED": "starting",
    "PARSING_DRAFT": "reading the draft",
    "PREPARING": "fetching materials",
    "PROCESSING_MATERIALS": "preparing materials",
    "EXPORTING": "rendering",
    "WRITING_FILE": "writing the file",
    "DONE": "done",
}


class ProgressBar:
    """One bar on stderr: the stage in words, the percentage, what is counted."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>20}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._bar = self._progress.add_task("waiting", total=100, count="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, stage: str, percent: float, done: Any = None, total: Any = None, unit: str | None = None) -> None:
        """Show a stage, 0..100, and `done` of `total` where they are known."""
        count = f"{done:,.0f}/{total:,.0f} {unit or ''}".lower() if done is not None and total else ""
        self._progress.update(self._bar, description=_WORDS.get(stage, stage.lower()), completed=percent, count=count)


def report_table(report: DraftReport) -> Table:
    """What was found out about a draft, to be read by people."""
    found = report.found
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("draft", _printable(report.draft_url))
    table.add_row("renderable", Text("yes", "green") if report.renderable else Text("no", "bold red"))
    if found.width is not None and found.duration_us is not None:
        seconds = found.duration_us / 1e6
        table.add_row("video", f"{found.width}x{found.height}, {seconds:.1f} s, {found.frame_rate:.5g} frames a second")
        table.add_row("holds", f"{found.tracks} tracks, {found.segments} segments, {found.materials} materials")
    for warning in report.warnings:
        table.add_row(Text(warning.code, "yellow"), _about_warning(warning))
    if found.error is not None:
        table.add_row(Text(found.error.code, "bold red"), _printable(f"{found.error.message.en} {found.error.hint.en}"))
    return table


def _about_warning(warning: DraftWarning) -> Text:
    named = [("material", warning.material_name), ("effect", warning.effect_id), ("segment", warning.segment_id)]
    places = ", ".join(f"{what} {name}" for what, name in named if name)
    return Text.assemble(_printable(warning.message.en), _printable(f" ({places})" if places else "", "dim"))


def _printable(text: str, style: str = "") -> Text:
    """A text of strangers, which must not steer the terminal."""
    return Text("".join(each if each.isprintable() else "\ufffd" for each in text), style)


def report_object(report: DraftReport) -> dict[str, Any]:
    """The same for programs: the API's `DraftReport`, its keys in snake_case and its messages in English."""
    found = report.found
    return {
        "draft_url": report.draft_url,
        "renderable": report.renderable,
        "width": found.width,
        "height": found.height,
        "duration_seconds": None if found.duration_us is None else found.duration_us / 1e6,
        "frame_rate": found.frame_rate,
        "tracks": found.tracks,
        "segments": found.segments,
        "materials": found.materials,
        "warnings": [{**asdict(warning), "message": warning.message.en} for warning in report.warnings],
        "error": _error_object(found.error, report.stage) if found.error else None,
    }


def _error_object(failure: Failure, stage: str) -> dict[str, Any]:
    return {**asdict(failure), "message": failure.message.en, "hint": failure.hint.en, "stage": stage}
