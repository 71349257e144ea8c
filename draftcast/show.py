"""Progress on a terminal."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

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
