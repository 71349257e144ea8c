"""Rows 18 and 19: whoever has another key sees, hears and changes nothing. Made from the schema and the routes, so that
a new field or route fails here until it is looked at.
"""

import re
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urljoin

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_required_argument,
)
from starlette.routing import Mount, Route, WebSocketRoute

from draftcast.api.sample import SAMPLE_FILES
from draftcast.app import create_app
from schema.print import SDL
from services.settings import load
from tests.security.conftest import Guarded
from tests.support.keys import bearing
from tests.support.server import Answer
from tests.support.site import wait_until
from tests.support.subscriber import Subscriber, socket

SCHEMA: GraphQLSchema = build_schema(SDL.read_text(encoding="utf-8"))
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id draftUrl } } }"
DEEPEST = 3
NAMING = {
    "id": ("id: $id",),
    "draftUrl": ("draftUrl: $url",),
}
"""Arguments that can name another's task, and how."""
LISTS = ("first: 1", "first: 1, filter: {draftUrl: $url}")
"""How a list is asked for: of more tasks everything would cost too much. A feed's filter only leaves out."""
NAMING_NOTHING = {
    "filter",
    "first",
    "last",
    "after",
    "before",
    "orderBy",
    "expiresInSeconds",
    "lastMinutes",
    "types",
    "locale",
    "input",
    "inputs",
    "replace",
}
"""`input` and `inputs` have their own look below."""
ROUTES = {
    "/": "tells nothing of anyone",
    "/graphql": "each field by itself, below",
    "/openapi/capcut-mate/v1": "each route by itself, below",
    "/v1": "each route by itself, below",
    "/openapi.json": "tells nothing of anyone",
    "/files/{key:path}": "below",
    "/sample/get_draft": "everyone's",
    SAMPLE_FILES: "everyone's",
    "/page": "tells nothing of anyone",
    "/drafts": "whoever may submit",
    "/drafts/get_draft": "whoever knows the draft's id, which cannot be guessed",
    "/drafts/output/draft/{draft_id}/{path:path}": "whoever knows the draft's id, which cannot be guessed",
    "/healthz": "tells nothing of anyone",
    "/readyz": "tells nothing of anyone",
    "/mcp": "a question of GraphQL each, for whose key it is",
    "/openapi/tools.json": "tells nothing of anyone",
    "/tasks/{id}": "the page, which tells nothing of anyone",
    "/metrics": "counts of all together",
    "/graphiql": "tells nothing of anyone",
    "/graphiql/{rest:path}": "tells nothing of anyone",
}
REST = {"/gen_video", "/gen_video_status", "/gen_video_active_count"}


def selection(kind: Any, depth: int = DEEPEST, *, aliased: bool = False) -> str:
    """Everything of a type that needs no argument, so many levels deep. Types that share a selection need aliases."""
    named = _named(kind)
    if isinstance(named, GraphQLScalarType | GraphQLEnumType):
        return ""
    if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
        inner = [
            f"... on {each.name} {selection(each, depth, aliased=True)}" for each in SCHEMA.get_possible_types(named)
        ]
        return "{ __typename " + " ".join(inner) + " }"
    assert isinstance(named, GraphQLObjectType)
    return "{ __typename " + " ".join(_fields(named, depth, aliased=aliased)) + " }"


def _named(kind: Any) -> object:
    """A type without its lists and its exclamation marks."""
    return cast("object", get_named_type(kind))


def _fields(named: GraphQLObjectType, depth: int, *, aliased: bool) -> Iterator[str]:
    for name, field in named.fields.items():
        if any(is_required_argument(each) for each in field.args.values()):
            continue
        leaf = isinstance(_named(field.type), GraphQLScalarType | GraphQLEnumType)
        if leaf or depth > 1:
            alias = f"{named.name}_{name}: {name}" if aliased else name
            yield alias if leaf else f"{alias} {selection(field.type, depth - 1)}"


def calls(kind: str) -> Iterator[tuple[str, str]]:
    """A document for each field of a root type, for each argument that can name a task. $id and $url name one."""
    root: GraphQLObjectType = SCHEMA.type_map[kind]  # type: ignore[assignment]  # the three root types are objects
    for name, field in root.fields.items():
        for given in _arguments(name, field):
            inner = selection(field.type)
            yield f"{name}{given}", f"{kind.lower()}($id: ID, $url: URL) {{ {name}{given} {inner} }}"


