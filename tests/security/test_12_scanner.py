"""Rows 12, 13 and 16: what scanners of GraphQL servers try, graphql-cop's list among it, finds nothing but what
SECURITY.md allows.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.server import ROOT, Answer, Server

ALLOWED = {"introspection", "field suggestions", "GET queries", "GraphQL IDE"}
"""Each stands in SECURITY.md with its reason."""
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
NAME = "query cop { __typename }"
CHANGE = 'mutation cop { cancelVideoTask(id: "x") { errors { code } } }'
IDES = ("graphiql", "graphql playground", "apollo-server-landing", "altair", "voyager")
PLACES = (
    "/graphql",
    "/playground",
    "/console",
    "/altair",
    "/voyager",
    "/graphql/console",
    "/v1/graphql",
    "/api/graphql",
)


def ask(server: Server, query: str, path: str = "/graphql") -> Answer:
    return server.post(path, {"query": query, "operationName": "cop"})


def answered(answer: Answer) -> bool:
    """Whether anything was executed, however it was told."""
    try:
        found: Any = json.loads(answer.body)
    except ValueError:
        return False
    results: Any = found
    if not isinstance(found, list):
        results = [found]
    return any(each.get("data") is not None for each in results)


def tells(answer: Answer, *words: str) -> bool:
    text = answer.body.decode(errors="replace").lower()
    return any(word in text for word in words)


def by_get(query: str) -> Callable[[Server], bool]:
    return lambda server: answered(server.get("/graphql?" + urlencode({"query": query, "operationName": "cop"})))


def by_form(query: str) -> Callable[[Server], bool]:
    body = urlencode({"query": query}).encode()
    return lambda server: answered(server.request("POST", "/graphql", body, FORM))


def with_type(content_type: str) -> Callable[[Server], bool]:
    body = json.dumps({"query": NAME}).encode()
    return lambda server: answered(server.request("POST", "/graphql", body, {"content-type": content_type}))


def accepted(query: str) -> Callable[[Server], bool]:
    return lambda server: answered(ask(server, query))


def shows_ide(path: str) -> Callable[[Server], bool]:
    return lambda server: tells(server.get(path, {"accept": "text/html"}), *IDES)


def _circle(server: Server) -> bool:
    inner = "fields { type { " * 4 + "name" + " } }" * 4
    return answered(ask(server, f"query cop {{ __schema {{ types {{ {inner} }} }} }}"))


def _batch(server: Server) -> bool:
    return answered(server.post("/graphql", [{"query": NAME}] * 10))


def _directives(server: Server) -> bool:
    """Ten unknown ones on a field: a server that looks at each tells of ten."""
    return len(ask(server, "query cop { __typename " + "@aa" * 10 + " }").json["errors"]) >= 10


def _traced(server: Server) -> bool:
    return "tracing" in ask(server, NAME).body.decode() or "extensions" in ask(server, NAME).json


def _exceptions(server: Server) -> bool:
    queries = (
        "qwerty cop { abc }",
        'query cop { videoTask(id: "\\u0000") { id } }',
        "query cop { videoTasks(first: -1) { totalCount } }",
    )
    return any(
        tells(ask(server, query), "traceback", "exception", "stacktrace", ".py", "sqlalchemy") for query in queries
    )


CHECKS: dict[str, Callable[[Server], bool]] = {
    "alias overloading": accepted("query cop { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }"),
    "array batching": _batch,
    "directive overloading": _directives,
    "circular introspection": _circle,
    "circular fragments": accepted("query cop { ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
    "field duplication": accepted("query cop { " + "__typename " * 500 + "}"),
    "introspection": accepted("query cop { __schema { types { name fields { name } } } }"),
    "field suggestions": lambda server: tells(ask(server, "query cop { __schema { directive } }"), "did you mean"),
    "GET queries": by_get(NAME),
    "GET mutations": by_get(CHANGE),
    "GET mutations, of a name alone": by_get("mutation cop { __typename }"),
    "form POST": by_form(NAME),
    "form POST of a mutation": by_form(CHANGE),
    "POST of text": with_type("text/plain"),
    "POST of a multipart form": with_type("multipart/form-data; boundary=x"),
    "POST of no type": with_type(""),
    "a query in the address of a POST": lambda server: answered(
        server.request("POST", "/graphql?" + urlencode({"query": NAME}), b"{}", JSON)
    ),
    "trace mode": _traced,
    "unhandled errors": _exceptions,
    "GraphQL IDE": shows_ide("/graphiql/"),
    **{f"an IDE at {path}": shows_ide(path) for path in PLACES},
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_scanner_finds_nothing_but_what_is_allowed(server: Server, name: str) -> None:
    assert CHECKS[name](server) == (name in ALLOWED)


def test_what_is_allowed_stands_in_the_document_with_its_reason() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    section = text.partition("## What scanners find")[2].partition("\n## ")[0]
    found = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in section.splitlines() if "|" in line}
    assert {name for name in found if name in CHECKS} == ALLOWED
    assert all(len(found[name].split()) > 8 for name in ALLOWED)


def test_a_page_of_elsewhere_gets_nothing_by_get(server: Server) -> None:
    """Why queries by GET are no way for other pages."""
    path = "/graphql?" + urlencode({"query": NAME})
    for headers in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert server.get(path, headers).status == 403
