"""How operations are answered."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from resolvers.answers import Answer, Operation, Part, Refused, Stream, encode
from resolvers.context import Context
from schema.build import Schema

QUERIES = (OperationType.QUERY,)
QUERIES_AND_MUTATIONS = (OperationType.QUERY, OperationType.MUTATION)


class SchemaAnswers:
    """Answers from a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    async def answer(self, context: Context, operation: Operation, *, mutations: bool = True) -> Answer:
        """The result of a query, or of a mutation where they are allowed."""
        result = await self._schema.execute(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.name,
            allowed_operation_types=QUERIES_AND_MUTATIONS if mutations else QUERIES,
        )
        return Answer(_json(result).encode(), executed=_executed(result))

    async def stream(self, context: Context, operation: Operation) -> Stream:
        """The results of any operation. Raises `Refused` before the first."""
        results = cast(
            "AsyncGenerator[Any]",
            await self._schema.stream(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.name,
            ),
        )
        first = await anext(results, None)
        if isinstance(first, PreExecutionError):
            await results.aclose()
            raise Refused([dict(error.formatted) for error in first.errors or []])
        return cast("Stream", _parts(first, results))


async def _parts(first: ExecutionResult | None, rest: AsyncGenerator[Any]) -> AsyncGenerator[Part]:
    try:
        if first is not None:
            yield Part(_json(first), _position(first))
        async for result in rest:
            yield Part(_json(result), _position(result))
    finally:
        await rest.aclose()


def _json(result: ExecutionResult) -> str:
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [error.formatted for error in result.errors]
    return encode(found)


def _executed(result: ExecutionResult) -> bool:
    """Whether the operation ran: an error of its execution has the path of its field."""
    return result.data is not None or not result.errors or any(error.path for error in result.errors)


def _position(result: ExecutionResult) -> str:
    """The seq or cursor of the only root field, if the document asks for it."""
    roots: list[Any] = list((result.data or {}).values())
    root = cast("dict[str, Any]", roots[0]) if len(roots) == 1 and isinstance(roots[0], dict) else {}
    return str(root.get("seq") or root.get("cursor") or "")