def _arguments(name: str, field: GraphQLField) -> list[str]:
    known = [way for each in field.args for way in NAMING.get(each, ())]
    if {"filter", "first"} <= set(field.args):
        known += LISTS
    required = {each for each, argument in field.args.items() if is_required_argument(argument)} - set(NAMING)
    if required:
        arguments: dict[str, Any] = dict(field.args)
        kinds = [_named(arguments[each].type) for each in required]
        assert required <= {"input", "inputs"}, f"{name} needs {required}: say here what names another's task in it"
        assert all(isinstance(kind, GraphQLInputObjectType) and "draftUrl" in kind.fields for kind in kinds)
        return ["(inputs: [{draftUrl: $url}])" if required == {"inputs"} else "(input: {draftUrl: $url})"]
    return [f"({each})" for each in known] or [""]


def trimmed(document: str) -> str:
    """Variables that a document does not use are an error; here they are left out."""
    head, _, body = document.partition(" {")
    used = [f"{name}: {kind}" for name, kind in (("$id", "ID!"), ("$url", "URL!")) if f"{name}" in body]
    return head.partition("(")[0] + (f"({', '.join(used)})" if used else "") + " {" + body


@pytest.fixture(scope="module")
def annas(guarded: Guarded) -> dict[str, str]:
    """A finished task of anna's, with its video's address."""
    url = guarded.server.draft_url()
    made: Any = guarded.graphql(guarded.anna, SUBMIT, url=url)
    task = dict(made["data"]["submitVideoTask"]["task"])
    asked = {"draft_url": url, "since": 0, "wait_seconds": 20}
    while (found := guarded.server.post("/v1/gen_video_status", asked, bearing(guarded.anna)).json)[
        "status"
    ] != "completed":
        asked["since"] = found["seq"]
    return {**task, "videoUrl": found["video_url"]}


def mentions(text: str, task: dict[str, str]) -> bool:
    return task["id"] in text or task["draftUrl"].partition("draft_id=")[2].partition("&")[0] in text


OPERATIONS = [*calls("Query"), *calls("Mutation")]


@pytest.mark.parametrize("document", [text for _, text in OPERATIONS], ids=[name for name, _ in OPERATIONS])
def test_no_field_tells_of_anothers_task(guarded: Guarded, annas: dict[str, str], document: str) -> None:
    submits = "submitVideoTask" in document or "draftReport" in document
    url = guarded.server.draft_url() if submits else annas["draftUrl"]
    sent = trimmed(document)
    variables = {name: value for name, value in (("id", annas["id"]), ("url", url)) if f"${name}" in sent}
    answer = guarded.server.post("/graphql", {"query": sent, "variables": variables}, bearing(guarded.bert))
    assert answer.status == 200
    assert "BAD_REQUEST" not in answer.body.decode(), answer.body
    assert not mentions(answer.body.decode(), annas)


def test_the_matrix_would_see_a_leak(guarded: Guarded, annas: dict[str, str]) -> None:
    """The owner asks the same, and is told."""
    telling = [text for name, text in OPERATIONS if name.startswith(("videoTask(", "videoTasks", "node"))]
    assert len(telling) == 5
    for document in telling:
        sent = trimmed(document)
        values = {"id": annas["id"], "url": annas["draftUrl"]}
        variables = {name: value for name, value in values.items() if f"${name}" in sent}
        answer = guarded.server.post("/graphql", {"query": sent, "variables": variables}, bearing(guarded.anna))
        assert mentions(answer.body.decode(), annas), document


@pytest.mark.parametrize("name", [name for name, _ in calls("Subscription")])
def test_no_subscription_tells_of_anothers_task(guarded: Guarded, annas: dict[str, str], name: str) -> None:
    document = trimmed(dict(calls("Subscription"))[name])
    variables = {"id": annas["id"], "url": annas["draftUrl"]}
    with socket(guarded.server.socket_url) as client:
        client.send({"type": "connection_init", "payload": {"token": guarded.bert}})
        client.receive()
        client.subscribe(document, **{key: value for key, value in variables.items() if f"${key}" in document})
        own = guarded.graphql(guarded.bert, SUBMIT, url=guarded.server.draft_url())
        assert "errors" not in own
        first = _first(client)
    assert not mentions(str(first), annas)
    named = "(" in name
    assert (first["type"] == "error" or "errors" in first.get("payload", {})) == named, first


