"""Running one render in a process: its signals, its end, and what is said of whatever went wrong."""

import asyncio
import errno
import signal
import sys
import traceback
from contextlib import suppress
from typing import cast

from services.errors import ErrorCode, Failed, Failure, failed
from services.render.pipeline import render, workspace
from services.render.protocol import RenderRequest, RenderResult, Reporter

STOPPED = 128 + signal.SIGTERM
"""The exit code after SIGTERM, as shells count it."""


def run(request: RenderRequest, reporter: Reporter) -> int:
    """Render and say how it ended; gives the exit code."""
    loop = asyncio.new_event_loop()
    try:
        result = loop.run_until_complete(_stoppable(request, reporter))
    except asyncio.CancelledError:
        return STOPPED
    except Exception as error:  # noqa: BLE001 - whatever it is, the protocol wants a last line
        with suppress(BrokenPipeError):
            reporter.error(failure_of(error))
        return 1
    reporter.result(result)
    return 0


async def _stoppable(request: RenderRequest, reporter: Reporter) -> RenderResult:
    """The render, cancelled by SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(_render(request, reporter))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    return await task


async def _render(request: RenderRequest, reporter: Reporter) -> RenderResult:
    with workspace(request) as places:
        return await render(request, reporter, places)


def failure_of(error: BaseException) -> Failure:
    """What is told of an exception; of one that nobody foresaw, the traceback goes to stderr only."""
    if isinstance(error, BaseExceptionGroup):
        return failure_of(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    if isinstance(error, Failed):
        return error.failure
    traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, MemoryError):
        return failed(ErrorCode.OUT_OF_MEMORY, "The renderer ran out of memory.", "渲染程序内存不足。").failure
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failed(ErrorCode.OUT_OF_DISK, "The disk is full.", "磁盘已满。").failure
    return failed(
        ErrorCode.INTERNAL,
        f"Something unforeseen happened in the renderer ({type(error).__name__}).",
        f"渲染程序发生了意外错误（{type(error).__name__}）。",
    ).failure
