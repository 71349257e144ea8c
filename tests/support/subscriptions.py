"""Subscriptions through the executor that every transport uses, without a transport."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from resolvers.context import Context
from schema.execution.build import build_schema
from schema.execution.executor import OperationExecutor, ResultStream
from schema.execution.results import Operation
from services.access.callers import OPEN, OPEN_OWNER
from services.tasks.manager import TaskManager

EVENT = "seq type status stage progress attempt task { id draftUrl seq status }"
PROGRESS = f"subscription($id: ID!, $after: Int) {{ videoTaskProgress(id: $id, after: $after) {{ {EVENT} }} }}"
FEED = f"""subscription($filter: VideoTaskFilter, $after: String) {{
  videoTaskFeed(filter: $filter, after: $after) {{
    kind: __typename ... on FeedReset {{ cursor }} ... on VideoTaskFeedEvent {{ cursor event {{ {EVENT} }} }} }} }}"""

Json = dict[str, Any]


@cache
def _executor() -> OperationExecutor:
    return OperationExecutor(build_schema())


@asynccontextmanager
async def subscribed(
    manager: TaskManager, document: str, owner: str = OPEN_OWNER, **variables: Any
) -> AsyncGenerator[AsyncIterator[Json]]:
    """The values of the subscription's root field. Raises `OperationRefused`."""
    services: Any = SimpleNamespace(manager=manager)
    context = Context(services, replace(OPEN, owner=owner))
    stream = await _executor().stream(context, Operation(document, variables))
    try:
        yield _values(stream)
    finally:
        await stream.aclose()


async def _values(stream: ResultStream) -> AsyncIterator[Json]:
    async for item in stream:
        (value,) = json.loads(item.text)["data"].values()
        yield value
