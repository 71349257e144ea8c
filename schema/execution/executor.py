"""How operations are answered: compiled and shared where they can be, by graphql-core where not."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.execution.build import Schema
from schema.execution.compiler import PlainInfo, resolver_of
from schema.execution.plans import Plan, Planner
from schema.execution.rendering import ChangeRenderer, error_at_root, result_json
from schema.execution.response_cache import Questions
from schema.execution.results import Operation, OperationRefused, OperationResult, ResultStream, StreamItem
from schema.execution.shared import Subscription, SubscriptionRegistry, TaskSelector
from schema.inputs import given
from services.errors import DraftcastError
from services.store.records import TaskFilter

QUERIES = (OperationType.QUERY,)
QUERIES_AND_MUTATIONS = (OperationType.QUERY, OperationType.MUTATION)


class OperationExecutor:
    """Answers from a schema. Without `accelerated`, graphql-core executes everything for every caller."""

    def __init__(self, schema: Schema, *, accelerated: bool = True) -> None:
        self._schema = schema
        self._planner = Planner(schema, compiling=accelerated)
        self._streams = SubscriptionRegistry(sharing=accelerated)
        self.questions = Questions(self._planner)

    async def answer(self, context: Context, operation: Operation, *, mutations: bool = True) -> OperationResult:
        """The result of a query, or of a mutation where they are allowed."""
        plan = self._planner.plan(operation)
        if plan is not None and plan.plain and not plan.subscription:
            body = await _compiled(context, plan)
            if body is not None:
                return OperationResult(body.encode())
        return await self._by_the_library(context, operation, mutations)

    async def _by_the_library(self, context: Context, operation: Operation, mutations: bool) -> OperationResult:
        result = await self._schema.execute(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.name,
            allowed_operation_types=QUERIES_AND_MUTATIONS if mutations else QUERIES,
        )
        return OperationResult(result_json(result).encode(), executed=_executed(result))

    async def stream(self, context: Context, operation: Operation) -> ResultStream:
        """The results of any operation. Raises `OperationRefused` before the first."""
        plan = self._planner.plan(operation)
        if plan is not None and plan.subscription:
            try:
                return await self._subscribed(context, plan)
            except DraftcastError as error:
                raise OperationRefused([dict(error_at_root(plan, error).formatted)]) from None
        return await self._streamed(context, operation)

    async def _subscribed(self, context: Context, plan: Plan) -> Subscription:
        (root,) = plan.roots
        wish = {name: given(value) for name, value in root.arguments.items()}
        rendering, shape, after = ChangeRenderer(context, plan), plan.shape, wish.get("after")
        if root.name == "videoTaskProgress":
            which = TaskSelector(wish.get("task_id"), wish.get("draft_url"))
            return await self._streams.progress(context, shape, rendering, which, after)
        chosen = wish.get("wanted")
        wanted = chosen.wanted() if chosen else TaskFilter()
        return await self._streams.feed(context, shape, rendering, wanted, after)

    async def _streamed(self, context: Context, operation: Operation) -> ResultStream:
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
            raise OperationRefused([dict(error.formatted) for error in first.errors or []])
        return cast("ResultStream", _parts(first, results))


async def _compiled(context: Context, plan: Plan) -> str | None:
    """The answer to a plain query; None when something is in the way, and the library must tell it."""
    info, members = PlainInfo(context), list[str]()
    try:
        for root in plan.roots:
            assert root.write is not None  # noqa: S101 - the plan is plain
            resolver = resolver_of(root.field)
            value = await resolver(None, info=info, **root.arguments)
            members.append(root.prefix + root.write(value, info))
    except Exception:  # noqa: BLE001 - the library meets it again, and tells it
        return None
    return '{"data":{' + ",".join(members) + "}}"


async def _parts(first: ExecutionResult | None, rest: AsyncGenerator[Any]) -> AsyncGenerator[StreamItem]:
    try:
        if first is not None:
            yield StreamItem(result_json(first))
        async for result in rest:
            yield StreamItem(result_json(result))
    finally:
        await rest.aclose()


def _executed(result: ExecutionResult) -> bool:
    """Whether the operation ran: an error of its execution has the path of its field."""
    return result.data is not None or not result.errors or any(error.path for error in result.errors)
