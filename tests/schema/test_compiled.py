"""Compiled selections and graphql-core give the same bytes, for documents over the whole schema.

DRAFTCAST_FUZZ multiplies how many are tried; `make fuzz-wire` sets it to 100.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportPrivateUsage=false, reportArgumentType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.context import Context
from schema.execution.build import Schema, build_schema
from schema.execution.executor import OperationExecutor
from schema.execution.results import Operation, OperationRefused
from services.access.callers import OPEN_OWNER
from services.compose import Services, open_services
from services.errors import Bilingual, DraftWarning, ErrorCode, WarningCode, failed
from services.settings import load
from services.store import writes
from services.store.records import EventType, ProgressUpdate, Stage, Task, TaskChange, TaskRequest, Unit, Video

SCHEMA = build_schema()
QUERY, SUBSCRIPTION = SCHEMA.core.query_type, SCHEMA.core.subscription_type
VARIABLES = {"id": "ID!", "no": "ID!", "url": "URL!", "yes": "Boolean!", "never": "Boolean = false"} | {
    "locale": "Locale",
    "null": "Locale",
}
DEEPEST = 4


class World:
    """A service with tasks in all states, and both ways to answer."""

    def __init__(self, services: Services, schema: Schema) -> None:
        self.context = Context(services)
        self.compiled = OperationExecutor(schema)
        self.library = OperationExecutor(schema, accelerated=False)
        self.ids: list[str] = []
        self.urls: list[str] = []

    def variables(self, number: int, **others: Any) -> dict[str, Any]:
        """Variables for the documents, about one of the tasks."""
        return {"id": self.ids[number], "url": self.urls[number], "no": "nothing", "yes": True, **others}


@asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[World]:
    async with open_services(load(data_dir=folder), work=False) as services:
        made = World(services, SCHEMA)
        for number in range(4):
            task = await _task(services, number)
            made.ids.append(task.id)
            made.urls.append(task.draft_url)
        yield made


async def _task(services: Services, number: int) -> Task:
    metadata: dict[str, Any] = {"名": ['\u2028é"\\', 1.5, None, {"a": 1e300}]}
    request = TaskRequest(draft_url=f"http://a.example/草稿?n={number}", metadata=metadata if number % 2 else None)
    task = (await services.manager.submit(OPEN_OWNER, request)).task
    if number == 0:
        return task
    task = await _write(services, writes.claim, task)
    counted = replace(task.stages[-1], stage=Stage.EXPORTING, done=12.5, total=1e21, unit=Unit.FRAMES)
    update = ProgressUpdate(
        type=EventType.STAGE_CHANGED,
        stages=(*task.stages, counted),
        progress=77,
        warnings=(_warning(), replace(_warning(), segment_id=None, effect_id="é")),
        preview_key="a/b é.jpg",
    )
    task = await _write(services, writes.advance, task, update)
    if number == 2:
        return await _write(services, writes.complete, task, list(task.stages), _video())
    if number == 3:
        failure = failed(ErrorCode.MATERIAL_UNREACHABLE, 'It "broke".', "坏了。", segment_id="s").failure
        return await _write(services, writes.fail, task, failure)
    return task


async def _write(services: Services, change: Any, task: Task, *arguments: Any) -> Task:
    async with services.manager.task_cache._database.write() as connection:  # pyright: ignore[reportPrivateUsage]  # the test plays the worker
        changed: TaskChange = await change(connection, task, *arguments)
    services.manager.task_cache.publish(changed)
    return changed.task


def _warning() -> DraftWarning:
    text = Bilingual("Left out.", "略去。")
    return DraftWarning(code=WarningCode.EFFECT_SKIPPED, message=text, segment_id="1", material_name='"名"')


def _video() -> Video:
    return Video(
        key="videos/1/v.mp4",
        thumbnail_key=None,
        width=1080,
        height=1920,
        duration_us=3_141_592,
        frames=94,
        frame_rate=29.97,
        has_sound=True,
        size_bytes=2**40,
        sha256="0" * 64,
    )


class Documents:
    """Writes documents by chance."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def query(self) -> str:
        """A query of one or two root fields."""
        roots = "".join(self._query_root(number) for number in range(self._chance.randint(1, 2)))
        return _operation("query", roots)

    def _query_root(self, number: int) -> str:
        assert QUERY is not None
        name = self._chance.choice(sorted(QUERIES))
        kind = get_named_type(QUERY.fields[name].type)
        return f"r{number}: {name}{self._chance.choice(QUERIES[name])} {self.selection(kind, DEEPEST)} "

    def subscription(self) -> str:
        """A subscription."""
        assert SUBSCRIPTION is not None
        name = self._chance.choice(sorted(SUBSCRIPTIONS))
        kind = get_named_type(SUBSCRIPTION.fields[name].type)
        selection = self.selection(kind, DEEPEST)
        return _operation("subscription", f"{name}{self._chance.choice(SUBSCRIPTIONS[name])} {selection}")

    def selection(self, kind: GraphQLNamedType, depth: int) -> str:
        """A selection set: fields, aliases, duplicates, fragments, directives, __typename."""
        return "{ " + " ".join(self._member(kind, depth) for _ in range(self._chance.randint(1, 5))) + " }"

    def _member(self, kind: GraphQLNamedType, depth: int) -> str:
        directive = self._chance.choice(["", "", "", "@include(if: $yes)", "@skip(if: $never)", "@skip(if: $yes)"])
        fields = kind.fields if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else {}
        names = sorted(name for name, field in fields.items() if depth or is_leaf_type(get_named_type(field.type)))
        way = self._chance.randint(0, 9)
        if way == 0 or not (names or depth):
            return f"__typename {directive}"
        if way == 1 or not names:
            choices: list[GraphQLNamedType] = [*_possible(kind), *([kind] if names else [])]
            inner = self._chance.choice(choices)
            return f"... on {inner.name} {directive} {self.selection(inner, max(0, depth - 1))}"
        return self._field(*(name := self._chance.choice(names), fields[name]), directive, depth)

    def _field(self, name: str, field: GraphQLField, directive: str, depth: int) -> str:
        choices = LOCALES if "locale" in field.args else ["", "(first: 2)"] if name == "events" else [""]
        arguments = self._chance.choice(choices)
        inner = get_named_type(field.type)
        below = "" if is_leaf_type(inner) else self.selection(inner, depth - 1)
        # The alias says the arguments, so that only equal fields meet under one key.
        key = self._chance.choice([name, f"z_{name}"]) + (f"_{choices.index(arguments)}" if arguments else "")
        return f"{key}: {name}{arguments} {directive} {below}"


