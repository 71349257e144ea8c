"""Rows 12 and 13: documents that would cost much are refused, in time that grows with their length only."""

import pytest
from graphql import get_introspection_query, parse

from schema.cost import cost_of, too_costly
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
    assert server.data("{ videoTasks(first: 100) { nodes { id status events(first: 10) { nodes { seq } } } } }")


def test_the_size_of_a_page_counts_also_when_it_is_a_variable(server: Server) -> None:
    query = PAGES.replace("{ videoTasks(first: 100)", "query($n: Int) { videoTasks(first: $n)", 1)
    assert "errors" not in server.graphql(query, n=2)
    assert "could have" in server.graphql(query, n=100)["errors"][0]["message"]


def test_each_fragment_is_measured_once() -> None:
    """Walked through as it would be run, this one would not end before the machine does."""
    assert too_costly(cost_of(parse(doubling(200)), {}, frozenset()))


def test_of_a_document_with_many_faults_the_first_five_are_told(server: Server) -> None:
    answer = server.graphql("{ " + " ".join(f"no{n}" for n in range(50)) + " }")
    assert len(answer["errors"]) == 5


def test_a_batch_is_refused(server: Server) -> None:
    assert server.post("/graphql", [{"query": "{ __typename }"}] * 10).status == 400
