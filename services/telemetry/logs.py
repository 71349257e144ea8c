"""The log: its output, its two formats, and the redaction of secrets."""

import json
import logging
from typing import Any, Literal

from services.clock import rfc3339
from services.http.redaction import redact_text
from services.telemetry.log_context import bound_task

QUIET = ("alembic", "mcp", "procrastinate", "uvicorn.error")
"""Loggers whose routine messages are dropped."""


class Text(logging.Formatter):
    """A record as a line for people, followed by its traceback."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(bound_task)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record, with its task."""
        found = bound_task()
        attempt = "" if found is None or found.attempt is None else f" attempt {found.attempt}"
        record.bound_task = "" if found is None else f"[task {found.task_id}{attempt}] "
        return redact_text(super().format(record))


class Json(logging.Formatter):
    """A record as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record; task and exception are included where present."""
        found = bound_task()
        fields: dict[str, Any] = {
            "time": rfc3339(round(record.created * 1000)),
            "level": record.levelname,
            "logger": record.name,
            "message": redact_text(record.getMessage()),
        }
        if found is not None:
            fields["task_id"] = found.task_id
            if found.attempt is not None:
                fields["attempt"] = found.attempt
        if record.exc_info:
            fields["exception"] = redact_text(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


class NoTracebackForMalformedText(logging.Filter):
    """Drops the traceback that uvicorn logs when a client sends text that is not UTF-8."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Admit every record, this one without its traceback."""
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info = None
        return True


def configure_logging(form: Literal["text", "json"]) -> None:
    """Write all records of this process to stderr, including those of libraries and Python warnings."""
    output = logging.StreamHandler()
    output.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=logging.INFO, handlers=[output], force=True)
    logging.captureWarnings(capture=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    filter_server_log()


def filter_server_log() -> None:
    """Install the filter once."""
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(found, NoTracebackForMalformedText) for found in logger.filters):
        logger.addFilter(NoTracebackForMalformedText())
