"""Checks of a request before any of it is executed."""

from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
)

from schema.execution.results import Operation

MAX_TOKENS = 2000
"""Documents of more tokens are not parsed."""
MAX_DOCUMENT_LENGTH = 30_000
"""Characters; longer documents are not parsed. Long values belong into variables."""
MAX_LINES = 5000
"""Documents of more lines are not parsed: all of them are counted for the place of each error."""


def length_fault(query: str) -> str | None:
    """Why a document is too long to be parsed; None when it is not."""
    lines = query.count("\n") + query.count("\r") + 1
    for found, limit, noun in ((len(query), MAX_DOCUMENT_LENGTH, "characters"), (lines, MAX_LINES, "lines")):
        if found > limit:
            return f"The document has {found} {noun}; at most {limit} are allowed. Use variables."
    return None


def definition(operation: Operation) -> tuple[DocumentNode, OperationDefinitionNode] | None:
    """The document and its operation; None for a document that cannot be parsed or names no such operation."""
    if length_fault(operation.query):
        return None
    try:
        document = parse(operation.query, no_location=True, max_tokens=MAX_TOKENS)
    except (GraphQLError, RecursionError):
        return None
    found = get_operation_ast(document, operation.name)
    return (document, found) if found else None


def is_mutation(operation: Operation) -> bool:
    """Whether the operation is a mutation."""
    found = definition(operation)
    return found is not None and found[1].operation is OperationType.MUTATION


def operation_fault(operation: object) -> str | None:
    """The first fault in the form of `{query, variables, operationName, extensions}`; None when there is none."""
    if not isinstance(operation, dict):
        return "The operation is not an object"
    found = cast("dict[str, Any]", operation)
    if not isinstance(found.get("query"), str) or not found["query"]:
        return "query is not a string of at least one character"
    for name, kind, noun in (
        ("variables", dict, "an object"),
        ("operationName", str, "a string"),
        ("extensions", dict, "an object"),
    ):
        if not isinstance(found.get(name), kind | None):
            return f"{name} is not {noun}"
    return None
