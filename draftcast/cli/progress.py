"""Progress of a task or a render, and its bars on a terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from draftcast.cli.terminal import printable, spoken
from services.errors import Bilingual
from services.exporter_protocol.lines import Stage, StageLine, Unit
from services.store.records import StageProgress
from services.worker.eta import Eta
from services.worker.progress_scale import percent

_WORDS = {
    "PENDING": Bilingual("waiting", "排队"),
    "QUEUED": Bilingual("waiting", "排队"),
    "STARTED": Bilingual("starting", "启动"),
    "PARSING_DRAFT": Bilingual("reading the draft", "读取草稿"),
    "PREPARING": Bilingual("fetching materials", "下载素材"),
    "PROCESSING_MATERIALS": Bilingual("preparing materials", "处理素材"),
    "EXPORTING": Bilingual("rendering", "渲染中"),
    "WRITING_FILE": Bilingual("writing the file", "写入文件"),
    "DONE": Bilingual("done", "完成"),
    "PROCESSING": Bilingual("being rendered", "渲染中"),
    "COMPLETED": Bilingual("completed", "已完成"),
    "FAILED": Bilingual("failed", "失败"),
    "CANCELED": Bilingual("canceled", "已取消"),
}


_OF = Bilingual("of", "/")
_UNITS: dict[str, Bilingual] = {
    Unit.FRAMES: Bilingual("frames", "帧"),
    Unit.FILES: Bilingual("files", "个文件"),
    Unit.ITEMS: Bilingual("items", "项"),
}


@dataclass(frozen=True, slots=True)
class ProgressState:
    """The progress of a task or render: stage, percentage 0 to 100, and where known counts and seconds left."""

    stage: str
    percent: float
    done: float | None = None
    total: float | None = None
    unit: str | None = None
    left_seconds: float | None = None
    queue_position: int | None = None

    @property
    def count(self) -> str:
        """The counts as text, such as `1,200 of 3,600 frames`, or the position in the queue."""
        if self.queue_position is not None:
            return spoken(Bilingual(f"place {self.queue_position} of the queue", f"排在第 {self.queue_position} 位"))
        if self.done is None or not self.total:
            return ""
        in_bytes = self.unit == Unit.BYTES
        done, total = (decimal(int(each)) if in_bytes else f"{each:,.0f}" for each in (self.done, self.total))
        unit = spoken(_UNITS[self.unit]) if self.unit and not in_bytes else ""
        return f"{done} {spoken(_OF)} {total} {unit}".rstrip()

    @property
    def left(self) -> str:
        """The remaining time as text."""
        if self.left_seconds is None:
            return ""
        left = duration(max(1.0, self.left_seconds))
        return spoken(Bilingual(f"{left} left", f"剩余 {left}"))


def task_progress(task: dict[str, Any]) -> ProgressState:
    """The progress of a task of the API. The remaining time is by the server's clock."""
    counts: dict[str, Any] = task["stages"][-1] if task["stages"] else {}
    end = task["estimatedCompletionAt"]
    return ProgressState(
        task["stage"],
        task["progress"],
        counts.get("done"),
        counts.get("total"),
        counts.get("unit"),
        None if end is None else (milliseconds(end) - milliseconds(task["updatedAt"])) / 1000,
        task["queuePosition"],
    )


class LocalProgress:
    """The progress of a render without a task, by its exporter's lines."""

    def __init__(self) -> None:
        self._pace = Eta()
        self._stage = Stage.QUEUED
        self._began_ms = 0

    def state(self, line: StageLine, now_ms: int) -> ProgressState:
        """The progress after a line of the exporter."""
        if line.stage is not self._stage:
            self._stage, self._began_ms = line.stage, now_ms
        now = StageProgress(stage=line.stage, started_at_ms=self._began_ms, done=line.done, total=line.total)
        end_ms = self._pace.end_ms(now, now_ms)
        left = None if end_ms is None else (end_ms - now_ms) / 1000
        return ProgressState(line.stage, percent(now), line.done, line.total, line.unit, left)


class _Bar:
    """A progress bar on stderr, shown while the block lasts."""

    _progress: Progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class ProgressBar(_Bar):
    """On stderr: a line for each finished stage, and a bar for the present one."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>20}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", style="cyan"),
            console=Console(stderr=True, highlight=False),
        )
        self._bar = self._progress.add_task("starting", total=100, count="", left="")
        self._now: ProgressState | None = None
        self._since = 0.0

    def update(self, now: ProgressState) -> None:
        """Show this progress."""
        if self._now is None or now.stage != self._now.stage:
            self._print_ended()
            self._since = monotonic()
        self._now = now
        self._progress.update(
            self._bar, description=words(now.stage), completed=now.percent, count=now.count, left=now.left
        )

    def finish(self) -> None:
        """Show that it is done."""
        self.update(ProgressState(Stage.DONE, 100))

    def _print_ended(self) -> None:
        if self._now is not None:
            seconds = monotonic() - self._since
            self._progress.console.print(f"{words(self._now.stage):>20}  {seconds:.1f} s", style="dim")


class SendingBar(_Bar):
    """On stderr: the files of an upload and its progress; nothing when `quiet`."""

    def __init__(self, sizes: Sequence[int], brought: Iterable[Path], quiet: bool) -> None:
        console = Console(stderr=True, highlight=False, quiet=quiet)
        self._progress = Progress(
            TextColumn(spoken(Bilingual("sending", "上传"))),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
        )
        self._bar = self._progress.add_task("", total=sum(sizes))
        count, size = len(sizes), decimal(sum(sizes))
        console.print(
            spoken(Bilingual(f"{count} {'file' if count == 1 else 'files'}, {size}", f"{count} 个文件，{size}"))
        )
        for path in brought:
            size = decimal(path.stat().st_size)
            console.print(
                printable(spoken(Bilingual(f"  with {path}, {size}", f"  包括 {path}，{size}"))), soft_wrap=True
            )

    def sent(self, size: int) -> None:
        """Advance by this many bytes. A zip is a little longer than its files, so the total grows with it."""
        self._progress.advance(self._bar, size)
        (task,) = self._progress.tasks
        if task.total is not None and task.completed > task.total:
            self._progress.update(self._bar, total=task.completed)


class FetchingBar(_Bar):
    """On stderr: the bytes that were fetched, of `size` in all; nothing when `quiet`."""

    def __init__(self, size: int, quiet: bool) -> None:
        console = Console(stderr=True, highlight=False, quiet=quiet)
        self._size = size
        self._progress = Progress(
            TextColumn(spoken(Bilingual("fetching", "下载"))),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
        )
        self._bar = self._progress.add_task("", total=size)

    def fetched(self, size: int) -> None:
        """Show that this many bytes are here."""
        self._progress.update(self._bar, completed=min(size, self._size))


def words(state: str) -> str:
    """The word for a stage or status of the API."""
    return spoken(_WORDS[state]) if state in _WORDS else state.lower()


def duration(seconds: float) -> str:
    """A duration in one or two units: `8 s`, `3 min 20 s`, `5 h 2 min`, `12 d`."""
    s, minute, h, d = spoken(Bilingual("s min h d", "秒 分 小时 天")).split()
    whole = int(seconds)
    if whole < 60:
        return f"{whole} {s}"
    if whole < 3600:
        return f"{whole // 60} {minute} {whole % 60} {s}"
    if whole < 48 * 3600:
        return f"{whole // 3600} {h} {whole % 3600 // 60} {minute}"
    return f"{whole // 86400} {d}"


def milliseconds(at: str) -> int:
    """A time of the API in milliseconds since 1970."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)
