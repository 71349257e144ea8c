"""Putting Last-Event-ID where `after` belongs."""

import pytest
from graphql import parse, print_ast, strip_ignored_characters

from draftcast.api.graphql_http.resume import MAX_POSITION_LENGTH, VARIABLE, resumed
from schema.execution.results import Operation

WITHOUT = 'subscription W { videoTaskProgress(id: "a") { seq } }'


def same(one: str, other: str) -> bool:
    return strip_ignored_characters(print_ast(parse(one))) == strip_ignored_characters(print_ast(parse(other)))


def test_a_variable_that_is_given_as_after_gets_the_place() -> None:
    query = "subscription($id: ID, $seen: Int) { e: videoTaskProgress(after: $seen, id: $id) { seq } }"
    found = resumed(Operation(query, {"id": "a", "seen": 3}), "17")
    assert found == Operation(query, {"id": "a", "seen": 17})
    assert resumed(Operation(query), "17") == Operation(query, {"seen": 17})


def test_a_document_without_after_gets_one() -> None:
    found = resumed(Operation(WITHOUT, {"x": 1}), "17")
    wanted = 'subscription W($lastEventId: Int) { videoTaskProgress(id: "a", after: $lastEventId) { seq } }'
    assert same(found.query, wanted)
    assert found.variables == {"x": 1, VARIABLE: 17}


def test_an_after_that_is_written_out_is_replaced() -> None:
    query = "subscription($f: X) { videoTaskFeed(after: null, filter: $f) { ...F } } fragment F on Y { z }"
    found = resumed(Operation(query), "ZmVlZDox")
    wanted = """subscription($f: X, $lastEventId: String) {
      videoTaskFeed(filter: $f, after: $lastEventId) { ...F } } fragment F on Y { z }"""
    assert same(found.query, wanted)
    assert found.variables == {VARIABLE: "ZmVlZDox"}


def test_of_several_operations_the_named_one_is_meant() -> None:
    operation = Operation("query Q { __typename } " + WITHOUT, None, "W")
    assert resumed(operation, "17").variables == {VARIABLE: 17}
    assert resumed(Operation(operation.query, None, "Q"), "17").variables is None


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{",
        "{a" * 900,
        "subscription { ...F } fragment F on Subscription { videoTaskFeed { __typename } }",
        "subscription A { a } subscription B { b }",
    ],
    ids=lambda query: query[:30],
)
def test_what_cannot_be_resumed_stays_as_it_is(query: str) -> None:
    assert resumed(Operation(query), "17") == Operation(query)


def test_an_absurdly_long_place_is_not_looked_at() -> None:
    assert resumed(Operation(WITHOUT), "1" * (MAX_POSITION_LENGTH + 1)) == Operation(WITHOUT)
