"""The schema with its limits, and the errors of its results."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from inspect import signature
from typing import Any, TypeVar, cast

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext, StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from resolvers.error_table import error_extensions, public_message
from schema.execution.cost import MOST_ERRORS
from schema.execution.documents import Documents
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription

R = TypeVar("R")

_NOT_HERE = {
    OperationType.QUERY: "Queries are not answered here.",
    OperationType.MUTATION: "A mutation must be sent by POST.",
    OperationType.SUBSCRIPTION: (
        "A subscription is streamed: accept text/event-stream or multipart/mixed;subscriptionSpec=1.0, "
        "or use a websocket of the graphql-transport-ws protocol on this path."
    ),
}
BAD_REQUEST = "BAD_REQUEST"
"""`extensions.code` of a document or variables that do not fit the schema."""
_BAD_REQUEST: dict[str, object] = {"code": BAD_REQUEST}
_BUILD = signature(cast("Any", StrawberryGraphQLCoreExecutionContext).build)


class Execution(StrawberryGraphQLCoreExecutionContext):
    """An execution that stops at `MOST_ERRORS` errors of variables: each costs a millisecond of guessing at names."""

    @classmethod
    def build(cls, *args: Any, **kwargs: Any) -> Any:
        """The execution, or the errors of its variables."""
        bound, parent = _BUILD.bind(*args, **kwargs), cast("Any", super())  # generic, and mostly without its parameters
        bound.arguments["max_coercion_errors"] = MOST_ERRORS
        return parent.build(*bound.args, **bound.kwargs)


class _Names(NameConverter):
    """GraphQL names, each made once: strawberry asks for that of each field of each of a thousand inputs."""

    def __init__(self) -> None:
        super().__init__()
        self._made = cache(super().apply_naming_config)

    def apply_naming_config(self, name: str) -> str:
        """The name in camel case."""
        return self._made(name)


class Schema(strawberry.Schema):
    """A strawberry schema whose errors all have `extensions.code`, and show nothing of internal errors."""

    documents: Documents

    @property
    def core(self) -> GraphQLSchema:
        """The schema of graphql-core."""
        return self._schema

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: `public_message` logs internal errors."""

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """The result of a query or mutation."""
        allowed = set(kwargs.get("allowed_operation_types") or OperationType)
        kwargs["allowed_operation_types"] = allowed - {OperationType.SUBSCRIPTION}
        try:
            return _publish_errors(await super().execute(*args, **kwargs))
        except InvalidOperationTypeError as error:
            return _refused(_NOT_HERE[error.operation_type])
        except CannotGetOperationTypeError as error:
            return _refused(error.as_http_error_reason())

    async def stream(self, *args: Any, **kwargs: Any) -> StreamResult:
        """The results of any operation."""
        return _publish_stream(await super().stream(*args, **kwargs))


def build_schema(*, introspection: bool = True) -> Schema:
    """The schema; without `introspection`, clients cannot query it."""
    documents = Documents(introspection=introspection)
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[documents.extension()],
        execution_context_class=Execution,
        config=StrawberryConfig(scalar_map=SCALARS, name_converter=_Names()),
    )
    schema.documents = documents
    return schema


async def _publish_stream(results: StreamResult) -> AsyncGenerator[Any]:
    async with aclosing(results):
        try:
            async for result in results:
                yield _publish_errors(result)
        except Exception as error:  # noqa: BLE001 - else an extension that raises would end the operation of a socket without an error
            yield PreExecutionError(data=None, errors=[public_error(GraphQLError(str(error), original_error=error))])


def _refused(text: str) -> ExecutionResult:
    return ExecutionResult(data=None, errors=[GraphQLError(text, extensions={"code": BAD_REQUEST})])


def _publish_errors(result: R) -> R:
    answer: Any = result
    if answer.errors:
        answer.errors = [public_error(error) for error in _first_errors(answer)]
    return result


def _first_errors(answer: Any) -> list[GraphQLError]:
    """The first errors of a refused document; all errors of an executed one."""
    return list(answer.errors[:MOST_ERRORS] if answer.data is None else answer.errors)


def public_error(error: GraphQLError) -> GraphQLError:
    """The error with a message for clients and `extensions.code`."""
    cause = error.original_error
    if isinstance(cause, RecursionError):  # only a deep document causes it
        return GraphQLError("The document is nested too deeply.", extensions={"code": BAD_REQUEST})
    if cause is None or isinstance(cause, GraphQLError | CannotGetOperationTypeError):
        message, extensions = error.message, _BAD_REQUEST
    else:
        message, extensions = public_message(cause).en, error_extensions(cause)
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)
