"""How a change becomes the result of a subscription: compiled, or by graphql-core with the change as root value."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

import inspect
from typing import Any

from graphql import GraphQLError, execute_subscription_event, located_error
from strawberry.types import ExecutionResult

from resolvers.context import Context
from resolvers.live import redact_change
from schema.execution.build import public_error
from schema.execution.compiler import PlainInfo
from schema.execution.plans import Plan, root_nodes
from schema.execution.results import encode
from schema.execution.shared import Change
from schema.feed import feed_item
from schema.tasks import VideoTaskEvent
from services.store.records import FeedReset


class ChangeRenderer:
    """The rendering of one subscription; see `schema.execution.shared.Rendering`."""

    def __init__(self, context: Context, plan: Plan) -> None:
        (self._root,) = plan.roots
        self._context = context
        self._info = PlainInfo(context)
        assert plan.executor is not None  # noqa: S101 - the plan is of a subscription
        self._executor = plan.executor
        self._write = self._root.write

    def at_once(self, change: Change) -> str | None:
        """The text, where the selection is plain and so are the change's values."""
        if self._write is None:
            return None
        try:
            return '{"data":{' + self._root.prefix + self._write(self._value(change), self._info) + "}}"
        except Exception:  # noqa: BLE001 - NotPlain above all; graphql-core tells whatever it is
            self._write = None
            return None

    async def slowly(self, change: Change) -> str:
        """The text as graphql-core makes it."""
        try:
            executor = self._executor.build_per_event_executor(self._value(change))
            executor.context_value = self._context
            result: Any = execute_subscription_event(executor)
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:  # noqa: BLE001 - told like every other
            return self.failed(error)
        return result_json(ExecutionResult(result.data, [public_error(error) for error in result.errors or []]))

    def failed(self, error: Exception) -> str:
        """The text of an error that ends the stream."""
        return result_json(ExecutionResult(None, [public_error(GraphQLError(str(error), original_error=error))]))

    def _value(self, change: Change) -> Any:
        if self._root.name == "videoTaskFeed":
            return feed_item(change)
        if isinstance(change, FeedReset):
            raise TypeError("a task has no FeedReset")
        return VideoTaskEvent.of_change(redact_change(self._context, change))


def error_at_root(plan: Plan, error: Exception) -> GraphQLError:
    """The error of a subscription that could not begin, with the location and path of its root field."""
    assert plan.executor is not None  # noqa: S101 - the plan is of a subscription
    ((key, nodes),) = root_nodes(plan.executor).items()
    return public_error(located_error(error, nodes, [key]))


def result_json(result: ExecutionResult) -> str:
    """A result as JSON."""
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [error.formatted for error in result.errors]
    return encode(found)
