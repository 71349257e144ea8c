"""The errors of the client."""

from typing import Any


class DraftcastError(Exception):
    """An error of the client."""


class Unreachable(DraftcastError):
    """The server does not answer, or something else answers at its address.

    `status` is the HTTP status of an answer that is none of the API's; None without an answer.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class Refused(DraftcastError):
    """The server refuses the request: `code` is an error code of the API, `errors` are all errors as it sent them."""

    def __init__(self, code: str, message: str, errors: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.errors = errors or []


class NoVideo(DraftcastError):
    """A task ended without a video: it failed or was canceled. `code` is that of its error, or CANCELED."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
