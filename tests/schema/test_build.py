"""The schema without a server: errors that no client can cause, and what a subscription leaves behind."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from resolvers.context import Context
from schema.execution.build import build_schema
from schema.execution.executor import OperationExecutor
from schema.execution.results import Operation
from services.access.callers import OPEN_OWNER
from services.compose import open_services
from services.settings import load
from services.store.records import TaskRequest


def test_an_unexpected_exception_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    async def answers() -> list[Any]:
        schema = build_schema()
        executed = await schema.execute("{ queue { pending } }")
        streamed: list[Any] = []
        async with aclosing(await schema.stream("{ queue { pending } }")) as results:
            streamed += [result async for result in results]
        return [executed, *streamed]

    found = asyncio.run(answers())
    assert len(found) == 2
    for result in found:
        assert [(error.message, error.extensions) for error in result.errors] == [
            ("Internal error", {"code": "INTERNAL"})
        ]
    assert caplog.text.count("'NoneType' object has no attribute") == 2


@pytest.mark.parametrize(
    "query",
    ["subscription($id: ID) { videoTaskProgress(id: $id) { seq } }", "subscription { videoTaskFeed { __typename } }"],
)
def test_a_subscription_that_is_left_stops_listening_at_once(tmp_path: Path, query: str) -> None:
    async def listeners() -> tuple[int, int]:
        async with open_services(load(data_dir=tmp_path), work=False) as services:
            submitted = await services.manager.submit(OPEN_OWNER, TaskRequest(draft_url="http://a.b/c"))
            task_cache = services.manager.task_cache
            context = Context(services)
            executor = OperationExecutor(build_schema())
            async with aclosing(await executor.stream(context, Operation(query, {"id": submitted.task.id}))) as items:
                assert "errors" not in (await anext(items)).text
                during = task_cache.listeners
            return during, task_cache.listeners

    assert asyncio.run(listeners()) == (1, 0)