def test_every_argument_is_looked_at() -> None:
    kinds = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    fields = [field for kind in kinds if not kind.name.startswith("__") for field in kind.fields.values()]
    arguments = {name for field in fields for name in field.args}
    assert arguments - set(NAMING) - NAMING_NOTHING == set(), "say in NAMING how it names another's task, or that not"


def _first(client: Subscriber) -> dict[str, Any]:
    message: dict[str, Any] = client.receive()
    return message


def test_every_route_is_looked_at() -> None:
    app = create_app(load())
    paths = {route.path for route in app.routes if isinstance(route, Route | Mount | WebSocketRoute)}
    rest = {
        inner.path
        for route in app.routes
        if isinstance(route, Mount) and route.path in ("/v1", "/openapi/capcut-mate/v1")
        for inner in route.routes
        if isinstance(inner, Route)
    }
    assert paths - set(ROUTES) == set(), "say in ROUTES who may see what there"
    assert rest == REST


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("route", ROUTES)
def test_no_route_tells_of_anothers_task(guarded: Guarded, annas: dict[str, str], route: str, method: str) -> None:
    path = re.sub(r"\{\w+(:path)?\}", annas["id"], route)
    asked = {"content-type": "application/json", **bearing(guarded.bert)}
    answer = guarded.server.request(method, path, b"{}" if method == "POST" else None, asked)
    assert answer.status < 500
    assert not mentions(answer.body.decode(errors="replace"), annas)


@pytest.mark.parametrize("prefix", ["/v1", "/openapi/capcut-mate/v1"])
def test_the_polling_endpoint_tells_nothing_of_anothers_task(
    guarded: Guarded, annas: dict[str, str], prefix: str
) -> None:
    asked = {"draft_url": annas["draftUrl"]}
    assert guarded.server.post(f"{prefix}/gen_video_status", asked, bearing(guarded.bert)).status == 404
    assert guarded.server.get(f"{prefix}/gen_video_active_count", bearing(guarded.reader)).json == {"count": 0}


def test_a_file_is_had_by_its_signed_address_or_by_its_owner(guarded: Guarded, annas: dict[str, str]) -> None:
    url = annas["videoUrl"]
    plain, _, query = url.partition("?")

    def got(address: str, key: str = "") -> Answer:
        return guarded.server.get(address, bearing(key) if key else None)

    assert got(url).status == 200
    assert got(plain, guarded.anna).status == 200
    changed = query[:-1] + ("0" if query[-1] != "0" else "1")
    later = query.replace("expires=", "expires=9")
    for refused in (plain, f"{plain}?{changed}", f"{plain}?{later}", f"{plain}?expires=&signature="):
        assert got(refused).status == 404
        assert got(refused, guarded.bert).status == 404
    thumbnail = plain.replace("video.mp4", "thumbnail.jpg")
    assert got(f"{thumbnail}?{query}").status == 404


def test_one_signature_is_that_of_a_stream_and_of_nothing_else(guarded: Guarded, annas: dict[str, str]) -> None:
    def data(query: str, **variables: str) -> dict[str, Any]:
        asked = {"query": query, "variables": variables}
        return dict(guarded.server.post("/graphql", asked, bearing(guarded.anna)).json["data"])

    task_id = data(SUBMIT, url=guarded.server.draft_url("stream"))["submitVideoTask"]["task"]["id"]
    guarded.server.open_gate(6)
    stream = "query($id: ID!) { videoTask(id: $id) { status streamUrl } }"
    wait_until(lambda: bool(data(stream, id=task_id)["videoTask"]["status"] == "COMPLETED"))
    url = data(stream, id=task_id)["videoTask"]["streamUrl"]
    playlist = guarded.server.get(url)
    assert playlist.status == 200
    named = [line for line in playlist.body.decode().splitlines() if ".m4s" in line]
    assert [guarded.server.get(urljoin(url, name)).body for name in named] == [b"0", b"1", b"2"]
    plain, _, query = url.partition("?")
    assert guarded.server.get(plain, bearing(guarded.anna)).status == 200
    assert guarded.server.get(plain).status == 404
    assert guarded.server.get(plain, bearing(guarded.bert)).status == 404
    video = plain.replace("stream1/stream.m3u8", "1/video.mp4")
    annas_other = plain.replace(task_id, annas["id"])
    for elsewhere in (video, annas_other, plain.replace("stream1/", "stream1/../stream1/")):
        assert guarded.server.get(f"{elsewhere}?{query}").status == 404
