"""What a document is, before anything of it is run."""

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

MOST_TOKENS = 2000
"""Of a document; more are not parsed."""
LONGEST_DOCUMENT = 30_000
"""Characters. Of a longer one, nothing is looked at: what is long belongs into variables."""


def too_long(query: str) -> bool:
    """Whether a document is not even parsed."""
    return len(query) > LONGEST_DOCUMENT


def definition(operation: Operation) -> tuple[DocumentNode, OperationDefinitionNode] | None:
    """The document and the operation that is meant; None if that cannot be told, which execution will explain."""
    if too_long(operation.query):
        return None
    try:
        document = parse(operation.query, no_location=True, max_tokens=MOST_TOKENS)
    except (GraphQLError, RecursionError):
        return None
    found = get_operation_ast(document, operation.name)
    return (document, found) if found else None


def is_mutation(operation: Operation) -> bool:
    """Whether it would change something."""
    found = definition(operation)
    return found is not None and found[1].operation is OperationType.MUTATION


def operation_fault(operation: object) -> str | None:
    """What is wrong with the form of `{query, variables, operationName, extensions}`, or None."""
    if not isinstance(operation, dict):
        return "The operation is not an object"
    found = cast("dict[str, Any]", operation)
    if not isinstance(found.get("query"), str) or not found["query"]:
        return "query is not a string of at least one character"
    for name, kind, what in (
        ("variables", dict, "an object"),
        ("operationName", str, "a string"),
        ("extensions", dict, "an object"),
    ):
        if not isinstance(found.get(name), kind | None):
            return f"{name} is not {what}"
    return None
