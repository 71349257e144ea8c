"""The exporter process: the child process that renders a video, by the exporter protocol.

One JSON object on its stdin is the request; each line of its stdout is a JSON object. docs/exporter.md is the contract.
"""

import asyncio
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

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
from services.exporter_protocol.lines import (
    AcceptsLine,
    DraftFacts,
    FragmentLine,
    KeptLine,
    PartLine,
    PartRequest,
    PartsLine,
    PreviewLine,
    Report,
    Result,
    StageLine,
    StreamLine,
    WantedLine,
)
from services.exporter_protocol.request import ExportLimits, ExportRequest
from services.output import STREAMED
from services.settings import Settings
from services.store.records import Task
from services.warning_limit import storable_text
from services.worker.child import MAX_LINE_BYTES, OutputRate, child, collect
from services.worker.kept import keeps, owner_folder
from services.worker.kept_store import OwnersKept
from services.worker.part_protocol import CHILD_GONE, NextOrder, run_part_protocol

log = logging.getLogger(__name__)

OWN_EXPORTER = (sys.executable, "-P", "-m", "services.render")
"""Our own renderer; -P keeps the folder of the attempt, which holds untrusted files, off the import path."""
NEEDED_VARIABLES = frozenset(
    ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONWARNINGS")
)
"""Environment variables of our own renderer, with `LC_*`; others may hold passwords."""
SILENCE_SECONDS = 120.0
"""Maximum time without output; after it the exporter is stopped."""
REPORT_GRACE_SECONDS = 5.0
"""Time after the renderer's own limit of a report at which its owner stops it."""
STDERR_LINES = 20


def limits_of(settings: Settings) -> ExportLimits:
    """The limits of the operator's settings."""
    return ExportLimits(
        draft_bytes=settings.max_draft_bytes,
        material_bytes=settings.max_material_bytes,
        task_bytes=settings.max_task_bytes,
        video_seconds=settings.max_video_seconds,
        pixels=settings.max_pixels,
        seconds=settings.render_timeout_seconds,
    )


def request_of(settings: Settings, task: Task, folder: Path) -> ExportRequest:
    """The request of a task's attempt in `folder`."""
    return ExportRequest(
        task_id=task.id,
        attempt=task.attempt,
        draft_url=task.draft_url,
        folder=folder,
        output=folder / f"video{task.output.ending}",
        options=task.output,
        replacements=task.replacements,
        keep_dir=owner_folder(settings.data_dir, task.owner) if keeps(settings) else None,
        strict=task.strict,
        stream=settings.stream and task.output.format in STREAMED,
        allow_hosts=settings.allow_hosts,
        own_urls=own_urls(settings.base_url, task.draft_url),
        font_dirs=settings.font_dirs,
        looks=settings.looks,
        copy_video=settings.copy_video,
        ffmpeg=settings.ffmpeg,
        require_sandbox=settings.require_sandbox,
        limits=limits_of(settings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ErrorLine:
    code: ErrorCode
    message: Bilingual
    hint: Bilingual | None = None
    material_url: str | None = None
    segment_id: str | None = None
    retryable: bool | None = None


LastLine: TypeAlias = Result | Report | DraftFacts | Failure
ProgressLine: TypeAlias = StageLine | PreviewLine | DraftWarning | StreamLine | FragmentLine
Line: TypeAlias = AcceptsLine | ProgressLine | PartRequest | WantedLine | KeptLine | LastLine
Wanted = TypeVar("Wanted", Result, Report, DraftFacts)
OnStart: TypeAlias = Callable[[int], Awaitable[None]]
OnLine: TypeAlias = Callable[[ProgressLine], None]

_OBJECT = TypeAdapter(dict[str, Any])
_LINES: dict[str, TypeAdapter[Any]] = {
    "accepts": TypeAdapter(AcceptsLine),
    "stage": TypeAdapter(StageLine),
    "preview": TypeAdapter(PreviewLine),
    "warning": TypeAdapter(DraftWarning),
    "stream": TypeAdapter(StreamLine),
    "fragment": TypeAdapter(FragmentLine),
    "result": TypeAdapter(Result),
    "parts": TypeAdapter(PartsLine),
    "part": TypeAdapter(PartLine),
    "wanted": TypeAdapter(WantedLine),
    "kept": TypeAdapter(KeptLine),
    "report": TypeAdapter(Report),
    "facts": TypeAdapter(DraftFacts),
    "error": TypeAdapter(_ErrorLine),
}
"""The lines by the key that identifies them."""
_FLAT = ("accepts", "stage", "preview", "wanted", "kept")
"""Keys of lines that are one flat object; the others hold their content below the key."""


def parse_line(text: bytes) -> Line | None:
    """The content of a line of an exporter; None, with a log entry, for an unknown one."""
    try:
        return _line(_OBJECT.validate_json(text))
    except ValidationError as error:
        log.warning("a line of the exporter is invalid and ignored: %.200r (%s)", text, type(error).__name__)
        return None


def _line(line: dict[str, Any]) -> Line | None:
    key = next((key for key in _LINES if key in line), None)
    if key is None:
        log.info("a line of the exporter has no known key: %.200r", line)
        return None
    found: Line | _ErrorLine = _LINES[key].validate_python(line if key in _FLAT else line[key])
    return _failure(found) if isinstance(found, _ErrorLine) else found


def _failure(error: _ErrorLine) -> Failure:
    hint = error.hint or HINTS[error.code]
    return Failure(
        code=error.code,
        message=Bilingual(storable_text(error.message.en), storable_text(error.message.zh)),
        hint=Bilingual(storable_text(hint.en), storable_text(hint.zh)),
        retryable=error.code in RETRYABLE if error.retryable is None else error.retryable,
        material_url=storable_text(error.material_url) if error.material_url else None,
        segment_id=storable_text(error.segment_id) if error.segment_id else None,
    )


async def export(
    command: tuple[str, ...],
    request: ExportRequest,
    on_line: OnLine,
    on_start: OnStart | None = None,
    next_order: NextOrder | None = None,
    kept: OwnersKept | None = None,
) -> Result:
    """Run the exporter to its end; `on_start` gets its process id, `next_order` decides the parts to render, where the
    request allows parts, and `kept` are the owner's kept files beyond those in `keep_dir`.

    Raises `Failed` with the error of the exporter, or with RENDER_FAILED, RENDER_TIMEOUT, OUT_OF_MEMORY or OUT_OF_DISK
    when it ends without one. When cancelled, the whole process group is dead on return.
    """
    asked = replace(request, keep_elsewhere=kept is not None)
    return await _run(command, asked, on_line, on_start, Result, request.limits.seconds or None, next_order, kept)


async def report(request: ExportRequest, on_line: OnLine) -> Report:
    """Have our own renderer read the draft; warnings arrive at `on_line`. Raises `Failed` as `export` does. The time
    limit has a grace period, in which the renderer reports its own timeout.
    """
    seconds = request.limits.seconds + REPORT_GRACE_SECONDS if request.limits.seconds else None
    return await _run(OWN_EXPORTER, request, on_line, None, Report, seconds)


async def facts(request: ExportRequest) -> DraftFacts:
    """Have our own renderer read no more than the draft. Raises `Failed` as `export` does."""
    return await _run(OWN_EXPORTER, request, lambda _: None, None, DraftFacts, request.limits.seconds)


async def _run(
    command: tuple[str, ...],
    request: ExportRequest,
    on_line: OnLine,
    on_start: OnStart | None,
    wanted: type[Wanted],
    seconds: float | None,
    next_order: NextOrder | None = None,
    kept: OwnersKept | None = None,
) -> Wanted:
    try:
        async with asyncio.timeout(seconds), child(command, request.folder, _environment(command)) as process:
            if on_start is not None:
                await on_start(process.pid)
            return await _exchange_lines(process, request, on_line, wanted, next_order, kept)
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
    """Our own renderer gets the variables it needs; the operator's exporter all but our secrets."""
    if command != OWN_EXPORTER:
        return None
    return {name: value for name, value in os.environ.items() if name in NEEDED_VARIABLES or name.startswith("LC_")}


async def _exchange_lines(
    process: asyncio.subprocess.Process,
    request: ExportRequest,
    on_line: OnLine,
    wanted: type[Wanted],
    next_order: NextOrder | None,
    kept: OwnersKept | None,
) -> Wanted:
    assert process.stdin is not None  # noqa: S101 - tells the type checker what PIPE means
    assert process.stderr is not None  # noqa: S101 - as above
    stderr_lines: deque[str] = deque(maxlen=STDERR_LINES)
    listening = asyncio.create_task(collect(process.stderr, stderr_lines))
    demands = set(request.demands)
    try:
        with suppress(*CHILD_GONE):
            process.stdin.write(request.to_json().encode() + b"\n")
            await process.stdin.drain()
        if next_order is None and kept is None:
            process.stdin.close()
        async with kept.answering(process.stdin) if kept else nullcontext(_ignore) as on_kept:

            def on_any(line: ProgressLine | WantedLine | KeptLine) -> None:
                on_kept(line) if isinstance(line, WantedLine | KeptLine) else on_line(line)

            def read(ask: Callable[[PartRequest], None]) -> Coroutine[Any, Any, LastLine | None]:
                return _read(process, demands, on_any, ask)

            last = await (run_part_protocol(process.stdin, read, next_order) if next_order else read(_ignore))
        await process.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await listening
    finally:
        listening.cancel()
    if isinstance(last, wanted):
        return last
    for line in stderr_lines:
        log.warning("exporter stderr: %s", line)
    raise Failed(last) if isinstance(last, Failure) else _broken(process.returncode, list(stderr_lines))


async def _read(
    process: asyncio.subprocess.Process,
    demands: set[str],
    on_line: Callable[[ProgressLine | WantedLine | KeptLine], None],
    on_question: Callable[[PartRequest], None],
) -> LastLine | None:
    """Pass the lines on; returns the last line, if there was one. Raises `Failed` (FEATURE_UNSUPPORTED) at the first
    line of an exporter that has not accepted all demands of its request.
    """
    assert process.stdout is not None  # noqa: S101 - tells the type checker what PIPE means
    last: LastLine | None = None
    rate = OutputRate()
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
            log.warning("the exporter sent a line of more than %d bytes", MAX_LINE_BYTES)
            await rate.keep(MAX_LINE_BYTES)
            continue
        if not text:
            return last
        await rate.keep(len(text))
        line = parse_line(text)
        if isinstance(line, AcceptsLine):
            demands.difference_update(line.accepts)
            continue
        if demands and line is not None and not isinstance(line, Failure):
            raise _ignored(sorted(demands))
        if isinstance(line, LastLine):
            last = line
        elif isinstance(line, PartRequest):
            on_question(line)
        elif line is not None:
            on_line(line)


def _ignore(_: object) -> None:
    """Nobody asked for this line."""


def _ignored(keys: list[str]) -> Failed:
    """The failure of an exporter that would make another file than the requested one."""
    names = ["output" if key == "options" else key for key in keys]
    return failed(
        ErrorCode.FEATURE_UNSUPPORTED,
        f"The exporter of this server ignores {' and '.join(names)}, which the task requests.",
        f"本服务器的导出程序不支持任务要求的 {' 和 '.join(names)}。",
        hint=Bilingual(
            "Submit again without it, or have the exporter accept it: docs/exporter.md, `accepts`.",
            "请去掉后重新提交，或让导出程序支持它：见 docs/exporter.md 的 `accepts`。",
        ),
    )


def _broken(exit_code: int | None, stderr_lines: list[str]) -> Failed:
    if exit_code == -signal.SIGKILL:
        return failed(
            ErrorCode.OUT_OF_MEMORY,
            "The exporter was killed, most likely because memory ran out.",
            "导出程序被系统终止，很可能是内存不足。",
        )
    said = " | ".join(stderr_lines[-3:]) or "nothing"
    how_en = f"by signal {-exit_code}" if exit_code and exit_code < 0 else f"with exit code {exit_code}"
    return failed(
        ErrorCode.RENDER_FAILED,
        f"The exporter ended {how_en} without a result; its last output: {said}",
        f"导出程序未给出结果就结束了（{exit_code}），最后的输出：{said}",
    )
