"""Rows 12 and 13: documents that would cost much are refused, in time that grows with their length only."""

import pytest
from graphql import get_introspection_query, parse

from schema.execution.build import build_schema
from schema.execution.cost import cost_of, too_costly, weights_of
from tests.support.server import Server


def doubling(levels: int) -> str:
    """Fragments each of which spreads the next one twice."""
    links = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels)]
    return "\n".join(["{ ...f0 }", *links, f"fragment f{levels} on Query {{ __typename }}"])


PAGES = "{ videoTasks(first: 100) { nodes { events(first: 100) { nodes { seq type at } } } } }"
COSTLY = {
    "doubling 18": doubling(18),
    "doubling 28": doubling(28),
    "doubling 60": doubling(60),
    "a fragment in itself": "{ ...f } fragment f on Query { ...f }",
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }",
    "a field 500 times": "{ " + "__typename " * 500 + "}",
    "depth": "{ queue " + "{ a " * 200 + "}" * 200 + "}",
    "directives": "{ __typename " + "@skip(if: false) " * 31 + "}",
    "pages in pages": PAGES,
    "pages beside pages": "{ " + " ".join(f"a{n}: videoTasks(first: 90) {{ nodes {{ id }} }}" for n in range(6)) + " }",
    "a page, and a size below nothing": "{ videoTasks(first: -99999999) { nodes { id } } "
    + PAGES.replace("{ videoTasks", "x: videoTasks", 1),
    "a page whose size is a variable's own": PAGES.replace(
        "{ videoTasks(first: 100)", "query($n: Int = 100) { videoTasks(first: $n)", 1
    ),
    "the database asked for each of a page": "{ videoTasks(first: 40) { nodes { events { nodes { seq } } } } }",
    "the database asked again and again": "{ " + " ".join(f"a{n}: queue {{ pending }}" for n in range(41)) + " }",
    "a day by the minute, ten times": "{ queue { "
    + " ".join(f"a{n}: throughput(lastMinutes: 1440) {{ at completed failed }}" for n in range(10))
    + " } }",
    "all warnings of a hundred": "{ videoTasks(first: 100) { nodes { warnings { code message } } } }",
    "all types, forty times": "{ "
    + " ".join(f"a{n}: __schema {{ types {{ fields {{ name }} }} }}" for n in range(40))
    + " }",
    "the largest type, ninety times": "{ "
    + " ".join(f'a{n}: __type(name: "VideoTask") {{ fields {{ type {{ fields {{ name }} }} }} }}' for n in range(90))
    + " }",
    "circular introspection": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "5000 fields": "{ " + "queue { pending } " * 2500 + "}",
    "2000 directives": "{ __typename " + "@a " * 2000 + "}",
}


@pytest.mark.parametrize("query", COSTLY.values(), ids=COSTLY)
def test_a_costly_document_is_refused_with_one_error(server: Server, query: str) -> None:
    answer = server.post("/graphql", {"query": query}).json
    assert answer.get("data") is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


def test_what_tools_ask_is_answered(server: Server) -> None:
    assert server.data(get_introspection_query(input_value_deprecation=True))["__schema"]
    assert server.data("{ videoTasks(first: 100) { totalCount nodes { id status stages { stage } video { url } } } }")
    assert server.data("{ videoTasks(first: 100) { nodes { id queuePosition } } }")
    assert server.data("{ queue { throughput(lastMinutes: 1440) { at completed failed } } }")
    assert server.data("{ videoTasks(first: 100) { edges { cursor node { id } } } }")
    assert server.data("{ videoTasks(first: 10) { nodes { id status queuePosition events { nodes { seq } } } } }")


def test_the_size_of_a_page_counts_also_when_it_is_a_variable(server: Server) -> None:
    query = PAGES.replace("{ videoTasks(first: 100)", "query($n: Int) { videoTasks(first: $n)", 1)
    assert "errors" not in server.graphql(query, n=2)
    assert "could have" in server.graphql(query, n=100)["errors"][0]["message"]


def test_each_fragment_is_measured_once() -> None:
    """Walked through as it would be run, this one would not end before the machine does."""
    assert too_costly(cost_of(parse(doubling(200)), {}, weights_of(build_schema().core)))


def test_every_field_that_asks_the_database_counts_and_those_of_memory_do_not() -> None:
    weights = weights_of(build_schema().core)
    assert {"videoTasks", "events", "queue", "queuePosition", "draftReport", "submitVideoTask"} <= weights.waiting
    assert weights.waiting.isdisjoint({"id", "status", "stages", "warnings", "videoUrl"})


def test_of_a_document_with_many_faults_the_first_five_are_told(server: Server) -> None:
    answer = server.graphql("{ " + " ".join(f"no{n}" for n in range(50)) + " }")
    assert len(answer["errors"]) == 5


def test_a_batch_is_refused(server: Server) -> None:
    assert server.post("/graphql", [{"query": "{ __typename }"}] * 10).status == 400


