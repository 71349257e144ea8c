"""Where operations become bytes: the one place that every transport asks, whatever it speaks.

A transport reads `{query, variables, operationName}` off its wire, calls `Operations.answer` for
one result or `Operations.stream` for any number, and writes what it gets without looking into it.
How it comes about (compiled, shared, or by the library) is no transport's business.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from resolvers.context import Context

encode = json.JSONEncoder(separators=(",", ":")).encode
"""Compact JSON; what is not ASCII is escaped, so that any text of a draft can be sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client wants to have executed, with the JSON types checked and no more."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """One whole result, as JSON. Not `executed`: the operation does not fit the schema, and nothing was run."""

    body: bytes
    executed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class StreamItem:
    """One result of a stream, shared by all who get it."""

    text: str
    """The result as JSON: `{"data":...}`, in ASCII."""
    position: str = ""
    """Where a client goes on after it, as `after`: a task event's seq, a feed item's cursor. Empty: nowhere."""


class OperationRefused(Exception):
    """The operation does not fit the schema, or could not begin; `errors` are in the specification's form."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


class ResultStream(Protocol):
    """Results as they come. Percentages that are not taken in time give way to newer ones; nothing else does.

    A reader that leaves too much lying gets `SlowConsumer` instead of the next one, and may come back with `after`.
    """

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        """The results in order."""
        ...

    async def __anext__(self) -> StreamItem:
        """The next one."""
        ...

    async def aclose(self) -> None:
        """End it; safe to call twice, and needed unless it has been read to its end."""
        ...


class Operations(Protocol):
    """Executes operations. Every error is told in the results; none but `OperationRefused` is raised."""

    async def answer(self, context: Context, operation: Operation, *, mutations: bool = True) -> OperationResult:
        """The result of a query, or of a mutation where they are allowed."""
        ...

    async def stream(self, context: Context, operation: Operation) -> ResultStream:
        """The results of any operation, one after the other. Raises `OperationRefused` before the first."""
        ...
