"""One render as a process: signals, exit code, and the last line of the protocol."""

import asyncio
import signal
import sys
import traceback
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from services.drafts.fidelity import fidelity
from services.drafts.fit import facts_of, unknown
from services.drafts.records import Draft
from services.drafts.replace import placeholders
from services.errors import ErrorCode, Failed, Failure, failed, out_of_disk
from services.exporter_protocol.lines import Report
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import ExportRequest
from services.render.pipeline import examine, render, workspace
from services.render.process.costs import COSTS
from services.render.process.sandbox import confine_render
from services.render.timeline.scene import frame_rate
from services.replacements import Replacements

STOPPED = 128 + signal.SIGTERM
"""The exit code after SIGTERM, as shells count it."""


def run(request: ExportRequest, reporter: Reporter) -> int:
    """Run the request and write the last line. Returns the exit code."""
    asked = _report if request.report else _render
    try:
        COSTS.started()
        confine_render(request)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_stoppable(asked(request, reporter)))
    except asyncio.CancelledError:
        return STOPPED
    except Exception as error:  # noqa: BLE001 - any failure ends with a last line of the protocol
        with suppress(BrokenPipeError):
            reporter.finish(failure_of(error))
        return 1
    return 0


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    """Run the work; SIGTERM and SIGINT cancel it."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await task


async def _render(request: ExportRequest, reporter: Reporter) -> None:
    with workspace(request) as places:
        result = await render(request, reporter, places)
    reporter.finish(replace(result, timings=COSTS.by_step()) if request.timings else result)


async def _report(request: ExportRequest, reporter: Reporter) -> None:
    """Write the draft report; the error that a render would have is part of it."""
    report = Report()

    def on_draft(draft: Draft) -> None:
        nonlocal report
        report = _facts(draft, request.replacements)

    try:
        with workspace(request) as places:
            await examine(request, reporter, places, on_draft)
    except Exception as error:  # noqa: BLE001 - any failure is part of the report
        report = replace(report, error=failure_of(error))
    reporter.finish(report)


def _facts(draft: Draft, replacements: Replacements) -> Report:
    segments = [segment for track in draft.tracks for segment in track.segments]
    drawn = fidelity(draft)
    named = placeholders(draft)
    given = {each.name for each in replacements if each.text is not None}
    return Report(
        width=draft.width,
        height=draft.height,
        duration_us=draft.duration_us,
        frame_rate=float(frame_rate(draft.fps)),
        tracks=len(draft.tracks),
        segments=len(segments),
        materials=len({segment.material for segment in segments}),
        exact=drawn.exact,
        near=drawn.near,
        left_out=drawn.left_out,
        designed_us=drawn.designed_us,
        placeholders=named or None,
        missing=tuple(name for name in named if name not in given) or None,
        unknown=unknown(facts_of(draft), replacements) or None,
    )


def failure_of(error: BaseException) -> Failure:
    """The failure for an exception; the traceback of an unexpected one goes to stderr only."""
    if isinstance(error, BaseExceptionGroup):
        return failure_of(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    if isinstance(error, Failed):
        return error.failure
    traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, MemoryError):
        return failed(ErrorCode.OUT_OF_MEMORY, "The renderer ran out of memory.", "渲染程序内存不足。").failure
    full = out_of_disk(error)
    if full is not None:
        return full.failure
    return failed(
        ErrorCode.INTERNAL,
        f"An unexpected error occurred in the renderer ({type(error).__name__}).",
        f"渲染程序发生了意外错误（{type(error).__name__}）。",
    ).failure
