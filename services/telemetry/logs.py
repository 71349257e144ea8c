"""The log: where it goes, its two forms, and what does not belong into it."""

import json
import logging
from typing import Any, Literal

from services.clock import rfc3339
from services.http.redaction import redact_text
from services.telemetry.log_context import bound_task

QUIET = ("alembic", "dbos", "uvicorn.error")
"""Loggers whose everyday words are of no use."""


class Text(logging.Formatter):
    """A record as a line for people, with a traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(bound_task)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record, and which task it is about."""
        found = bound_task()
        attempt = "" if found is None or found.attempt is None else f" attempt {found.attempt}"
        record.bound_task = "" if found is None else f"[task {found.task_id}{attempt}] "
        return redact_text(super().format(record))


class Json(logging.Formatter):
    """A record as one line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as an object; the task and an exception stand in it where there are any."""
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
    """uvicorn logs a traceback when a client sends text that is not UTF-8; a line is enough, and the socket closes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, this one without its traceback."""
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info = None
        return True


def configure_logging(form: Literal["text", "json"]) -> None:
    """Write all records of this process to stderr, those of libraries and Python's warnings among them."""
    output = logging.StreamHandler()
    output.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=logging.INFO, handlers=[output], force=True)
    logging.captureWarnings(capture=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # DBOS writes by itself, in a form of its own, unless its logger has something to write to.
    engine = logging.getLogger("dbos")
    engine.handlers, engine.propagate = [logging.NullHandler()], True
    filter_server_log()


def filter_server_log() -> None:
    """Set the filter; doing so again changes nothing."""
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(found, NoTracebackForMalformedText) for found in logger.filters):
        logger.addFilter(NoTracebackForMalformedText())
