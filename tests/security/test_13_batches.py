"""Row 13: one request is one operation; introspection is as the operator wants it."""

from collections.abc import Generator

import pytest

from tests.support.server import Server, serving

INTROSPECTION = ("{ __schema { types { name } } }", '{ __type(name: "VideoTask") { name } }')


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with serving(tmp_path_factory.mktemp("closed"), introspection="false") as server:
        yield server


@pytest.mark.parametrize("body", [[], [{"query": "{ __typename }"}], [{"query": "{ __typename }"}] * 100])
def test_a_list_of_operations_is_refused(server: Server, body: list[object]) -> None:
    assert server.post("/graphql", body).status == 400


@pytest.mark.parametrize("query", INTROSPECTION)
def test_the_schema_is_told_unless_the_operator_says_no(server: Server, closed: Server, query: str) -> None:
    assert "errors" not in server.graphql(query)
    refused = closed.graphql(query)
    assert refused.get("data") is None
    assert refused["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert closed.data("{ __typename queue { __typename pending } }")["__typename"] == "Query"
