"""The renderer as a program: `python -m services.render` speaks the exporter protocol.

The first line is written before any large import, so that the worker sees the start at once.
"""

import gc
import json
import os
import sys

from services.errors import ErrorCode, failed
from services.exporter_protocol.lines import Stage, Unit
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import BadInput, read_request
from services.sandbox.process_limits import die_with_parent, keep_one_heap, write_no_core


def main() -> int:
    """Read the request from stdin, render, and report. Returns the exit code: 0 after a result, 1 after an error."""
    die_with_parent()
    write_no_core()
    keep_one_heap()
    try:
        request = read_request(_request())
    except BadInput as error:
        text = f"The renderer's request is invalid: {error}."
        Reporter(_write).finish(failed(ErrorCode.INTERNAL, text, f"渲染程序的输入有误：{error}。").failure)
        return 1
    reporter = Reporter(_write, strict=request.strict)
    reporter.accept(request.demands)
    reporter.progress(Stage.PARSING_DRAFT, 0, None, Unit.BYTES)

    gc.disable()  # an import makes no garbage
    if request.facts:
        from services.render.facts import run
    else:
        from services.render.program import run
    gc.enable()
    return run(request, reporter)


def _request() -> str:
    """The request's JSON: the first line of stdin if it is complete, since orders may follow it; else all of stdin."""
    line = sys.stdin.readline()
    try:
        json.loads(line)
    except ValueError:
        return line + sys.stdin.read()
    return line


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # at once: a thread that still decodes must not delay the exit of a stopped render
