"""Hostile GraphQL documents: families that grow with a number, and mixtures of them.

The name `OP` in a document is replaced for each request, so that no cached response or plan applies.
"""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import get_introspection_query

SIZES = (1, 2, 3, 5, 8, 12, 20, 30, 50, 75, 100, 150, 250, 400, 600, 1000, 2000)
LEAVES = "id status stage progress attempt createdAt updatedAt seq canCancel canRetry videoUrl"
"""Of a task: what is read and what is made."""
EVERYTHING = f"{LEAVES} stages {{ stage startedAt done }} video {{ url }} error {{ code message hint }}"


@dataclass(frozen=True, slots=True)
class Document:
    """What is sent."""

    query: str
    variables: dict[str, Any] = field(default_factory=dict[str, Any])


Family = Callable[[int], Document]


def _beside(part: str) -> Family:
    """The same selection under `n` aliases."""
    return lambda size: Document("query OP {" + " ".join(f"a{n}: {part}" for n in range(size)) + "}")


def _within(outer: str, part: str) -> Family:
    """So many parts within the braces of another."""
    return lambda size: Document("query OP {" + outer % " ".join(f"a{n}: {part}" for n in range(size)) + "}")


def _paged(document: str) -> Family:
    """Pages of so many."""
    return lambda size: Document(f"query OP {{ {document.replace('#', str(min(size, 100)))} }}")


def _spread(link: str, last: str, start: str = "{ ...f0 }") -> Family:
    """A chain of fragments; `#` in `link` stands for the next one."""

    def family(size: int) -> Document:
        links = [f"fragment f{n} on Query {{ {link.replace('#', f'f{n + 1}')} }}" for n in range(size)]
        return Document(" ".join([f"query OP {start}", *links, f"fragment f{size} on Query {{ {last} }}"]))

    return family


def _nested(before: str, middle: str, after: str) -> Family:
    return lambda size: Document("query OP {" + before * size + middle + after * size + "}")


def _variable(kind: str, use: str, value: Callable[[int], object]) -> Family:
    return lambda size: Document(f"query OP($v: {kind}) {{ {use} }}", {"v": value(size)})


def _all_spread_all(size: int) -> Document:
    """Fragments that nobody uses, each of which spreads all that come after it."""
    number = min(size, 60)
    fragments = [
        f"fragment f{n} on Query {{ a{n}: __typename {' '.join(f'...f{m}' for m in range(n + 1, number))} }}"
        for n in range(number)
    ]
    return Document("query OP { __typename } " + " ".join(fragments))


def _deep(size: int) -> object:
    value: object = 1
    for _ in range(min(size, 900)):  # json goes no deeper
        value = [value]
    return value


def _tree(size: int) -> object:
    return {f"k{n}": {"k": [n, {"k": str(n)}]} for n in range(size)}


def _literal(value: Callable[[int], str]) -> Family:
    return lambda size: Document(f"query OP {{ videoTasks(first: 1, filter: {value(size)}) {{ totalCount }} }}")


def _fields(size: int) -> str:
    return " ".join(f"a{n}: 1" for n in range(size))


def _cursor(size: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([2**70] * size).encode()).decode()


def _long(part: str) -> Family:
    """A text of thirty characters, so many times, within a document."""
    return lambda size: Document("query OP { " + part % ("\\n" * 15 * size) + " }")


