"""Progress, tables and reports on a terminal."""

import shlex
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic.alias_generators import to_camel
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
from rich.table import Table
from rich.text import Text

from draftcast.cli.terminal import printable, spoken
from services.errors import Bilingual, DraftWarning, Failure
from services.exporter_protocol import Report, Stage, StageLine, Unit
from services.render.text.open_fonts import names_of
from services.store.records import StageProgress
from services.tasks.report import DraftReport
from services.worker.eta import Eta
from services.worker.progress_scale import percent

if TYPE_CHECKING:
    from draftcast.cli.doctor import Finding
    from services.fonts.needs import NeededFont
    from services.render.text.open_font import OpenFont

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
_TRACKS = {
    "video": Bilingual("video track", "视频轨道"),
    "audio": Bilingual("audio track", "音频轨道"),
    "text": Bilingual("text track", "文本轨道"),
    "sticker": Bilingual("sticker track", "贴纸轨道"),
    "effect": Bilingual("effect track", "特效轨道"),
}
"""The kinds of tracks, as `DraftWarning.track` names them."""
_OF = Bilingual("of", "/")
_UNITS: dict[str, Bilingual] = {
    Unit.FRAMES: Bilingual("frames", "帧"),
    Unit.FILES: Bilingual("files", "个文件"),
    Unit.ITEMS: Bilingual("items", "项"),
}
_FONT_STYLES = {"here": "green", "open": "yellow", "missing": "red"}
_STYLES = {"PROCESSING": "cyan", "COMPLETED": "green", "FAILED": "bold red", "CANCELED": "dim"}
ID_DIGITS = 12
"""Digits of an id that a brief table shows; every command accepts them."""


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
        duration = _duration(max(1.0, self.left_seconds))
        return spoken(Bilingual(f"{duration} left", f"剩余 {duration}"))


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
        None if end is None else (_ms(end) - _ms(task["updatedAt"])) / 1000,
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
            TextColumn("sending"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console
        )
        self._bar = self._progress.add_task("", total=sum(sizes))
        console.print(f"{len(sizes)} files, {decimal(sum(sizes))}")
        for path in brought:
            console.print(printable(f"  with {path}, {decimal(path.stat().st_size)}"), soft_wrap=True)

    def sent(self, size: int) -> None:
        """Advance by this many bytes."""
        self._progress.advance(self._bar, size)


