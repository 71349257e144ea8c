"""`python -m schema.guide` writes docs/api.md: the API for readers, from the descriptions that clients can ask for."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    build_schema,
    is_specified_scalar_type,
    parse,
    print_ast,
    specified_scalar_types,
)

from resolvers.error_table import ERROR_TABLE
from schema.print import sdl
from services.errors import HINTS, RETRYABLE, ErrorCode

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "api.md"
OPERATIONS = ROOT / "examples" / "operations.graphql"
_OPERATION = re.compile(r"((?:^# [^\n]*\n)+)(.*?^}\n)", re.MULTILINE | re.DOTALL)
_ROOTS = {
    "Query": ("Queries", "query"),
    "Mutation": ("Mutations", "mutation"),
    "Subscription": ("Subscriptions", "subscription"),
}
_INTRODUCTION = """\
# API guide

The GraphQL API of a draftcast server. `make api-guide` writes this page from the descriptions in the schema, which
GraphiQL shows, too (`http://127.0.0.1:8000/graphiql/` while `make run` runs); the schema in GraphQL's own language is
[schema.graphql](../schema/schema.graphql).

All of it is at one path, `/graphql`. [protocol.md](protocol.md) describes the transports: HTTP, websockets, server-sent
events and multipart; [webhooks.md](webhooks.md) the messages to your own server; [operations.md](operations.md#keys)
keys. [examples](../examples) holds clients to copy from.

In types, `!` means never null, and `[...]` a list.
"""
_ERRORS = """\
## Errors

Errors are in three places, in this order.

1. **`errors` of the answer**: the request as a whole was refused. `extensions.code` is for programs; `BAD_REQUEST`
   means that the document or its variables do not fit the schema. The polling endpoint has names of its own and an
   HTTP status:
"""
_USER_ERRORS = """\
2. **`errors` of a mutation's payload**: mistakes of the caller, with a [`UserErrorCode`](#usererrorcode) and the `path`
   of the argument.
3. **`error` of a task**: the reason why there is no video. `retryable` is true if the same draft may succeed without a
   change; the polling endpoint gives the message as `error_message`.
"""


def guide() -> str:
    """The whole page."""
    schema = build_schema(sdl())
    examples = list(_examples())
    return "\n".join(
        [
            _INTRODUCTION,
            *(line for name, (title, kind) in _ROOTS.items() for line in _root(schema, name, title, kind, examples)),
            *_section("Types", _of_kind(schema, GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)),
            *_section("Inputs", _of_kind(schema, GraphQLInputObjectType)),
            *_section("Enums", _of_kind(schema, GraphQLEnumType)),
            *_section("Scalars", _of_kind(schema, GraphQLScalarType)),
            *_errors(),
        ]
    )


def _examples() -> Iterator[tuple[str, str, str]]:
    """Each example operation: its kind, its comment as a sentence, and itself."""
    for comment, operation in _OPERATION.findall(OPERATIONS.read_text(encoding="utf-8")):
        definition = cast("OperationDefinitionNode", parse(operation).definitions[0])
        yield definition.operation.value, re.sub(r"^# ", "", comment, flags=re.MULTILINE), operation


def _root(
    schema: GraphQLSchema, name: str, title: str, kind: str, examples: list[tuple[str, str, str]]
) -> Iterator[str]:
    root = cast("GraphQLObjectType", schema.type_map[name])
    yield f"## {title}\n\n{_prose(root)}\n"
    for field_name, field in root.fields.items():
        yield f"### {name}.{field_name}\n\n{_prose(field)}\n\nGives {_link(_type(field))}.\n"
        rows = (_argument_row(*pair) for pair in field.args.items())
        yield from _table(("argument", "type", "default", ""), rows)
    for of_kind, text, operation in examples:
        if of_kind == kind:
            yield f"{text}\n```graphql\n{operation}```\n"


def _of_kind(schema: GraphQLSchema, *kinds: type[GraphQLNamedType]) -> list[GraphQLNamedType]:
    return [
        found
        for name, found in schema.type_map.items()
        if isinstance(found, kinds) and name not in _ROOTS and name[:2] != "__" and not is_specified_scalar_type(found)
    ]


def _section(title: str, types: list[GraphQLNamedType]) -> Iterator[str]:
    yield f"## {title}\n"
    for found in types:
        yield f"### {found.name}\n\n{_prose(found)}\n"
        match found:
            case GraphQLObjectType() | GraphQLInterfaceType():
                yield from _table(("field", "type", ""), (_field_row(*pair) for pair in found.fields.items()))
            case GraphQLInputObjectType():
                rows = (_argument_row(*pair) for pair in found.fields.items())
                yield from _table(("field", "type", "default", ""), rows)
            case GraphQLEnumType():
                values = found.values.items()
                yield from _table(("value", ""), ((f"`{name}`", _cell(value)) for name, value in values))
            case GraphQLUnionType():
                yield "One of " + ", ".join(_link(kind.name) for kind in found.types) + ".\n"
            case _:
                pass


def _field_row(name: str, field: GraphQLField) -> tuple[str, str, str]:
    arguments = "".join(
        f"<br>`{given}: {_type(argument)}{_default(argument, ' = ')}`: {_cell(argument)}"
        for given, argument in field.args.items()
    )
    deprecated = f" **Deprecated.** {field.deprecation_reason}" if field.deprecation_reason else ""
    return f"`{name}`", _link(_type(field)), f"{_cell(field)}{deprecated}{arguments}"


def _argument_row(name: str, argument: GraphQLArgument | GraphQLInputField) -> tuple[str, str, str, str]:
    default = _default(argument)
    return f"`{name}`", _link(_type(argument)), f"`{default}`" if default else "", _cell(argument)


def _default(argument: GraphQLArgument | GraphQLInputField, before: str = "") -> str:
    value = argument.ast_node and argument.ast_node.default_value
    return before + print_ast(value) if value else ""


def _errors() -> Iterator[str]:
    yield _ERRORS
    told = {(row.code, row.rest_code, row.status): row.title.en for row in ERROR_TABLE.values()}
    rows = ((f"`{code}`", f"`{rest}`", str(status), title) for (code, rest, status), title in told.items())
    yield from _table(("`extensions.code`", "polling endpoint", "HTTP", "meaning"), rows)
    yield _USER_ERRORS
    meanings = cast("GraphQLEnumType", build_schema(sdl()).type_map["VideoTaskErrorCode"]).values
    yield from _table(
        ("code", "meaning", "what to do", "retryable"),
        (
            (f"`{code}`", _cell(meanings[code.value]), HINTS[code].en, "yes" if code in RETRYABLE else "no")
            for code in ErrorCode
        ),
    )


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table, and an empty line; nothing where there are no rows."""
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows]
    if lines:
        yield f"| {' | '.join(header)} |".replace("|  |", "| |")
        yield "|" + "---|" * len(header)
        yield from lines
        yield ""


def _type(described: GraphQLField | GraphQLArgument | GraphQLInputField) -> str:
    """A type as the schema writes it, such as `[VideoTask!]!`."""
    return print_ast(described.ast_node.type) if described.ast_node else ""


def _link(written: str) -> str:
    """A type with a link to where it is told; GraphQL's own types without."""
    name = written.strip("[]!")
    return f"`{written}`" if name in specified_scalar_types else f"[`{written}`](#{name.lower()})"


def _prose(described: GraphQLNamedType | GraphQLField) -> str:
    return (described.description or "").strip()


def _cell(described: object) -> str:
    """A description in one line."""
    text: str = getattr(described, "description", None) or ""
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


if __name__ == "__main__":
    GUIDE.write_text(guide(), encoding="utf-8")