FILTER = "videoTasks(first: 1, filter: $v) { totalCount }"
FAMILIES: dict[str, Family] = {
    "unknown fields of a filter": _literal(lambda n: "{" + _fields(n) + "}"),
    "unknown fields with a large one": _literal(lambda n: "{" + _fields(min(n, 40)) + " b: [" + "1 " * n + "]}"),
    "filters within filters": _literal(lambda n: "{a: " * min(n, 150) + "1" + "}" * min(n, 150)),
    "a list of wrong values": _literal(lambda n: "{status: [" + "1 " * n + "]}"),
    "a list of right values": _literal(lambda n: "{status: [" + "FAILED " * n + "]}"),
    "a list of objects": _literal(lambda n: "{status: [" + "{a: 1 b: 2} " * n + "]}"),
    "unknown arguments": lambda n: Document("query OP { videoTasks(" + _fields(n) + ") { totalCount } }"),
    "a long text of escapes": _long('node(id: "%s") { id }'),
    "a long text among unknown fields": _long('videoTasks(filter: {a: 1 b: 1 c: 1 d: 1 e: 1 f: "%s"}) { totalCount }'),
    "a long block of text": lambda n: Document('query OP { node(id: """' + "\n x" * (10 * n) + '""") { id } }'),
    "a long cursor": lambda n: Document('query OP { videoTasks(after: "' + _cursor(n) + '") { totalCount } }'),
    "declared variables": lambda n: Document(
        "query OP(" + " ".join(f"$v{m}: Int = {m}" for m in range(n)) + ") { __typename }"
    ),
    "directives on a variable": lambda n: Document("query OP($v: Int " + "@a " * n + ") { node(id: $v) { id } }"),
    "directives on a fragment": lambda n: Document(
        "query OP { ...f } fragment f on Query " + "@a " * n + "{ __typename }"
    ),
    "definitions of types": lambda n: Document("query OP { __typename } " + "scalar A " * n),
    "a chain of fragments on one field": _spread("queue { pending } ...#", "__typename"),
    "a variable of wrong values": _variable("VideoTaskFilter", FILTER, lambda n: {"status": [1] * (5 * n)}),
    "a variable of right values": _variable("VideoTaskFilter", FILTER, lambda n: {"status": ["FAILED"] * (3 * n)}),
    "a variable of fields that are nearly known": _variable(
        "VideoTaskFilter", FILTER, lambda n: {f"statuses{m}": m for m in range(2 * n)}
    ),
    "a page whose size is a float": lambda n: Document(
        "query OP($n: Int) { videoTasks(first: $n) { nodes { events(first: $n) { nodes { seq } } } } }",
        {"n": float(min(n, 100))},
    ),
    "doubling fragments": _spread("...# ...#", "__typename"),
    "a chain of fragments": _spread("...#", "queue { pending }"),
    "fragments in themselves": _spread("...# ...f0", "__typename"),
    "unused doubling fragments": _spread("...# ...#", "__typename", "{ __typename }"),
    "unused fragments, all of all": _all_spread_all,
    "an unused fragment of one field": lambda n: Document(
        "query OP { __typename } fragment f on Query { " + "__typename " * n + "}"
    ),
    "unused fragments beside each other": lambda n: Document(
        "query OP { __typename } fragment g on Query { "
        + " ".join(f"...f{m}" for m in range(n))
        + " }"
        + " ".join(f"fragment f{m} on Query {{ x: queue {{ a{m}: pending }} }}" for m in range(n))
    ),
    "fragments beside each other": lambda n: Document(
        "query OP { "
        + " ".join(f"...f{m}" for m in range(n))
        + " } "
        + " ".join(f"fragment f{m} on Query {{ a{m}: queue {{ pending }} }}" for m in range(n))
    ),
    "many operations": lambda n: Document(
        "query OP { __typename } "
        + " ".join(f"query q{m} {{ a{m}: __typename ...f }}" for m in range(n))
        + " fragment f on Query { queue { pending } }"
    ),
    "aliases of a name": _beside("__typename"),
    "aliases of the queue": _beside("queue { pending processing }"),
    "aliases of a day's throughput": _beside("queue { throughput(lastMinutes: 1440) { at completed failed } }"),
    "aliases of a task": _beside(f'videoTask(id: "TASK") {{ {EVERYTHING} }}'),
    "aliases of a task that is not there": _beside('node(id: "x") { id }'),
    "aliases of pages": _beside("videoTasks(first: 100) { nodes { id } }"),
    "aliases of counts": _beside("videoTasks(first: 1) { totalCount }"),
    "aliases of searches": _beside('videoTasks(first: 1, filter: { search: "no such" }) { totalCount }'),
    "aliases of the service": _beside("service { version acceptingTasks disk { freeBytes } }"),
    "a page of tasks": _paged(f"videoTasks(first: #) {{ nodes {{ {EVERYTHING} }} edges {{ cursor }} totalCount }}"),
    "a page of tasks with their events": _paged(
        "videoTasks(first: 9) { nodes { events(first: #) { nodes { seq } } } }"
    ),
    "a page of tasks with one event": _paged("videoTasks(first: #) { nodes { events(first: 1) { nodes { seq } } } }"),
    "a page of tasks with their warnings": _paged("videoTasks(first: #) { nodes { warnings { code message } } }"),
    "a page of tasks with their places": _paged("videoTasks(first: #) { nodes { queuePosition } }"),
    "a page of events with their task": _paged(
        f'videoTask(id: "TASK") {{ events(first: #) {{ nodes {{ task {{ {EVERYTHING} }} }} }} }}'
    ),
    "aliases in a page": _within("videoTasks(first: 100) { nodes { %s } }", "id"),
    "places in a page": _within("videoTasks(first: 100) { nodes { %s } }", "queuePosition"),
    "events in a page": _within("videoTasks(first: 100) { nodes { %s } }", "events(first: 1) { nodes { seq } }"),
    "events in a task": _within('videoTask(id: "TASK") { %s }', "events(first: 100) { nodes { seq } }"),
    "deliveries in a page": _within("videoTasks(first: 100) { nodes { %s } }", "webhookDeliveries(first: 1) { seq }"),
    "warnings in a task": _within('videoTask(id: "TASK") { %s }', "warnings { code message(locale: ZH) }"),
    "one field again and again": lambda n: Document("query OP { " + "__typename " * n + "}"),
    "directives": lambda n: Document("query OP { __typename " + "@skip(if: false) " * n + "}"),
    "unknown directives": lambda n: Document("query OP { __typename " + "@a " * n + "}"),
    "unknown fields": _beside("videoTaskz"),
    "a long unknown field": lambda n: Document(f"query OP {{ {'videoTasks' * n} }}"),
    "deep fields": _nested("videoTasks { nodes { events { nodes { task { ", "id", "} } } } }"),
    "deep braces": _nested("{ a ", "", "}"),
    "deep inline fragments": _nested("... on Query { ", "__typename", "}"),
    "a deep list": lambda n: Document(f"query OP {{ videoTask(id: {'[' * n}{']' * n}) {{ id }} }}"),
    "a wide list": lambda n: Document(
        f"query OP {{ videoTasks(filter: {{ status: [{'FAILED ' * n}] }}) {{ totalCount }} }}"
    ),
    "many variables": lambda n: Document(
        f"query OP({' '.join(f'$v{m}: Int = {m}' for m in range(n))}) {{ __typename }}", {"v0": 1}
    ),
    "a deep variable": _variable("VideoTaskFilter", FILTER, _deep),
    "a wide variable": _variable("VideoTaskFilter", FILTER, lambda n: {"status": ["FAILED"] * (n * 3)}),
    "a wrong variable": _variable("VideoTaskFilter", FILTER, lambda n: {"status": ["FAILEF"] * (n * 3)}),
    "a variable of unknown fields": _variable("VideoTaskFilter", FILTER, _tree),
    "a variable that nobody declared": lambda n: Document("query OP { __typename }", {"v": _tree(n)}),
    "a long text": lambda n: Document(f'query OP {{ videoTask(id: "{"x" * n * 30}") {{ id }} }}'),
    "a long comment": lambda n: Document("query OP { __typename } #" + "x" * (n * 30)),
    "nothing but commas": lambda n: Document("query OP { __typename } " + "," * (n * 30)),
    "what tools ask": lambda _: Document(get_introspection_query().replace("IntrospectionQuery", "OP", 1)),
    "aliases of all fields": _beside("__schema { types { fields { name } } }"),
    "aliases of all arguments": _beside("__schema { types { fields { args { name type { name } } } } }"),
    "fields of the types of fields": _within("__schema { types { %s } }", "fields { type { fields { name } } }"),
    "types within types": _within("__schema { types { fields { %s } } }", "type { ofType { ofType { name kind } } }"),
    "leaves of fields of fields": _within("__schema { types { fields { type { fields { %s } } } } }", "name"),
    "values of enums of fields": _within("__schema { types { fields { type { %s } } } }", "enumValues { name }"),
    "types that a field can be": _within("__schema { types { fields { type { %s } } } }", "possibleTypes { name }"),
    "a type by its name": _beside('__type(name: "VideoTask") { fields { type { fields { name } } } }'),
}
_PARTS = (
    f'videoTask(id: "TASK") {{ {EVERYTHING} }}',
    "queue { throughput(lastMinutes: 1440) { at } }",
    "videoTasks(first: 30) { nodes { id events(first: 5) { nodes { seq at } } queuePosition } totalCount }",
    "videoTasks(first: 100) { edges { cursor node { id warnings { code } } } pageInfo { endCursor } }",
    "__schema { types { name fields { name type { name } args { name } } } }",
    '__type(name: "Query") { fields { name description args { name description } } }',
    "service { version disk { freeBytes } }",
    "queue { pending oldestPendingAt }",
    '... @include(if: true) { node(id: "TASK") { id } }',
)


def mixture(seed: int) -> Family:
    """A random mixture of all families, by a seed."""
    chance = random.Random(seed)
    drawn = [chance.choice(_PARTS) for _ in range(max(SIZES))]

    def family(size: int) -> Document:
        parts = [part if part.startswith("...") else f"a{n}: {part}" for n, part in enumerate(drawn[:size])]
        return Document("query OP { " + " ".join(parts) + " }")

    return family
