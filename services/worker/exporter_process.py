"""Talking to the exporter: the child process that makes the file, whatever program it is.

One JSON object goes in on its stdin, one JSON object a line comes out of its stdout;
docs/exporter.md is the contract.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from services.drafts.draft_urls import own_urls
from services.errors import (
    HINTS,
    RETRYABLE,
    Bilingual,
    DraftWarning,
    ErrorCode,
    Failed,
    Failure,
    failed,
    out_of_disk,
)
from services.settings import Settings
from services.store.records import Stage, Task, Unit
from services.warning_limit import plain
from services.worker.child import LONGEST_LINE_BYTES, Pace, child, collect
from services.worker.part_protocol import GONE, Answer, Helped, PartLine, PartsLine, Question, talk

log = logging.getLogger(__name__)

OWN_EXPORTER = (sys.executable, "-P", "-m", "services.render")
"""Our own renderer; -P keeps the attempt's folder, where strangers' files lie, off the import path."""
NEEDED_VARIABLES = frozenset(
    ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONWARNINGS")
)
"""What of our environment our own renderer is given, with `LC_*`; the rest may hold passwords."""
SILENCE_SECONDS = 120.0
"""An exporter that says nothing for this long is stopped."""
LAST_WORD_SECONDS = 5.0
"""How much later than the renderer itself its owner ends a report that takes too long."""
STDERR_LINES = 20
Count = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, le=10**15)]
"""Both can be stored and reckoned with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLimits:
    """Bounds of one export; 0 means none."""

    draft_bytes: int = 0
    material_bytes: int = 0
    task_bytes: int = 0
    video_seconds: int = 0
    pixels: int = 0
    seconds: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "ExportLimits":
        """The operator's limits."""
        return cls(
            draft_bytes=settings.max_draft_bytes,
            material_bytes=settings.max_material_bytes,
            task_bytes=settings.max_task_bytes,
            video_seconds=settings.max_video_seconds,
            pixels=settings.max_pixels,
            seconds=settings.render_timeout_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What the exporter is asked for; paths are absolute."""

    task_id: str
    attempt: int
    draft_url: str
    folder: str
    output: str
    strict: bool = False
    locale: str = "en"
    allow_hosts: tuple[str, ...] = ()
    own_urls: tuple[str, ...] = ()
    font_dirs: tuple[str, ...] = ()
    copy_video: bool = True
    ffmpeg: str = ""
    draft_folder: str = ""
    draft_files: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: ExportLimits = field(default_factory=ExportLimits)
    share_seconds: int = 0
    require_sandbox: bool = False
    helping: bool = False

    @classmethod
    def of(cls, settings: Settings, task: Task, folder: Path) -> "ExportRequest":
        """What a task's attempt in `folder` asks for."""
        return cls(
            task_id=task.id,
            attempt=task.attempt,
            draft_url=task.draft_url,
            folder=str(folder),
            output=str(folder / "video.mp4"),
            strict=task.strict,
            allow_hosts=settings.allow_hosts,
            own_urls=own_urls(settings.base_url, task.draft_url),
            font_dirs=tuple(str(fonts) for fonts in settings.font_dirs),
            copy_video=settings.copy_video,
            ffmpeg=settings.ffmpeg,
            require_sandbox=settings.require_sandbox,
            limits=ExportLimits.of(settings),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest(ExportRequest):
    """The same without an export: only our own renderer is asked so."""

    report: bool = True


@dataclass(frozen=True, slots=True)
class StageLine:
    """Where the export is; `done` of `total` in `unit` where they are known."""

    stage: Stage
    done: Count | None = None
    total: Count | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """The newest frame: path of a small JPEG in the folder."""

    preview: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The finished file."""

    output: str
    width: Number
    height: Number
    duration_us: Number
    frames: Number
    frame_rate: Count
    has_sound: bool
    thumbnail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a draft holds, as far as it could be read, and why it cannot be rendered, if it cannot."""

    width: Number | None = None
    height: Number | None = None
    duration_us: Number | None = None
    frame_rate: Count | None = None
    tracks: Number | None = None
    segments: Number | None = None
    materials: Number | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ErrorLine:
    code: ErrorCode
    message: Bilingual
    hint: Bilingual | None = None
    material_url: str | None = None
    segment_id: str | None = None
    retryable: bool | None = None


LastLine: TypeAlias = Result | Report | Helped | Failure
Line: TypeAlias = StageLine | PreviewLine | DraftWarning | Question | LastLine
Wanted = TypeVar("Wanted", Result, Report, Helped)
OnStart: TypeAlias = Callable[[int], Awaitable[None]]
OnLine: TypeAlias = Callable[[StageLine | PreviewLine | DraftWarning], None]

_OBJECT = TypeAdapter(dict[str, Any])
_STAGE = TypeAdapter(StageLine)
_PREVIEW = TypeAdapter(PreviewLine)
_WARNING = TypeAdapter(DraftWarning)
_PARTS = TypeAdapter(PartsLine)
_PART = TypeAdapter(PartLine)
_HELPED = TypeAdapter(Helped)
_RESULT = TypeAdapter(Result)
_REPORT = TypeAdapter(Report)
_ERROR = TypeAdapter(_ErrorLine)


def parse_line(text: bytes) -> Line | None:
    """What a line of an exporter says; None (and a log entry) when it says nothing we know."""
    try:
        return _line(_OBJECT.validate_json(text))
    except ValidationError as error:
        log.warning("the exporter's line is ignored: %.200r (%s)", text, type(error).__name__)
        return None


def _line(line: dict[str, Any]) -> Line | None:
    if "stage" in line:
        return _STAGE.validate_python(line)
    if "preview" in line:
        return _PREVIEW.validate_python(line)
    if "warning" in line:
        return _WARNING.validate_python(line["warning"])
    if "result" in line:
        return _RESULT.validate_python(line["result"])
    if "parts" in line:
        return _PARTS.validate_python(line["parts"])
    if "part" in line:
        return _PART.validate_python(line["part"])
    if "helped" in line:
        return _HELPED.validate_python(line["helped"])
    if "report" in line:
        return _REPORT.validate_python(line["report"])
    if "error" in line:
        return _failure(_ERROR.validate_python(line["error"]))
    log.info("the exporter's line has no known key: %.200r", line)
    return None


def _failure(error: _ErrorLine) -> Failure:
    hint = error.hint or HINTS[error.code]
    return Failure(
        code=error.code,
        message=Bilingual(plain(error.message.en), plain(error.message.zh)),
        hint=Bilingual(plain(hint.en), plain(hint.zh)),
        retryable=error.code in RETRYABLE if error.retryable is None else error.retryable,
        material_url=plain(error.material_url) if error.material_url else None,
        segment_id=plain(error.segment_id) if error.segment_id else None,
    )


async def export(
    command: tuple[str, ...],
    request: ExportRequest,
    on_line: OnLine,
    on_start: OnStart | None = None,
    answer: Answer | None = None,
) -> Result:
    """Run the exporter to its end; `on_start` gets its process id, `answer` tells which parts it is to make, where
    the request allows it to ask.

    Raises `Failed` with the exporter's own error, or with RENDER_FAILED, RENDER_TIMEOUT,
    OUT_OF_MEMORY or OUT_OF_DISK when it ends without one. When cancelled, the whole process group is dead
    on return.
    """
    return await _run(command, request, on_line, on_start, Result, request.limits.seconds or None, answer)


async def help_out(request: ExportRequest, on_line: OnLine, on_start: OnStart, answer: Answer) -> Helped:
    """Have our own renderer make those parts of a video that `answer` tells. Raises and ends as an export does."""
    return await _run(OWN_EXPORTER, request, on_line, on_start, Helped, request.limits.seconds or None, answer)


async def report(request: ReportRequest, on_line: OnLine) -> Report:
    """Have our own renderer look at the draft; the warnings come by `on_line`. Raises `Failed` as an export does,
    and with the same limits but this: the renderer has a moment more, to tell what it found in the time given.
    """
    seconds = request.limits.seconds + LAST_WORD_SECONDS if request.limits.seconds else None
    return await _run(OWN_EXPORTER, request, on_line, None, Report, seconds)


async def _run(
    command: tuple[str, ...],
    request: ExportRequest,
    on_line: OnLine,
    on_start: OnStart | None,
    wanted: type[Wanted],
    seconds: float | None,
    answer: Answer | None = None,
) -> Wanted:
    try:
        async with asyncio.timeout(seconds), child(command, Path(request.folder), _environment(command)) as process:
            if on_start is not None:
                await on_start(process.pid)
            return await _converse(process, request, on_line, wanted, answer)
    except TimeoutError:
        raise failed(
            ErrorCode.RENDER_TIMEOUT,
            f"The render took longer than {seconds} seconds.",
            f"渲染超过了 {seconds} 秒。",
        ) from None
    except OSError as error:
        raise out_of_disk(error) or failed(
            ErrorCode.RENDER_FAILED,
            f"The exporter {command[0]!r} could not be started: {error.strerror}.",
            f"无法启动导出程序 {command[0]!r}：{error.strerror}。",
        ) from error


def _environment(command: tuple[str, ...]) -> dict[str, str] | None:
    """Our own renderer gets only what it needs; a program of the operator's all but our own secrets."""
    if command != OWN_EXPORTER:
        return None
    return {name: value for name, value in os.environ.items() if name in NEEDED_VARIABLES or name.startswith("LC_")}


async def _converse(
    process: asyncio.subprocess.Process,
    request: ExportRequest,
    on_line: OnLine,
    wanted: type[Wanted],
    answer: Answer | None,
) -> Wanted:
    assert process.stdin is not None  # noqa: S101 - tells the type checker what PIPE means
    assert process.stderr is not None  # noqa: S101 - as above
    complaints: deque[str] = deque(maxlen=STDERR_LINES)
    listening = asyncio.create_task(collect(process.stderr, complaints))
    try:
        with suppress(*GONE):
            process.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
            await process.stdin.drain()
        if answer is None:
            process.stdin.close()
            last = await _read(process, on_line, lambda _: None)
        else:
            last = await talk(process.stdin, lambda ask: _read(process, on_line, ask), answer)
        await process.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await listening
    finally:
        listening.cancel()
    if isinstance(last, wanted):
        return last
    for line in complaints:
        log.warning("the exporter said: %s", line)
    raise Failed(last) if isinstance(last, Failure) else _broken(process.returncode, list(complaints))


async def _read(
    process: asyncio.subprocess.Process, on_line: OnLine, on_question: Callable[[Question], None]
) -> LastLine | None:
    """Pass the lines on; the answer is the last word, if there was one."""
    assert process.stdout is not None  # noqa: S101 - tells the type checker what PIPE means
    last: LastLine | None = None
    pace = Pace()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                text = await process.stdout.readline()
        except TimeoutError:
            raise failed(
                ErrorCode.RENDER_TIMEOUT,
                f"The exporter said nothing for {SILENCE_SECONDS:.0f} seconds.",
                f"导出程序 {SILENCE_SECONDS:.0f} 秒没有任何输出。",
            ) from None
        except ValueError:
            log.warning("the exporter sent a line of more than %d bytes", LONGEST_LINE_BYTES)
            await pace.keep(LONGEST_LINE_BYTES)
            continue
        if not text:
            return last
        await pace.keep(len(text))
        line = parse_line(text)
        if isinstance(line, LastLine):
            last = line
        elif isinstance(line, Question):
            on_question(line)
        elif line is not None:
            on_line(line)


def _broken(exit_code: int | None, complaints: list[str]) -> Failed:
    if exit_code == -signal.SIGKILL:
        return failed(
            ErrorCode.OUT_OF_MEMORY,
            "The exporter was killed, most likely because memory ran out.",
            "导出程序被系统终止，很可能是内存不足。",
        )
    said = " | ".join(complaints[-3:]) or "nothing"
    how_en = f"by signal {-exit_code}" if exit_code and exit_code < 0 else f"with exit code {exit_code}"
    return failed(
        ErrorCode.RENDER_FAILED,
        f"The exporter ended {how_en} and without a result; its last words: {said}",
        f"导出程序未给出结果就结束了（{exit_code}），最后的输出：{said}",
    )
