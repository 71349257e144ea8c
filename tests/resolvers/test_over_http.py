"""GraphQL over HTTP, one rule a test, on the real server."""

import json
import subprocess
from urllib.parse import urlencode

import pytest

from draftcast.api.graphql_http.endpoint import LONGEST_QUERY_STRING_BYTES
from tests.support.node import EXAMPLES, NODE, install_packages
from tests.support.server import Answer, Server

RESPONSE = "application/graphql-response+json"
AUDITS = """import { auditServer } from "graphql-http";
const results = await auditServer({ url: process.argv[1] });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));"""


def asked(server: Server, query: str, headers: dict[str, str] | None = None, **more: str) -> Answer:
    return server.get("/graphql?" + urlencode({"query": query, **more}), headers)


def test_all_audits_of_graphql_http_pass(server: Server) -> None:
    install_packages()
    command = [*NODE, "--input-type=module", "--eval", AUDITS, f"{server.url}/graphql"]
    found = json.loads(subprocess.run(command, cwd=EXAMPLES, check=True, capture_output=True, timeout=60).stdout)
    assert len(found) == 61
    assert [audit for audit in found if audit["status"] != "ok"] == []


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "query($id: ID!) { videoTask(id: $id) { id } }",
        "subscription { videoTaskFeed { __typename } }",
    ],
)
def test_only_the_newer_form_tells_by_its_status_that_nothing_was_executed(server: Server, query: str) -> None:
    old = server.post("/graphql", {"query": query}, {"accept": "application/json"})
    assert (old.status, old.headers["content-type"], old.json["data"]) == (200, "application/json", None)
    new = server.post("/graphql", {"query": query}, {"accept": RESPONSE})
    assert (new.status, new.headers["content-type"]) == (400, RESPONSE)
    assert new.json == {"errors": old.json["errors"]}


def test_an_error_while_executing_is_a_200_in_both_forms(server: Server) -> None:
    for accept in ("application/json", RESPONSE):
        answer = server.post("/graphql", {"query": "{ videoTask { id } }"}, {"accept": accept})
        assert (answer.status, answer.json["data"]) == (200, {"videoTask": None})
        assert answer.json["errors"][0]["path"] == ["videoTask"]


def test_malformed_requests_are_told_in_the_form_that_was_asked_for(server: Server) -> None:
    for accept, form in ((RESPONSE, RESPONSE), ("text/event-stream", "application/json")):
        answer = server.post("/graphql", {"query": 5}, {"accept": accept})
        assert (answer.status, answer.headers["content-type"]) == (400, form)
        assert answer.json["errors"][0]["extensions"] == {"code": "INVALID_INPUT"}


def test_a_client_that_accepts_nothing_of_ours_gets_406_with_what_there_is(server: Server) -> None:
    answer = server.post("/graphql", {"query": "{ __typename }"}, {"accept": "text/html"})
    assert (answer.status, answer.headers["content-type"]) == (406, "application/json")
    assert RESPONSE in answer.json["errors"][0]["message"]


def test_a_query_may_come_by_get(server: Server) -> None:
    query = "query A { a: __typename } query B($n: Int!) { queue { throughput(lastMinutes: $n) { failed } } }"
    answer = asked(server, query, variables='{"n": 2}', operationName="B", extensions="{}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert len(answer.json["data"]["queue"]["throughput"]) == 2
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["application/json", RESPONSE, "text/event-stream"])
def test_a_mutation_by_get_is_a_405_and_changes_nothing(server: Server, accept: str) -> None:
    draft_url = server.draft_url("hold")
    mutation = f'mutation M {{ submitVideoTask(input: {{draftUrl: "{draft_url}"}}) {{ created }} }}'
    for query, name in ((mutation, ""), ("query Q { __typename } " + mutation, "M")):
        answer = asked(server, query, {"accept": accept}, operationName=name)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert answer.json["errors"][0]["message"]
    found = server.data("query($url: URL!) { videoTask(draftUrl: $url) { id } }", url=draft_url)
    assert found == {"videoTask": None}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_other_methods_are_a_405(server: Server, method: str) -> None:
    answer = server.request(method, "/graphql", b"{}", {"content-type": "application/json"})
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[1]"},
        {"query": "{ __typename }", "variables": "NaN"},
        {"query": "{ __typename }", "extensions": "5"},
    ],
    ids=str,
)
def test_a_malformed_query_string_is_a_400(server: Server, parameters: dict[str, str]) -> None:
    answer = server.get("/graphql?" + urlencode(parameters))
    assert answer.status == 400
    assert answer.json["errors"][0]["message"]


def test_a_query_string_is_bounded(server: Server) -> None:
    answer = asked(server, "{ __typename }" + " " * LONGEST_QUERY_STRING_BYTES)
    assert answer.status == 414
    assert str(LONGEST_QUERY_STRING_BYTES) in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-origin"},
    ],
    ids=str,
)
def test_pages_from_elsewhere_may_not_ask_by_get(server: Server, headers: dict[str, str]) -> None:
    for accept in ("*/*", "text/event-stream"):
        answer = asked(server, "{ __typename }", {"accept": accept, **headers})
        assert answer.status == 403
        assert answer.json["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


def test_pages_of_this_server_and_the_address_bar_may(server: Server) -> None:
    for headers in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": server.url}, {}):
        assert asked(server, "{ __typename }", headers).json == {"data": {"__typename": "Query"}}