GIVEN = {
    "an object of unknown fields": "{ videoTasks(filter: {"
    + " ".join(f"a{n}: 1" for n in range(60))
    + "}) { totalCount } }",
    "some fields beside a large one": "{ videoTasks(filter: {a: 1 b: 1 c: 1 d: 1 e: 1 f: 1 g: ["
    + "1 " * 450
    + "]}) { totalCount } }",
    "objects within objects": "{ videoTasks(filter: " + "{a: " * 90 + "1" + "}" * 90 + ") { totalCount } }",
    "a long text among others": '{ videoTasks(filter: {a: 1 b: 1 c: "'
    + "x" * 29_000
    + '" d: 1 e: 1 f: 1 g: 1 h: 1 i: 1}) { totalCount } }',
    "a list of 600": "{ videoTasks(filter: {status: [" + "FAILED " * 600 + "]}) { totalCount } }",
    "600 arguments": "{ videoTasks(" + " ".join(f"a{n}: 1" for n in range(600)) + ") { totalCount } }",
    "101 variables": "query(" + " ".join(f"$v{n}: Int" for n in range(101)) + ") { __typename }",
    "a default of 600 values": "query($f: VideoTaskFilter = {status: ["
    + "FAILED " * 600
    + "]}) { videoTasks(filter: $f) { totalCount } }",
    "directives on a variable": "query($v: ID! " + "@a " * 31 + ") { node(id: $v) { id } }",
    "directives on a fragment": "{ ...f } fragment f on Query " + "@a " * 31 + "{ __typename }",
    "an argument of a directive": "{ __typename @skip(if: {" + " ".join(f"a{n}: 1" for n in range(60)) + "}) }",
    "81 fragments in a chain": "{ ...f0 } " + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(81)),
    "a literal in a fragment that nobody uses": "{ __typename } fragment f on Query { videoTasks(filter: {"
    + " ".join(f"a{n}: 1" for n in range(60))
    + "}) { totalCount } }",
    "30,001 characters": "{ __typename } #" + "x" * 30_000,
}


@pytest.mark.parametrize("query", GIVEN.values(), ids=GIVEN)
def test_what_is_given_is_weighed_before_it_is_validated(server: Server, query: str) -> None:
    (error,) = server.graphql(query)["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "at most" in error["message"]


def test_what_clients_give_is_taken(server: Server) -> None:
    wanted = '{status: [PENDING, FAILED] errorCode: [EXPIRED] search: "a" createdAfter: "2026-01-01T00:00:00Z"}'
    assert server.data(f"{{ videoTasks(first: 2, filter: {wanted}) {{ totalCount }} }}")
    spread = " ".join(f"...f{n}" for n in range(70))
    fragments = " ".join(f"fragment f{n} on Query {{ a{n}: __typename }}" for n in range(70))
    assert server.data(f"{{ {spread} }} {fragments}")
    submitted = {"draftUrl": server.draft_url("hold"), "metadata": {f"name {n}": [n, str(n)] for n in range(500)}}
    submit = "mutation($input: SubmitVideoTaskInput!) { submitVideoTask(input: $input) { errors { code } } }"
    assert server.data(submit, input=submitted)["submitVideoTask"]["errors"] == []


@pytest.mark.parametrize("size", [100, 100.0, "100", [100], {"a": 1}, True])
def test_a_size_of_any_kind_counts_as_it_is_taken_or_as_the_most(server: Server, size: object) -> None:
    query = "query($n: Int) { videoTasks(first: $n) { nodes { warnings { code message } } } }"
    assert "errors" not in server.graphql(query)
    assert "could have" in server.graphql(query, n=size)["errors"][0]["message"]


def test_no_more_than_ten_thousand_values_come_as_variables(server: Server) -> None:
    (error,) = server.graphql("query($f: VideoTaskFilter) { videoTasks(filter: $f) { totalCount } }", f=[1] * 10_001)[
        "errors"
    ]
    assert "10000 values" in error["message"]


MANY_FAULTS = {
    "unknown types": "query(" + " ".join(f"$v{n}: VideoTaskFiltr" for n in range(99)) + ") { __typename }",
    "long unknown fields": "{ " + " ".join(f"{'videoTasks' * 29}{n}" for n in range(90)) + " }",
    "unknown arguments": "{ videoTasks(" + " ".join(f'a{n}: """{n}"""' for n in range(400)) + ") { totalCount } }",
}


@pytest.mark.parametrize("query", MANY_FAULTS.values(), ids=MANY_FAULTS)
def test_validation_ends_with_the_fifth_fault(query: str) -> None:
    """Each costs up to five milliseconds of guessing at names."""
    schema = build_schema()
    assert len(schema.documents.errors(schema.core, schema.documents.parsed(query), {})) == 5


def test_fields_are_counted_as_they_stand_before_they_are_as_they_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = build_schema()
    monkeypatch.delattr("schema.execution.documents.cost_of")
    (error,) = schema.documents.errors(schema.core, parse("{ " + "__typename " * 1900 + "}"), {})
    assert error.message.startswith("The document selects 1900 fields")


def test_lines_and_definitions_of_types_are_refused_before_each_error_counts_them(server: Server) -> None:
    (lines,) = server.graphql("{" + "\n" * 20_000 + "a b c d e }")["errors"]
    (types,) = server.graphql("{ __typename } enum A { " + " ".join(f"A{n}" for n in range(1900)) + " }")["errors"]
    assert "20001 lines; at most 5000" in lines["message"]
    assert "defines types" in types["message"]