def _operation(kind: str, body: str) -> str:
    used = [f"${name}: {of}" for name, of in VARIABLES.items() if f"${name}" in body]
    head = "(" + ", ".join(used) + ")" if used else ""
    return f"{kind} Operation{head} {{ {body} }}"


def _possible(kind: GraphQLNamedType) -> list[GraphQLObjectType]:
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        return list(SCHEMA.core.get_possible_types(kind))
    return []


LOCALES = ["", "(locale: ZH)", "(locale: $locale)", "(locale: null)", "(locale: $null)"]
QUERIES = {
    "videoTask": ["(id: $id)", "(draftUrl: $url)", "(id: $no)", "", "(id: $id, draftUrl: $url)", "(id: null)"],
    "node": ["(id: $id)", "(id: $no)"],
    "videoTasks": ["", "(first: 2)", "(last: 1)", "(filter: {status: [FAILED, COMPLETED]})", "(first: 200)"],
    "queue": [""],
}
SUBSCRIPTIONS = {
    "videoTaskProgress": ["(id: $id)", "(draftUrl: $url)", "(id: $id, after: 0)"],
    "videoTaskFeed": ["", "(filter: {status: PENDING})"],
}


Both: TypeAlias = tuple[asyncio.Runner, World]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with asyncio.Runner() as runner:
        opening = world(tmp_path_factory.mktemp("world"))
        made = runner.run(opening.__aenter__())
        yield runner, made
        runner.run(opening.__aexit__(None, None, None))