class FetchingBar(_Bar):
    """On stderr: the bytes that were fetched, of `size` in all; nothing when `quiet`."""

    def __init__(self, size: int, quiet: bool) -> None:
        console = Console(stderr=True, highlight=False, quiet=quiet)
        self._size = size
        self._progress = Progress(
            TextColumn("fetching"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console
        )
        self._bar = self._progress.add_task("", total=size)

    def fetched(self, size: int) -> None:
        """Show that this many bytes are here."""
        self._progress.update(self._bar, completed=min(size, self._size))


def words(state: str) -> str:
    """The word for a stage or status of the API."""
    return spoken(_WORDS[state]) if state in _WORDS else state.lower()


def _duration(seconds: float) -> str:
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


def _ms(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def tasks_table(tasks: Sequence[dict[str, Any]], now_ms: int, *, brief: bool = False) -> Table:
    """A table of tasks of the API. A `brief` one fits 80 columns, with beginnings of ids and the names of drafts."""
    header = spoken(Bilingual("task state age draft", "任务 状态 已过 草稿")).split()
    table = Table(*header, box=None, header_style="bold")
    for task in tasks:
        table.add_row(
            task["id"][:ID_DIGITS] if brief else task["id"],
            Text(_state(task), _STYLES.get(task["status"], "")),
            _duration((now_ms - _ms(task["createdAt"])) / 1000),
            printable(draft_name(task["draftUrl"]) if brief else task["draftUrl"]),
        )
    for column in table.columns[:-1]:
        column.no_wrap = True
    return table


def _state(task: dict[str, Any]) -> str:
    """The status of a task: an ended one's with the error's code, a running one's as its stage and percentage."""
    if task["status"] == "PROCESSING":
        return f"{words(task['stage'])}, {task['progress']} %"
    return task["error"]["code"] if task["error"] else words(task["status"])


def draft_name(url: str) -> str:
    """The short name of a draft: its URL's `name`, its `draft_id`, or the end of its path."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return query.get("name") or query.get("draft_id") or unquote(parts.path.rstrip("/").rpartition("/")[2]) or url


def findings_table(findings: "Iterable[Finding]") -> Table:
    """A table of the findings of `draftcast doctor`."""
    table = Table(show_header=False, box=None)
    for finding in findings:
        mark = (
            Text("ok", "green") if finding.ok else Text("missing", "red") if finding.needed else Text("note", "yellow")
        )
        table.add_row(mark, finding.name, printable(finding.detail))
    return table


def needed_fonts_table(found: "Iterable[NeededFont]") -> Table:
    """A table of the fonts that a draft names."""
    table = Table("font", "", "drawn in", "to get it", box=None)
    for font in found:
        style = _FONT_STYLES[font.state]
        get = {"here": "", "open": f"draftcast fonts add {shlex.quote(font.name)}", "missing": "supply it"}[font.state]
        alike = f" (looks like it: {font.open_font.family})" if font.open_font and not font.same and get else ""
        table.add_row(printable(font.name), Text(font.state, style), font.drawn_in or "-", printable(get + alike))
    return table


def open_fonts_table(fonts: "Iterable[OpenFont]", here: Container["OpenFont"]) -> Table:
    """A table of the open fonts."""
    table = Table("font", "", "other names", "licence", "to fetch", box=None)
    for font in fonts:
        names = ", ".join(names_of(font))
        table.add_row(font.family, "here" if font in here else "", names, font.licence, decimal(font.size))
    return table


def report_table(report: DraftReport) -> Table:
    """A table of a draft report."""
    found = report.found
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(_label("draft", "草稿"), printable(report.draft_url))
    answer = Text(_label("yes", "可以"), "green") if report.renderable else Text(_label("no", "不可以"), "bold red")
    table.add_row(_label("renderable", "渲染"), answer)
    for label, text in _facts(found):
        table.add_row(label, text)
    names = (
        (_label("placeholders", "占位符"), found.placeholders),
        (_label("without text", "缺少文字"), found.missing),
    )
    for label, each in names:
        if each:
            table.add_row(label, printable(", ".join(each)))
    for warning in report.warnings:
        table.add_row(Text(warning.code, "yellow"), _about_warning(warning))
    if found.error is not None:
        table.add_row(
            Text(found.error.code, "bold red"), printable(f"{spoken(found.error.message)} {spoken(found.error.hint)}")
        )
    return table


def _label(en: str, zh: str) -> str:
    return spoken(Bilingual(en, zh))


def _facts(found: Report) -> Iterator[tuple[str, str]]:
    """The known facts about a draft: label and text."""
    if found.width is None or found.duration_us is None:
        return
    seconds, rate = found.duration_us / 1e6, f"{found.frame_rate:.5g}"
    size = f"{found.width}x{found.height}, "
    yield (
        _label("video", "视频"),
        size + _label(f"{seconds:.1f} s, {rate} frames a second", f"{seconds:.1f} 秒，每秒 {rate} 帧"),
    )
    counts = ((found.tracks, "track"), (found.segments, "segment"), (found.materials, "material"))
    yield (
        _label("holds", "内容"),
        _label(
            ", ".join(_many(*each) for each in counts),
            f"{found.tracks} 条轨道，{found.segments} 个片段，{found.materials} 个素材",
        ),
    )
    if found.designed_us is not None:
        designed = found.designed_us / 1e6
        yield (
            _label("drawn", "还原"),
            _label(
                f"{designed:.1f} of {seconds:.1f} s as designed: "
                f"{found.exact} exact, {found.near} near, {found.left_out} left out",
                f"{seconds:.1f} 秒中有 {designed:.1f} 秒与设计一致：{found.exact} 个一致，{found.near} 个近似，"
                f"{found.left_out} 个未绘制",
            ),
        )


def _many(count: int | None, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _about_warning(warning: DraftWarning) -> Text:
    place = place_of(warning.start_us, warning.end_us, warning.track)
    named = [
        (_label("material", "素材"), warning.material_name),
        (_label("effect", "特效"), warning.effect_id),
        (_label("segment", "片段"), None if place else warning.segment_id),
    ]
    places = ", ".join([*([place] if place else []), *(f"{what} {name}" for what, name in named if name)])
    return Text.assemble(printable(spoken(warning.message)), printable(f" ({places})" if places else "", "dim"))


def place_of(start_us: float | None, end_us: float | None, track: str | None) -> str:
    """A place on the timeline as text, such as `text track 2, 0:12.5-0:15.0`; empty where it is not known."""
    if start_us is None or end_us is None or track is None:
        return ""
    kind, _, number = track.partition(" ")
    name = f"{spoken(_TRACKS[kind])} {number}" if kind in _TRACKS else track
    return f"{name}, {_clock(start_us)}-{_clock(end_us)}"


def _clock(us: float) -> str:
    minutes, tenths = divmod(round(us / 100_000), 600)
    return f"{minutes}:{tenths // 10:02}.{tenths % 10}"


def report_object(report: DraftReport) -> dict[str, Any]:
    """The API's `DraftReport` as a JSON object, with messages in English."""
    found = report.found
    return {
        "draftUrl": report.draft_url,
        "renderable": report.renderable,
        "width": found.width,
        "height": found.height,
        "durationSeconds": None if found.duration_us is None else found.duration_us / 1e6,
        "frameRate": found.frame_rate,
        "tracks": found.tracks,
        "segments": found.segments,
        "materials": found.materials,
        "exactLooks": found.exact,
        "nearLooks": found.near,
        "leftOutLooks": found.left_out,
        "designedSeconds": None if found.designed_us is None else found.designed_us / 1e6,
        "placeholders": list(found.placeholders or ()),
        "missingPlaceholders": list(found.missing or ()),
        "unknownReplacements": list(found.unknown or ()),
        "warnings": [_warning_object(warning) for warning in report.warnings],
        "error": _error_object(found.error, report.stage) if found.error else None,
    }


def _error_object(failure: Failure, stage: str) -> dict[str, Any]:
    return _api_names(failure, message=failure.message.en, hint=failure.hint.en, stage=stage)


def _warning_object(warning: DraftWarning) -> dict[str, Any]:
    made = _api_names(warning, message=warning.message.en)
    for name in ("start", "end"):
        us = made.pop(f"{name}Us")
        made[f"{name}Seconds"] = None if us is None else us / 1e6
    return made


def _api_names(record: DraftWarning | Failure, **texts: str) -> dict[str, Any]:
    """The record's fields by their names in the API, with these texts in place of those in two languages."""
    return {to_camel(name): value for name, value in {**asdict(record), **texts}.items()}
