"""Operations and their results: what the transports pass to the `OperationExecutor` and get from it."""

import json
from dataclasses import dataclass
from typing import Any

encode = json.JSONEncoder(separators=(",", ":")).encode
"""Compact JSON in ASCII, so that any text of a draft can be sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A GraphQL request: a document, its variables, and the name of the operation; only the JSON types are checked."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """One whole result as JSON. `executed` is False for an operation that does not fit the schema."""

    body: bytes
    executed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class StreamItem:
    """One result of a stream, shared by all subscribers that get it."""

    text: str
    """The result as JSON: `{"data":...}`, in ASCII."""
    position: str = ""
    """The value of `after` for the next subscription: a task event's seq or a feed's cursor. Empty: not resumable."""


class OperationRefused(Exception):
    """The operation does not fit the schema, or could not begin; `errors` have the form of the specification."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors
