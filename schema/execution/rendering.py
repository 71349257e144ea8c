"""The result of a subscription for one change: compiled, or by graphql-core with the change as root value."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

import inspect
from typing import Any, TypeAlias

from graphql import GraphQLError, execute_subscription_event
from strawberry.types import ExecutionResult

from resolvers.context import Context
from resolvers.live import redact_change
from schema.execution.build import public_error
from schema.execution.compiler import PlainInfo
from schema.execution.plans import Plan
from schema.execution.results import encode
from schema.feed import feed_item
from schema.tasks import VideoTaskEvent
from services.store.records import FeedReset, TaskChange

Change: TypeAlias = TaskChange | FeedReset


class ChangeRenderer:
    """Renders changes as results of one subscription."""

    def __init__(self, context: Context, plan: Plan) -> None:
        (self._root,) = plan.roots
        self._context = context
        self._info = PlainInfo(context)
        assert plan.executor is not None  # noqa: S101 - the plan is of a subscription
        self._executor = plan.executor
        self._write = self._root.write

    def render_compiled(self, change: Change) -> str | None:
        """The result as JSON; None, from then on, for a selection or a change that is not plain."""
        if self._write is None:
            return None
        try:
            return '{"data":{' + self._root.prefix + self._write(self._value(change), self._info) + "}}"
        except Exception:  # noqa: BLE001 - the change cache calls this; graphql-core reports any error with its path
            self._write = None
            return None

    async def render(self, change: Change) -> str:
        """The result as JSON, by graphql-core; never raises."""
        try:
            executor = self._executor.build_per_event_executor(self._value(change))
            executor.context_value = self._context
            result: Any = execute_subscription_event(executor)
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:  # noqa: BLE001 - every error is reported in the result
            return self.render_error(error)
        return result_json(ExecutionResult(result.data, [public_error(error) for error in result.errors or []]))

    def render_error(self, error: Exception) -> str:
        """The result that reports an error at the end of a stream, as JSON."""
        return result_json(ExecutionResult(None, [public_error(GraphQLError(str(error), original_error=error))]))

    def _value(self, change: Change) -> Any:
        if self._root.name == "videoTaskFeed":
            return feed_item(change)
        if isinstance(change, FeedReset):
            raise TypeError("a task has no FeedReset")
        return VideoTaskEvent.of_change(redact_change(self._context, change))


def result_json(result: ExecutionResult) -> str:
    """A result as JSON. Errors are in the order of the document: graphql-core has them in the order of time."""
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [error.formatted for error in sorted(result.errors, key=_place)]
    return encode(found)


def _place(error: GraphQLError) -> tuple[int, int]:
    """Line and column of the field, or (0, 0)."""
    at = error.locations[0] if error.locations else None
    return (at.line, at.column) if at else (0, 0)
