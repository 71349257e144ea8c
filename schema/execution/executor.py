"""The operation executor: compiled and shared where possible, else by graphql-core.

The transports pass it the operations that they read, and write its results without looking into them.
"""

from collections.abc import AsyncGenerator
from typing import Any, TypeAlias, cast

from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.execution.build import Schema, public_error
from schema.execution.compiler import NotPlain, PlainInfo, resolved
from schema.execution.plans import Plan, Planner, Root
from schema.execution.rendering import ChangeRenderer, result_json
from schema.execution.response_cache import ResponseCache
from schema.execution.results import Operation, OperationRefused, OperationResult, StreamItem, encode
from schema.execution.shared import Subscription, SubscriptionRegistry, TaskSelector
from schema.inputs import given
from services.errors import DraftcastError
from services.store.records import TaskFilter

QUERIES = (OperationType.QUERY,)
QUERIES_AND_MUTATIONS = (OperationType.QUERY, OperationType.MUTATION)

ResultStream: TypeAlias = Subscription | AsyncGenerator[StreamItem]
"""Results in order. Percentages that a slow reader has not taken give way to newer ones; nothing else is left out.

It must be closed unless it was read to its end. `SlowConsumer` instead of an item: resume with `after`.
"""


class OperationExecutor:
    """Executes operations of a schema; all errors but `OperationRefused` are reported in the results.

    Without `accelerated`, graphql-core executes everything for each caller.
    """

    def __init__(self, schema: Schema, *, accelerated: bool = True) -> None:
        self._schema = schema
        self._planner = Planner(schema, compiling=accelerated)
        self._subscriptions = SubscriptionRegistry(sharing=accelerated)
        self.response_cache = ResponseCache()

    async def answer(
        self, context: Context, operation: Operation, *, mutations: bool = True, body: bytes = b""
    ) -> OperationResult:
        """The result of a query, or of a mutation where they are allowed; `body` is the request for the cache."""
        plan = self._planner.plan(operation)
        if plan is not None and plan.plain and not plan.subscription:
            try:
                result = await self._compiled(context, plan)
            except NotPlain:
                pass
            else:
                if body:
                    self.response_cache.add(body, plan)
                return OperationResult(result.encode())
        return await self._by_the_library(context, operation, mutations)

    async def _compiled(self, context: Context, plan: Plan) -> str:
        """The result of a plain query as JSON. Raises `NotPlain` for values that only graphql-core can write."""
        info, members, errors, failed = PlainInfo(context), list[str](), list[dict[str, Any]](), False
        for root in plan.roots:
            try:
                members.append(root.prefix + await self._value(root, info))
            except NotPlain:
                raise
            except Exception as error:  # noqa: BLE001 - every error is reported in the result
                errors.append(dict(public_error(root.located(error)).formatted))
                members.append(root.prefix + "null")
                failed = failed or not root.is_nullable
        data = "null" if failed else "{" + ",".join(members) + "}"
        return '{"data":' + data + (f',"errors":{encode(errors)}' if errors else "") + "}"

    async def _value(self, root: Root, info: PlainInfo) -> str:
        assert root.write is not None  # noqa: S101 - the plan is plain
        return root.write(await resolved(root.field, self._schema.core, info, root.arguments), info)

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
                (root,) = plan.roots
                raise OperationRefused([dict(public_error(root.located(error)).formatted)]) from None
        return await self._streamed(context, operation)

    async def _subscribed(self, context: Context, plan: Plan) -> Subscription:
        (root,) = plan.roots
        arguments = {name: given(value) for name, value in root.arguments.items()}
        renderer, after = ChangeRenderer(context, plan), arguments.get("after")
        if root.name == "videoTaskProgress":
            selector = TaskSelector(arguments.get("task_id"), arguments.get("draft_url"))
            return await self._subscriptions.progress(context, plan.shape, renderer, selector, after)
        wanted = arguments.get("wanted")
        task_filter = wanted.wanted() if wanted else TaskFilter()
        return await self._subscriptions.feed(context, plan.shape, renderer, task_filter, after)

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
        return _items(first, results)


async def _items(first: ExecutionResult | None, rest: AsyncGenerator[Any]) -> AsyncGenerator[StreamItem]:
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
