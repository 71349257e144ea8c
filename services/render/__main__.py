"""The render as a program of its own: `python -m services.render` speaks the exporter protocol.

The first line goes out before anything large is imported, so that whoever waits sees that it began.
"""

import json
import os
import sys

from services.errors import ErrorCode, failed
from services.exporter_protocol import BadInput, Reporter, Stage, Unit, read_request
from services.sandbox.process_limits import die_with_parent, keep_one_heap, write_no_core


def main() -> int:
    """Read the request from stdin, render, and say how it goes. 0 after a result, 1 after an error."""
    die_with_parent()
    write_no_core()
    keep_one_heap()
    try:
        request = read_request(_request())
    except BadInput as error:
        text = f"The renderer was started wrongly: {error}."
        Reporter(_write).finish(failed(ErrorCode.INTERNAL, text, f"渲染程序的输入有误：{error}。").failure)
        return 1
    reporter = Reporter(_write, strict=request.strict)
    reporter.progress(Stage.PARSING_DRAFT, 0, None, Unit.BYTES)

    from services.render.program import run

    return run(request, reporter)


def _request() -> str:
    """What stdin says, up to its end, or in one line: then orders may follow, of which parts to make."""
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
    os._exit(code)  # at once: a thread that still decodes something must not keep a stopped render alive
