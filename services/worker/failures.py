"""The failure that an error ends a task with."""

import logging

from services.errors import ErrorCode, Failed, Failure, failed, out_of_disk

log = logging.getLogger(__name__)


def failure_of(error: Exception) -> Failure:
    """The failure of an attempt that ended with the error; one that is unknown is logged."""
    if isinstance(error, Failed):
        return error.failure
    full = out_of_disk(error)
    if full is None:
        log.exception("the attempt failed", exc_info=error)
    return (full or failed(ErrorCode.INTERNAL, "An internal error occurred.", "服务内部错误。")).failure