LONGER = int(os.environ.get("DRAFTCAST_FUZZ", "1"))
MANY = settings(max_examples=20 * LONGER, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@MANY
@given(chance=st.randoms(use_true_random=False), number=st.integers(0, 3), locale=st.sampled_from(["ZH", "EN", None]))
def test_a_query_is_answered_the_same_both_ways(both: Both, chance: Random, number: int, locale: str | None) -> None:
    runner, made = both
    assert_answered_alike(runner, made, Operation(Documents(chance).query(), made.variables(number, locale=locale)))


def assert_answered_alike(runner: asyncio.Runner, made: World, operation: Operation) -> None:
    compiled = runner.run(made.compiled.answer(made.context, operation))
    library = runner.run(made.library.answer(made.context, operation))
    assert compiled == library, operation.query


def test_errors_are_in_the_order_of_the_document(both: Both) -> None:
    """The second is known before the first."""
    assert_answered_alike(*both, Operation("{ videoTasks(first: 200) { __typename } videoTask { __typename } }"))


@pytest.mark.slow
@MANY
@given(chance=st.randoms(use_true_random=False), number=st.integers(0, 3))
def test_a_subscription_is_told_the_same_both_ways(both: Both, chance: Random, number: int) -> None:
    runner, made = both
    operation = Operation(Documents(chance).subscription(), made.variables(number))
    compiled = runner.run(_first_parts(made.compiled, made, operation))
    assert compiled == runner.run(_first_parts(made.library, made, operation)), operation.query
    assert compiled


async def _first_parts(answers: OperationExecutor, made: World, operation: Operation) -> list[tuple[str, str]]:
    """What is there at once: a snapshot, or all snapshots, or all that was missed; or why it is refused."""
    found: list[tuple[str, str]] = []
    try:
        told = await answers.stream(made.context, operation)
    except OperationRefused as error:
        return [(json.dumps(error.errors), "")]
    async with asyncio.timeout(10), aclosing(told) as stream:
        for _ in range(1 if "videoTaskProgress" in operation.query or "filter" in operation.query else 2):
            part = await anext(stream)
            found.append((part.text, part.position))
    return found


def test_the_usual_documents_are_compiled(both: Both) -> None:
    _, made = both
    fields = "id draftUrl status stage progress attempt seq createdAt updatedAt videoUrl metadata warnings { message }"
    documents = [
        f"query($id: ID!) {{ videoTask(id: $id) {{ {fields} error {{ message(locale: ZH) }} }} }}",
        f"{{ videoTasks {{ totalCount nodes {{ {fields} video {{ url }} }} }} queue {{ pending }} }}",
        f'{{ node(id: "1") {{ __typename id ... on VideoTask {{ {fields} }} }} }}',
        f"subscription($id: ID!) {{ videoTaskProgress(id: $id) {{ seq type at task {{ {fields} }} }} }}",
        "subscription { videoTaskFeed { __typename ... on VideoTaskFeedEvent { cursor event { seq } } } }",
    ]
    for query in documents:
        plan = made.compiled._planner.plan(Operation(query, {"id": "1"}))
        assert plan is not None, query
        assert plan.plain, query


@pytest.mark.parametrize(
    "query",
    [
        "{ service { version } }",
        "{ __typename __schema { queryType { name } } }",
        "{ __typename }",
        "{ nope }",
        "{",
        "mutation { x }",
    ],
)
def test_what_is_not_plain_is_left_to_the_library(both: Both, query: str) -> None:
    runner, made = both
    assert made.compiled._planner.plan(Operation(query)) is None
    answer = runner.run(made.compiled.answer(made.context, Operation(query)))
    assert answer == runner.run(made.library.answer(made.context, Operation(query)))
    assert json.loads(answer.body)


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(input_value_deprecation=True, specified_by_url=True, directive_is_repeatable=True),
        '{ a: __type(name: "Node") { kind possibleTypes { name } interfaces { name } } b: __type(name: "") { name } }',
        "{ __schema { types { fields(includeDeprecated: true) { args { defaultValue } } enumValues { name } } } }",
    ],
)
def test_the_schema_is_described_the_same_both_ways(both: Both, query: str) -> None:
    runner, made = both
    plan = made.compiled._planner.plan(Operation(query))
    assert plan is not None
    assert plan.plain
    compiled = runner.run(made.compiled.answer(made.context, Operation(query)))
    assert compiled == runner.run(made.library.answer(made.context, Operation(query)))
    assert "errors" not in json.loads(compiled.body)
