"""Row 12: values that no client sends by accident are the caller's mistake, in every argument of the schema and of the
polling endpoint: no INTERNAL, no 500, and no traceback in the log, which `serving` looks for at its end.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

import base64
import json
from collections.abc import Generator, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from draftcast.api.sample import SAMPLE_FILES
from schema.print import SDL
from tests.support.matrix import sampled
from tests.support.programs import Postgres
from tests.support.server import Server, serving
from tests.support.subscriber import subscriber

SCHEMA = build_schema(SDL.read_text(encoding="utf-8"))
WHERE = {
    "Query": "query(%s) { %s }",
    "Mutation": "mutation(%s) { %s }",
    "Subscription": "subscription(%s) { %s }",
    "VideoTask": 'query(%s) { videoTask(id: "TASK") { %s } }',
    "QueueStats": "query(%s) { queue { %s } }",
    "VideoTaskError": 'query(%s) { videoTask(id: "TASK") { error { %s } } }',
    "UserError": 'mutation(%s) { cancelVideoTask(id: "TASK") { errors { %s } } }',
    "DraftWarning": 'query(%s) { videoTask(id: "TASK") { warnings { %s } } }',
}
"""How an object of a type with arguments is come by."""


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


ODD: list[object] = [
    "\0", "a\0b", "", " ", "\u200b", "\ufeff", "\x7f", "x" * 40_000, "９", "-", "9" * 5000, "NaN", "\U0010ffff",
    "http://[::1].x/", "http://a\\b/", "http://[", "http://a:99999/", "http://a:0/", "http://a:x/", "http:///",
    "http://" + "a" * 64 + ".example/", "http://a..b/", "http://./", "http://xn--a/", "http://\0/", "http://a/\0",
    "http://%00/", "http://a b/", "http://user:pa\0ss@a/", "http://１２７.0.0.1/", "//a/", "http://" + "a." * 1000,
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "2026-11-01T12:00:00+99:99", "10000-01-01T00:00:00Z",
    cursor([2**70, "x"]), cursor([True, "x"]), cursor([1, "\0"]), cursor([-(2**63) - 1, "x"]), cursor([1, "\ud800"]),
    cursor([1]), cursor([]), cursor({}), cursor(1), cursor(None), cursor([1.5, "x"]), cursor([[1], "x"]), cursor("ab"),
    cursor([2**70]), cursor([True]), base64.b64encode(b"feed:99999999999999999999").decode(),
    base64.b64encode(b"feed:-1").decode(), base64.b64encode("feed:１".encode()).decode(), "=", "====", "a",
    2**31, -(2**31) - 1, 2**63, 2**70, -1, 0, 0.5, 1e308, -0.0, 100.0, True, False, None, [], {}, [None], [[]], [{}],
    {"a": "\0"}, {"\0": 1}, {"a": 2**70}, {"a": 1e308}, {"a": {"b": ["\0"]}}, [1] * 300, ["x"] * 300, [True, "x"],
]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """An argument, or a field of one: `fill` puts a value into the variables."""

    name: str
    document: str
    path: tuple[str, ...]
    usual: dict[str, Any]

    @property
    def values(self) -> list[object]:
        """Fewer where hardly any gets past the type, and where a renderer is started for each that does."""
        few = any(
            word in self.name
            for word in ("locale", "draftReport", "submitVideoTasks", "strict", "order", "Events", "types")
        )
        return ODD[::6] if few else ODD

    def variables(self, value: object) -> dict[str, Any]:
        """With this value at this place."""
        found = deepcopy(self.usual)
        inner = found
        for name in self.path[:-1]:
            inner = inner.setdefault(name, {})
        inner[self.path[-1]] = value
        return found


def places() -> Iterator[Place]:
    """Every argument of the schema, and every field of an input object."""
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                for argument in field.args:
                    yield from places_of(kind.name, name, field, argument)


def places_of(kind: str, name: str, field: Any, argument: str) -> Iterator[Place]:
    """Of one argument, beside those that must be given with it."""
    chosen: dict[str, Any] = {
        each: arg.type for each, arg in field.args.items() if isinstance(arg.type, GraphQLNonNull)
    }
    if argument == "after" and "id" in field.args:
        chosen["id"] = field.args["id"].type
    given = {**chosen, argument: field.args[argument].type}
    declared = ", ".join(f"${each}: {type_}" for each, type_ in given.items())
    asked = f"{name}({', '.join(f'{each}: ${each}' for each in given)})"
    leaf = is_leaf_type(get_named_type(field.type))
    document = WHERE[kind] % (declared, asked if leaf else asked + " { __typename }")
    usual = {each: usual_value(type_) for each, type_ in chosen.items()}
    for path in paths(argument, given[argument]):
        yield Place(f"{kind}.{name}({'.'.join(path)})", document, path, usual)


def paths(name: str, kind: Any) -> Iterator[tuple[str, ...]]:
    yield (name,)
    inner: Any = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType):
        for field in inner.fields:
            yield (name, field)


def usual_value(kind: Any) -> object:
    inner: Any = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType):
        must = {each: field.type for each, field in inner.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return {each: usual_value(type_) for each, type_ in must.items()}
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    if inner.name == "URL":
        return "http://127.0.0.1:9/get_draft?draft_id=odd&act=hold"
    return 60 if inner.name == "Int" else "TASK"


PLACES = {place.name: place for place in places()}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str]]:
    """A server that takes everything, and a task of it."""
    settings = {"submits_per_minute": "0", "queries_per_minute": "0", "queued_per_key": "0", "max_queued": "100000"}
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        settings["database_url"] = postgres.database()
    with serving(tmp_path_factory.mktemp(f"odd-{request.param}"), **settings) as server:
        submit = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
        yield server, server.data(submit, url=server.draft_url("hold"))["submitVideoTask"]["task"]["id"]


@pytest.mark.parametrize(
    "place",
    sampled([place for place in PLACES.values() if "subscription" not in place.document], 2),
    ids=lambda place: place.name,
)
def test_odd_values_of_queries_and_mutations_are_the_caller_s_mistake(odd: tuple[Server, str], place: Place) -> None:
    server, task = odd
    for value in place.values:
        body = {"query": place.document.replace("TASK", task), "variables": place.variables(value)}
        answer = server.post("/graphql", body)
        assert answer.status == 200, value
        assert "INTERNAL" not in answer.body.decode(), (value, answer.json)


@pytest.mark.parametrize(
    "place", [place for place in PLACES.values() if "subscription" in place.document], ids=lambda place: place.name
)
def test_odd_values_of_subscriptions_are_the_caller_s_mistake(odd: tuple[Server, str], place: Place) -> None:
    server, task = odd
    with subscriber(server.socket_url) as client:
        for value in place.values:
            variables = {name: task if given == "TASK" else given for name, given in place.variables(value).items()}
            asked = client.subscribe(place.document, **variables)
            client.send({"type": "complete", "id": asked})
        client.send({"type": "ping"})
        while (message := client.receive())["type"] != "pong":
            assert "INTERNAL" not in json.dumps(message)


@pytest.mark.parametrize("name", ["draft_url", "apiKey", "since", "wait_seconds", "\0"])
def test_odd_values_of_the_polling_endpoint_are_the_caller_s_mistake(odd: tuple[Server, str], name: str) -> None:
    server, _ = odd
    for value in ODD:
        for path in ("gen_video", "gen_video_status"):
            fields = {"draft_url": "http://127.0.0.1:9/get_draft?draft_id=odd&act=hold", name: value}
            assert server.post(f"/v1/{path}", fields).status < 500, value


def test_literals_are_no_way_round(odd: tuple[Server, str]) -> None:
    server, _ = odd
    for text in ('node(id: "\\u0000") { id }', 'videoTasks(filter: {search: "\\u0000"}) { totalCount }'):
        for query in (f"{{ {text} }}", f'query($n: String = "\\u0000") {{ {text.replace("u0000", "u0041")} }}'):
            errors = server.graphql(query)["errors"]
            assert [error["extensions"]["code"] for error in errors] == ["BAD_REQUEST"]


PATHS = [
    "\0",
    "a/\0",
    "videos/\0/1/video.mp4",
    "a" * 5000,
    "/".join(["a" * 300] * 3),
    "..",
    "../..",
    "a\r\nb",
    "\ud800",
]
ROOTS = ["/", "/files/", "/page/", "/graphiql/", "/v1/", SAMPLE_FILES + "/", "/sample/", "/healthz"]


@pytest.mark.parametrize("root", ROOTS)
def test_odd_paths_lead_nowhere(odd: tuple[Server, str], root: str) -> None:
    server, _ = odd
    for path in PATHS:
        spelled = "".join(f"%{byte:02X}" for byte in path.encode(errors="surrogatepass"))
        for query in ("", "?expires=%00&signature=%00", "?token=wt_%00"):
            assert server.get(f"{root}{spelled}{query}").status < 500, path
