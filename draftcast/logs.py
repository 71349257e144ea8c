"""What does not belong into the log."""

import logging


class NoTracebackForMalformedText(logging.Filter):
    """uvicorn logs a traceback when a client sends text that is not UTF-8; a line is enough, and the socket closes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, this one without its traceback."""
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info = None
        return True


def calm_server_log() -> None:
    """Set the filter; doing so again changes nothing."""
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(found, NoTracebackForMalformedText) for found in logger.filters):
        logger.addFilter(NoTracebackForMalformedText())
